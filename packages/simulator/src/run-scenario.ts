/** Runs a scenario: a seed with a given schedule, and with whatever of its plan the scenario changes. */
import { AppError } from '@hapax/base';
import type { Scenario } from '@hapax/faults';
import { runSeed, type RunSeedOptions, type SeedReport } from './run-seed.ts';
import { drawPlan, type Plan } from './swarm.ts';

/** The plan with some fields changed. Throws `config-invalid` where there is no such field, or one of another type. */
export function overridePlan(plan: Plan, overrides: NonNullable<Scenario['plan']>): Plan {
  return override(plan, overrides, 'plan') as Plan;
}

/** The plan that a scenario runs. Throws `config-invalid` where its changes do not fit. */
export function planOf({ seed, workload, faultsMs, plan }: Scenario): Plan {
  return overridePlan(drawPlan(seed, faultsMs, workload), plan ?? {});
}

/** Runs it. Throws `config-invalid` where its changes of the plan do not fit. */
export function runScenario(
  scenario: Scenario, watch: Pick<RunSeedOptions, 'onLine' | 'recorder'> = {},
): SeedReport {
  const { seed, workload, faultsMs, steps, plan: overrides } = scenario;
  const change = (plan: Plan): Plan => overridePlan(plan, overrides ?? {});
  change(drawPlan(seed, faultsMs, workload));
  return runSeed(seed, { faultsMs, workload, schedule: steps, change, ...watch });
}

function override(value: unknown, change: unknown, path: string): unknown {
  if (!isObject(value) || !isObject(change)) return ofSameType(value, change, path);
  const changed: Record<string, unknown> = { ...value };
  for (const [name, one] of Object.entries(change)) {
    if (!Object.hasOwn(value, name)) {
      throw invalid(`${path}.${name} is not known: there is ${Object.keys(value).join(', ')}`);
    }
    changed[name] = override(value[name], one, `${path}.${name}`);
  }
  return changed;
}

function ofSameType(value: unknown, change: unknown, path: string): unknown {
  const isSame = typeof value === typeof change && Array.isArray(value) === Array.isArray(change);
  if (!isSame) throw invalid(`${path} is ${JSON.stringify(change)}: give something like ${JSON.stringify(value)}`);
  return change;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): AppError {
  return new AppError('config-invalid', message, { retriable: false, definite: true });
}
