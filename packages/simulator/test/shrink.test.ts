/** Shrinking: the fewest and shortest faults that still break the same invariant, of made-up and of planted bugs. */
import { describe, expect, test } from 'vitest';
import type { FaultKind, FaultStep } from '@hapax/faults';
import { loadCatalogue } from '../src/mutations/catalogue.ts';
import { hunt } from '../src/mutations/hunt.ts';
import { shrinkSchedule } from '../src/shrink/shrink-schedule.ts';

const KINDS: readonly FaultKind[] = ['crash', 'pause', 'partition', 'reset'];
const steps: readonly FaultStep[] = Array.from({ length: 24 }, (_, at) => ({
  at: at * 100, kind: KINDS[at % KINDS.length] as FaultKind, target: 'all', forMs: 1000, seed: at,
}));

const withRuns = (runsMax: number) => (runs: number): boolean => runs < runsMax;
const seedsOf = (schedule: readonly FaultStep[]): number[] => schedule.map(({ seed }) => seed);

describe('a schedule is shrunk', () => {
  test('to the one step that is needed', () => {
    const shrunk = shrinkSchedule(steps, (some) => seedsOf(some).includes(13), withRuns(1000));
    expect(seedsOf(shrunk.steps)).toEqual([13]);
    expect(shrunk.isMinimal).toBe(true);
    expect(shrunk.runs).toBeLessThan(40);
  });

  test('to several that are only together enough, wherever they are', () => {
    const needed = [2, 9, 10, 23];
    const fails = (some: readonly FaultStep[]): boolean => needed.every((seed) => seedsOf(some).includes(seed));
    expect(seedsOf(shrinkSchedule(steps, fails, withRuns(1000)).steps)).toEqual(needed);
  });

  test('to nothing, where no fault is needed', () => {
    expect(shrinkSchedule(steps, () => true, withRuns(1000))).toEqual({ steps: [], runs: 1, isMinimal: true });
  });

  test('to no longer than is needed', () => {
    const isLong = ({ seed, forMs }: FaultStep): boolean => seed === 5 && forMs >= 50;
    const shrunk = shrinkSchedule(steps, (some) => some.some(isLong), withRuns(1000));
    expect(shrunk.steps).toEqual([{ ...steps[5], forMs: 62 }]);
  });

  test('as far as the runs go, and never to what does not fail', () => {
    const fails = (some: readonly FaultStep[]): boolean => [1, 22].every((seed) => seedsOf(some).includes(seed));
    for (let runsMax = 0; runsMax < 40; runsMax++) {
      const shrunk = shrinkSchedule(steps, fails, withRuns(runsMax));
      expect(fails(shrunk.steps)).toBe(true);
      expect(shrunk.runs).toBeLessThanOrEqual(runsMax);
    }
  });
});

test('a bug that a loss of power shows is shrunk to one fault at most, and what is left shows it again', async () => {
  const mutation = (await loadCatalogue()).find(({ mutation: { row } }) => row === 101)?.mutation;
  if (mutation === undefined) throw new Error('row 101 is not in the catalogue');
  const order = { mutation, from: 1, seedsMax: 10, cpuSecondsMax: 600, faultsMs: 4000 };
  const { kill } = await hunt({ ...order, shrinkRunsMax: 60 }, () => {});
  expect(kill?.faults).toBeLessThanOrEqual(1);
  expect(mutation.breaks).toContain(kill?.invariant);
  const { seed = 0, schedule, faultsMs = 0 } = kill ?? {};
  const again = await hunt({ ...order, from: seed, seedsMax: 1, faultsMs, schedule, shrinkRunsMax: 0 }, () => {});
  expect(again.kill).toMatchObject({ seed, invariant: kill?.invariant, message: kill?.message });
});
