/** A thread in which one source has a mutant: runs seeds of both workloads until one fails. */
import { parentPort, workerData } from 'node:worker_threads';
import { installSource } from '../mutations/install-mutation.ts';
import type { WorkloadName } from '../swarm.ts';
import type { MutantOrder, MutantSeed } from './try-mutant.ts';

const { file, source, seeds } = workerData as MutantOrder;
installSource(file, () => source);
const { crc32c } = await import('@node-rs/crc32');
const { accelerateCrc32c } = await import('@hapax/base');
const { runSeed } = await import('../run-seed.ts');
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));

const MINUTES: Readonly<Record<'records' | 'txn', number>> = { records: 0.5, txn: 0.2 };

let isKilled = false;
for (let seed = 1; seed <= seeds && !isKilled; seed++) {
  for (const workload of ['records', 'txn'] as const satisfies readonly WorkloadName[]) {
    const { failure } = runSeed(seed, { faultsMs: MINUTES[workload] * 60_000, workload });
    isKilled = failure !== null;
    parentPort?.postMessage({ workload, seed, invariant: failure?.invariant ?? null } satisfies MutantSeed);
    if (isKilled) break;
  }
}
parentPort?.close();
