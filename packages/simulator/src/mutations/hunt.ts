/** Looks for a seed that shows a mutation, in a thread of its own whose sources have it. */
import { Worker } from 'node:worker_threads';
import type { FaultSchedule } from '@hapax/faults';
import type { InvariantName } from '../invariants/violation.ts';
import type { Mutation } from './mutation.ts';

/** What a thread is told. */
export interface HuntOrder {
  readonly mutation: Mutation;
  readonly from: number;
  readonly seedsMax: number;
  readonly cpuSecondsMax: number;
  /** Virtual time of faults for each seed. */
  readonly faultsMs: number;
  /** The faults of the first seed, instead of those that it draws. */
  readonly schedule?: FaultSchedule | undefined;
  /** Runs that may be spent on shrinking what was found; 0 leaves it as it is. */
  readonly shrinkRunsMax: number;
  /** Where to write the page of the run that showed it, and its name on it; left out, nowhere. */
  readonly page?: { readonly file: string; readonly name: string } | undefined;
}

/** The seed that showed a mutation, by what, and with which faults. */
export interface Kill {
  readonly seed: number;
  readonly invariant: InvariantName;
  readonly message: string;
  /** Faults that are left after shrinking; null where it was not shrunk. */
  readonly faults: number | null;
  readonly schedule?: FaultSchedule;
  readonly faultsMs?: number;
}

/** How far it has come. */
export interface HuntReport {
  readonly seedsTried: number;
  readonly cpuSeconds: number;
  readonly kill: Kill | null;
  /** Seeds that broke something else, by what: no kill, but something to look at. */
  readonly others: Readonly<Record<string, number>>;
}

/** Resolves with the last report; rejects where the thread breaks down. `onReport` hears of every seed. */
export function hunt(order: HuntOrder, onReport: (report: HuntReport) => void): Promise<HuntReport> {
  return new Promise((resolve, reject) => {
    let last: HuntReport = { seedsTried: 0, cpuSeconds: 0, kill: null, others: {} };
    const worker = new Worker(new URL('./mutant-worker.ts', import.meta.url), {
      workerData: order,
      // Mutations are changes of sources: never of what was built from them.
      execArgv: ['--conditions=source'],
    });
    worker.on('error', reject);
    worker.on('message', (report: HuntReport) => {
      last = report;
      onReport(report);
    });
    worker.on('exit', () => resolve(last));
  });
}
