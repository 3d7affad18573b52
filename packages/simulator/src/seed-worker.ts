/** A thread that runs the seeds it is given, one after another. */
import { crc32c } from '@node-rs/crc32';
import { parentPort, workerData } from 'node:worker_threads';
import { accelerateCrc32c } from '@hapax/base';
import { runTwice } from './determinism.ts';
import { loadExtension } from './commands/extension-file.ts';
import { runSeed } from './run-seed.ts';
import type { PoolOptions } from './seed-pool.ts';

const { faultsMs, workload, isTwice, extensionFile } = workerData as PoolOptions;
const extension = await loadExtension(extensionFile);
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
parentPort?.on('message', (seed: number) => {
  const options = { faultsMs, workload, extension };
  const answer = isTwice ? runTwice(seed, options) : { report: runSeed(seed, options), divergence: null };
  parentPort?.postMessage(answer);
});
