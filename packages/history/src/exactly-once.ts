/** The equation of exactly once: what came out is f of what came in, each input once, whole, and with its offset. */
import type { Offset } from '@hapax/base';
import type { PartitionName } from './operation.ts';

/** A record that was to be processed. */
export interface Input {
  readonly partition: PartitionName;
  readonly offset: Offset;
  readonly value: string;
}

/** A record that processing has left, as a committed reader got it at the end. */
export interface Output {
  /** Where it was written: a topic. */
  readonly topic: string;
  /** Which input it comes from. */
  readonly partition: PartitionName;
  readonly offset: Offset;
  readonly value: string;
}

/** What was processed, and how. */
export interface ProcessingHistory {
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** f: the values that one input becomes, by the topic they go to; each topic at most once. */
  expected(input: Input): ReadonlyMap<string, string>;
  /** By input partition: the offset that the group has committed; inputs below it count as done. */
  readonly positions: ReadonlyMap<PartitionName, Offset>;
}

/** All zeros means exactly once. Each list holds a sentence for each case. */
export interface ProcessingVerdict {
  readonly isValid: boolean;
  /** Inputs below the committed position of which nothing came out. */
  readonly lost: readonly string[];
  /** Outputs that are there more than once. */
  readonly duplicated: readonly string[];
  /** Inputs of which only some outputs are there. */
  readonly torn: readonly string[];
  /** Outputs that nobody asked for: of no input, or of another value than f gives. */
  readonly wrong: readonly string[];
  /** Inputs whose outputs are there, though their offset is not committed: they will be processed again. */
  readonly ahead: readonly string[];
}

/** Judges a consume-transform-produce history after everything has come to rest. */
export function checkExactlyOnce(history: ProcessingHistory): ProcessingVerdict {
  const { inputs, outputs, positions } = history;
  const byInput = new Map<string, Output[]>();
  for (const output of outputs) {
    const key = keyOf(output);
    byInput.set(key, [...(byInput.get(key) ?? []), output]);
  }
  const lost: string[] = [];
  const duplicated: string[] = [];
  const torn: string[] = [];
  const wrong: string[] = [];
  const ahead: string[] = [];
  for (const input of inputs) {
    const key = keyOf(input);
    const found = byInput.get(key) ?? [];
    byInput.delete(key);
    const expected = history.expected(input);
    const topics = new Map<string, number>();
    for (const { topic, value } of found) {
      topics.set(topic, (topics.get(topic) ?? 0) + 1);
      const asked = expected.get(topic);
      if (asked !== value) wrong.push(`${key} became ${value} in ${topic}, not ${asked ?? 'nothing'}`);
    }
    for (const [topic, count] of topics) if (count > 1) duplicated.push(`${key} is ${count} times in ${topic}`);
    const missing = [...expected.keys()].filter((topic) => !topics.has(topic));
    const isDone = input.offset < (positions.get(input.partition) ?? 0);
    if (missing.length > 0 && missing.length < expected.size) torn.push(`${key} is not in ${missing.join(', ')}`);
    else if (missing.length > 0 && isDone) lost.push(`${key} is committed, and nothing came of it`);
    if (found.length > 0 && !isDone) ahead.push(`${key} has results, but only offsets below it are committed`);
  }
  for (const [key, [first]] of byInput) wrong.push(`${first?.value} in ${first?.topic} comes from ${key}, no input`);
  const isValid = [lost, duplicated, torn, wrong, ahead].every(({ length }) => length === 0);
  return { isValid, lost, duplicated, torn, wrong, ahead };
}

function keyOf({ partition, offset }: { readonly partition: PartitionName; readonly offset: Offset }): string {
  return `${partition}@${offset}`;
}
