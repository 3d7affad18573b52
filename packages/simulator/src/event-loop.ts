/** How a run goes on: event by event, until something is so or its time is over. */
import type { VirtualTime } from '@hapax/testkit';
import { demand, takeViolation } from './invariants/violation.ts';
import { ProcessEnded } from './sim-node.ts';

/**
 * Makes the next event happen; false when there is none before `untilMs`. A process that dies ends its event, and a
 * violation ends the run, also where the code under test has swallowed it.
 */
export function nextEvent(time: VirtualTime, untilMs: number): boolean {
  let happened = true;
  try {
    happened = time.step(untilMs);
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error;
  }
  const swallowed = takeViolation();
  if (swallowed !== undefined) throw swallowed;
  return happened;
}

/** What is waited for, and what makes the time pass. */
export interface Waiting {
  readonly what: string;
  readonly withinMs: number;
  readonly lookEveryMs: number;
  step(untilMs: number): boolean;
}

/** Runs until nothing is missing any more; `liveness`, or T11 where that is named, is violated if it takes too long. */
export function runUntil(time: VirtualTime, waiting: Waiting, missing: () => string | undefined): void {
  const { what, withinMs, lookEveryMs } = waiting;
  const untilMs = time.nowMs + withinMs;
  for (let nextLookMs = 0; ; ) {
    if (time.nowMs >= nextLookMs) {
      if (missing() === undefined) return;
      nextLookMs = time.nowMs + lookEveryMs;
    }
    if (waiting.step(untilMs)) continue;
    const reason = missing();
    const invariant = reason?.startsWith('T11') === true ? 'T11' : 'liveness';
    demand(reason === undefined, invariant, () => `${what}, but not within ${withinMs} ms: ${reason}`);
    return;
  }
}
