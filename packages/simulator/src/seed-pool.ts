/** Runs many seeds on several threads. */
import { Worker } from 'node:worker_threads';
import type { Divergence, RepeatedRun } from './determinism.ts';
import type { SeedReport } from './run-seed.ts';
import type { WorkloadName } from './swarm.ts';

export interface PoolOptions {
  readonly from: number;
  readonly count: number;
  readonly threads: number;
  readonly faultsMs: number;
  readonly workload: WorkloadName;
  /** Runs each seed twice and compares. */
  readonly isTwice?: boolean;
  /** What the user adds. */
  readonly extensionFile?: string | undefined;
  onReport(report: SeedReport, divergence: Divergence | null): void;
}

/** Resolves when every seed was run; rejects where a thread breaks down. */
export async function runSeeds(options: PoolOptions): Promise<void> {
  let next = options.from;
  const end = options.from + options.count;
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const { faultsMs, workload, isTwice = false, extensionFile } = options;
      const workerData = { faultsMs, workload, isTwice, extensionFile };
      const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), { workerData });
      const giveNext = (): void => {
        if (next >= end) return void worker.terminate().then(() => resolve());
        worker.postMessage(next++);
      };
      worker.on('error', reject);
      worker.on('message', ({ report, divergence }: RepeatedRun) => {
        options.onReport(report, divergence);
        giveNext();
      });
      giveNext();
    });
  await Promise.all(Array.from({ length: Math.min(options.threads, options.count) }, runThread));
}
