/** Random work with crashes anywhere: what a start finds is one state of the history, not before the last report. */
import { expect, test } from 'vitest';
import { CrashModel } from './crash-model.ts';

/** `HAPAX_LOG_SEEDS=from:to` runs others. */
const [FROM, TO] = (process.env['HAPAX_LOG_SEEDS'] ?? '1:30').split(':').map(Number) as [number, number];
const STEPS = 250;

test('whenever it crashes, what is found is one state of the history, not before the last report', () => {
  const counts: Record<string, number> = {};
  for (let seed = FROM; seed <= TO; seed++) {
    try {
      const model = new CrashModel(seed);
      for (let step = 0; step < STEPS; step++) model.step();
      model.checkReads();
      model.crashAndOpen();
      for (const [name, count] of Object.entries(model.counts)) counts[name] = (counts[name] ?? 0) + count;
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  const met = ['references', 'appends', 'truncations', 'crashes', 'closes', 'openingCrashes', 'failures', 'aborted'];
  for (const name of met) expect(counts[name], name).toBeGreaterThan(10);
}, 600_000);
