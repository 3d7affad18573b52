/** The three ways to process that the demo compares: they differ in the order of the same two steps. */
import { DELAY_CLASSES, type DelayClass } from './delay-class.ts';

/**
 * - `exactly-once`: outputs and offsets in one transaction.
 * - `at-least-once`: outputs first, then offsets.
 * - `at-most-once`: offsets first, then outputs.
 */
export const GUARANTEES = ['exactly-once', 'at-least-once', 'at-most-once'] as const;
export type Guarantee = (typeof GUARANTEES)[number];

/** Where flights of a class go. Each way has topics of its own. */
export function outputTopic(guarantee: Guarantee, delayClass: DelayClass): string {
  return `${guarantee}.${delayClass}`;
}

/** All topics that one way writes. */
export function outputTopics(guarantee: Guarantee): string[] {
  return DELAY_CLASSES.map((delayClass) => outputTopic(guarantee, delayClass));
}

/** The group of the processors of one way. */
export function groupOf(guarantee: Guarantee): string {
  return `flights-${guarantee}`;
}
