/**
 * Seeds that nobody chose: another set each time, beside the standard ones of `run-seed.test.ts`.
 * `SEED_BASE=N npm test` runs the set that begins with N again.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runSeed, type WorkloadName } from '@hapax/simulator';
import { commandOf } from '../src/commands/seeds.ts';

/** A workload, how many seeds of it there are, and how long clients of each are disturbed. */
type Share = readonly [workload: WorkloadName, seeds: number, minutes: string];

const SHARES: readonly Share[] = [['records', 8, '0.07'], ['txn', 4, '0.07'], ['raft', 8, '0.2']];
/** Seeds are taken modulo 2³². */
const BASE_MAX = 4_000_000_000;

const base = Number(process.env['SEED_BASE'] ?? randomInt(1_000_000, BASE_MAX));
console.info(`seeds from ${base}: SEED_BASE=${base} npm test runs the same ones again`);

test('the base of the seeds is a number', () => {
  expect(Number.isSafeInteger(base) && base >= 0, 'SEED_BASE must be a whole number from 0 on').toBe(true);
});

test.each(SHARES)('%s: %i seeds from SEED_BASE on are clean', (workload, seeds, minutes) => {
  for (let seed = base; seed < base + seeds; seed++) {
    const { failure } = runSeed(seed, { faultsMs: Number(minutes) * 60_000, workload });
    const again = `again: ${commandOf(seed, { workload, minutes })} --trace`;
    expect(failure?.message, `SEED_BASE=${base}; ${again}\n${failure?.tail.join('\n')}`).toBeUndefined();
  }
});
