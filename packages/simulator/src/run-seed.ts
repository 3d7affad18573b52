/** Runs one seed so that nothing but the seed decides what happens, and puts the outcome into plain data. */
import type { FaultSchedule } from '@hapax/faults';
import type { History } from '@hapax/history';
import type { InvariantName } from './invariants/violation.ts';
import type { RunRecorder } from './report/run-recorder.ts';
import { extendPlan, type Extension } from './extension.ts';
import { Simulation } from './simulation.ts';
import { drawPlan, type Plan, type WorkloadName } from './swarm.ts';
import type { OnMixed } from './trace.ts';
import type { TransactionFigures } from './workload/run-workload.ts';

/** The outcome of a seed, as it crosses threads and is printed. */
export interface SeedReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly simulatedMs: number;
  /** When faults began, in virtual time; null where the cluster was not even made. */
  readonly faultsBeganMs: number | null;
  readonly events: number;
  readonly acked: number;
  readonly consumed: number;
  readonly committedBatches: number;
  /** By kind, how many were injected. */
  readonly faults: Readonly<Record<string, number>>;
  /** By kind, how many of them had an effect. */
  readonly effectiveFaults: Readonly<Record<string, number>>;
  /** Null where there were no transactions. */
  readonly transactions: TransactionFigures | null;
  /** By name, how often the run came across the conditions that the code names. */
  readonly reached: Readonly<Record<string, number>>;
  /** What went wrong, or null. */
  readonly failure: SeedFailure | null;
}

export interface SeedFailure {
  readonly invariant: InvariantName;
  readonly message: string;
  readonly stack: string;
  readonly plan: Plan;
  /** The last lines before it. */
  readonly tail: readonly string[];
}

export interface RunSeedOptions {
  /** How long faults come, in virtual time. The cluster is made before that, and healed and judged after it. */
  readonly faultsMs: number;
  /** Left out, clients do without transactions. */
  readonly workload?: WorkloadName | undefined;
  /** The faults, instead of those that the seed draws. */
  readonly schedule?: FaultSchedule | undefined;
  /** Makes the plan that is drawn another one. */
  readonly change?: ((plan: Plan) => Plan) | undefined;
  /** What a file of the user's own adds. */
  readonly extension?: Extension | undefined;
  /** Hears every line of the trace. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Hears at the end what clients did and saw. */
  readonly onHistory?: ((history: History) => void) | undefined;
  /** Hears all that goes into the hash of the trace. */
  readonly onMixed?: OnMixed | undefined;
  /** Records the run; changes nothing of it. */
  readonly recorder?: RunRecorder | undefined;
}

/** Runs a seed. Never throws. */
export function runSeed(seed: number, options: RunSeedOptions): SeedReport {
  const { onLine, onMixed, onHistory, schedule, change, extension, recorder } = options;
  const drawn = extendPlan(drawPlan(seed, options.faultsMs, options.workload), extension ?? {});
  const plan = change === undefined ? drawn : change(drawn);
  const release = forbidTheRealWorld();
  try {
    const simulation = new Simulation(plan, { onLine, onMixed, onHistory, schedule, extension, recorder });
    const { violation, tail, ...figures } = simulation.run();
    if (violation === undefined) return { ...figures, failure: null };
    const cause = violation.cause instanceof Error ? violation.cause.stack : undefined;
    const { invariant, message } = violation;
    const failure = { invariant, message, stack: cause ?? violation.stack ?? '', plan, tail };
    return { ...figures, failure };
  } finally {
    release();
  }
}

/** Makes every source of time and chance that a seed does not decide throw, until the returned function is called. */
export function forbidTheRealWorld(): () => void {
  const { now } = Date;
  const { random } = Math;
  const forbidden = (what: string) => (): never => {
    throw new Error(`${what} was used within a simulation: take it from a port`);
  };
  Date.now = forbidden('Date.now');
  Math.random = forbidden('Math.random');
  return () => {
    Date.now = now;
    Math.random = random;
  };
}
