/** A thread that runs the seeds it is given, one after another. */
import { crc32c } from '@node-rs/crc32';
import { parentPort, workerData } from 'node:worker_threads';
import { accelerateCrc32c } from '@hapax/base';
import { runSeed, type RunSeedOptions } from './run-seed.ts';

const { faultsMs, workload } = workerData as RunSeedOptions;
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
parentPort?.on('message', (seed: number) => {
  parentPort?.postMessage({ report: runSeed(seed, { faultsMs, workload }) });
});
