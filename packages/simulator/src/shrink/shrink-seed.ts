/** Shrinks a seed that fails: to the fewest faults with which the same invariant is broken. */
import type { FaultSchedule } from '@hapax/faults';
import { drawSchedule } from '../faults/draw-schedule.ts';
import { runSeed, type RunSeedOptions, type SeedReport } from '../run-seed.ts';
import { drawPlan } from '../swarm.ts';
import { shrinkSchedule } from './shrink-schedule.ts';

/** A seed with the faults that are left of its schedule. */
export interface ShrunkSeed {
  readonly steps: FaultSchedule;
  /** How long clients must work before everything is healed. */
  readonly faultsMs: number;
  readonly runs: number;
  readonly isMinimal: boolean;
  /** Of the last run that failed. */
  readonly report: SeedReport;
}

/** How much may be spent. */
export interface ShrinkBudget {
  readonly runsMax: number;
  /** Asked before each run; false stops. */
  mayGoOn?(): boolean;
}

/** Shrinks; `failed` is the report of the whole schedule, which must be of a failure. */
export function shrinkSeed(
  seed: number, options: RunSeedOptions, failed: SeedReport, budget: ShrinkBudget,
): ShrunkSeed {
  const { failure, faultsBeganMs, simulatedMs } = failed;
  if (failure === null) throw new Error(`seed ${seed} does not fail: there is nothing to shrink`);
  const whole = options.schedule ?? drawSchedule(drawPlan(seed, options.faultsMs, options.workload));
  // Nothing that comes after the failure has caused it.
  const failedAfterMs = faultsBeganMs === null ? 0 : simulatedMs - faultsBeganMs;
  const isUnderFaults = failedAfterMs < options.faultsMs;
  const steps = whole.filter(({ at }) => at <= failedAfterMs);
  const faultsMs = isUnderFaults ? Math.ceil(failedAfterMs) + 1 : options.faultsMs;
  let report = failed;
  const shrunk = shrinkSchedule(steps, (schedule) => {
    const next = runSeed(seed, { ...options, faultsMs, schedule, onLine: undefined });
    const isSame = next.failure?.invariant === failure.invariant;
    if (isSame) report = next;
    return isSame;
  }, (runs) => runs < budget.runsMax && budget.mayGoOn?.() !== false);
  return { ...shrunk, faultsMs, report };
}
