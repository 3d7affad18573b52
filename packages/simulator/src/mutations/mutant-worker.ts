/** A thread whose sources have a mutation. It runs seeds until one shows it, or as many as it may. */
import { parentPort, workerData } from 'node:worker_threads';
import { installMutation } from './install-mutation.ts';
import type { HuntOrder, HuntReport } from './hunt.ts';

const { mutation, from, seedsMax, cpuSecondsMax, faultsMs } = workerData as HuntOrder;
installMutation(mutation);
const { crc32c } = await import('@node-rs/crc32');
const { accelerateCrc32c } = await import('@hapax/base');
const { runSeed } = await import('../run-seed.ts');
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));

const cpuSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
const others: Record<string, number> = {};
let report: HuntReport = { seedsTried: 0, cpuSeconds: 0, kill: null, others };
for (let seed = from; seed < from + seedsMax && cpuSeconds() < cpuSecondsMax && report.kill === null; seed++) {
  const { failure } = runSeed(seed, { faultsMs, workload: mutation.hunt.workload });
  const isKill = failure !== null && mutation.breaks.includes(failure.invariant);
  if (failure !== null && !isKill) others[failure.invariant] = (others[failure.invariant] ?? 0) + 1;
  report = {
    seedsTried: seed - from + 1,
    cpuSeconds: cpuSeconds(),
    kill: isKill ? { seed, invariant: failure.invariant, message: failure.message } : null,
    others,
  };
  parentPort?.postMessage(report);
}
parentPort?.close();
