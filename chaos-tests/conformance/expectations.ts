/** What checks say of the records that came out. */
import { strict as assert } from 'node:assert';
import type { Received, Sent } from '../cluster/record.ts';
import type { Reading } from './client-under-test.ts';

/** Runs while a reading is open, and stops it in any case. */
export async function during(opening: Promise<Reading>, run: () => Promise<void>): Promise<void> {
  const reading = await opening;
  try {
    await run();
  } finally {
    await reading.stop();
  }
}

export function values(records: readonly Sent[]): (string | null)[] {
  return records.map(({ value }) => value);
}

export function partitionsOf(records: readonly Received[]): Set<number> {
  return new Set(records.map(({ partition }) => partition));
}

/** Every record is there once, and records of a key are in one partition in the order in which they were sent. */
export function assertExactlyOnce(received: readonly Received[], sent: readonly Sent[]): void {
  const stored = received.map(({ value }) => value);
  assert.deepEqual([...stored].sort(), values(sent).sort(), 'values, each once');
  for (const key of new Set(sent.map((record) => record.key))) {
    const ofKey = received.filter((record) => record.key === key);
    const expected = values(sent.filter((record) => record.key === key));
    assert.deepEqual(ofKey.map(({ value }) => value), expected, `the order of ${key}`);
    assert.equal(partitionsOf(ofKey).size, 1, `partitions of ${key}`);
  }
}
