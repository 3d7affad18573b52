/** Random schedules over three replicas; `REPLICA_SEED=n` runs one seed, `REPLICA_SEEDS=n` as many. */
import { describe, expect, test } from 'vitest';
import { runSeed, type RunReport } from './random-run.ts';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

const STEPS = 1500;
const only = process.env['REPLICA_SEED'];
const seeds = Number(process.env['REPLICA_SEEDS'] ?? '150');

describe('three replicas under random faults', () => {
  test('never lose, double or show what is not committed, and agree once they are healed', { timeout: 600_000 }, () => {
    const total: RunReport = {
      committed: 0, acknowledged: 0, duplicates: 0, truncations: 0, restarts: 0, leaderEpochs: 0, shrinks: 0,
      committedTransactions: 0, abortedTransactions: 0, unverified: 0, fencedMarkers: 0,
    };
    const list = only === undefined ? Array.from({ length: seeds }, (_, at) => at + 1) : [Number(only)];
    for (const seed of list) {
      const report = runSeed(seed, STEPS);
      for (const key of Object.keys(total) as (keyof RunReport)[]) total[key] += report[key];
    }
    if (only !== undefined) return;
    // A random test that never meets what it is about would pass too.
    for (const key of Object.keys(total) as (keyof RunReport)[]) {
      expect(total[key], `${key} of ${JSON.stringify(total)}`).toBeGreaterThan(list.length / 20);
    }
  });
});
