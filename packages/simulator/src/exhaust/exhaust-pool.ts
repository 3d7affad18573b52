/** Plays many runs of a scenario on several threads. */
import { Worker } from 'node:worker_threads';
import type { Mutation } from '../mutations/mutation.ts';
import type { ListedRun } from './fault-lists.ts';
import type { PlayedRun } from './play.ts';

/** What the threads are told. */
export interface ExhaustThreadData {
  /** Of the reference scenario. */
  readonly name: string;
  readonly seed: number;
  /** What is wrong with the sources of the threads; left out, nothing is. */
  readonly mutation?: Mutation | undefined;
}

export interface ExhaustPoolOptions extends ExhaustThreadData {
  readonly runs: readonly ListedRun[];
  readonly threads: number;
  /** Hears of each run; `false` ends the thread that played it. */
  onPlayed(played: PlayedRun): boolean;
}

/** Resolves when every run was played; rejects where a thread breaks down. */
export async function playAll(options: ExhaustPoolOptions): Promise<void> {
  const { name, seed, runs, mutation } = options;
  let next = 0;
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./exhaust-worker.ts', import.meta.url), {
        workerData: { name, seed, mutation } satisfies ExhaustThreadData,
      });
      const end = (): void => void worker.terminate().then(() => resolve());
      const giveNext = (): void => {
        const run = runs[next++];
        if (run === undefined) end();
        else worker.postMessage(run);
      };
      worker.on('error', reject);
      worker.on('message', (played: PlayedRun) => {
        if (options.onPlayed(played)) giveNext();
        else end();
      });
      giveNext();
    });
  await Promise.all(Array.from({ length: Math.min(options.threads, runs.length) }, runThread));
}
