/** A thread whose sources have a mutation. It runs seeds until one shows it, or as many as it may, and shrinks that. */
import { parentPort, workerData } from 'node:worker_threads';
import { installMutation } from './install-mutation.ts';
import type { HuntOrder, HuntReport, Kill } from './hunt.ts';
import type { RunSeedOptions, SeedReport } from '../run-seed.ts';

const { page, mutation, from, seedsMax, cpuSecondsMax, faultsMs, schedule, shrinkRunsMax } = workerData as HuntOrder;
installMutation(mutation);
const { crc32c } = await import('@node-rs/crc32');
const { accelerateCrc32c } = await import('@hapax/base');
const { runSeed } = await import('../run-seed.ts');
const { shrinkSeed } = await import('../shrink/shrink-seed.ts');
const { RunRecorder } = await import('../report/run-recorder.ts');
const { writeReport } = await import('../commands/report-file.ts');
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));

const SHRINK_CPU_SECONDS_MAX = 120;

const cpuSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};

/** The seed as it failed, or with fewer faults where it may be shrunk. */
const killOf = (seed: number, options: RunSeedOptions, report: SeedReport): Kill | null => {
  const { failure } = report;
  if (failure === null || !mutation.breaks.includes(failure.invariant)) return null;
  const { invariant, message } = failure;
  if (shrinkRunsMax === 0) return { seed, invariant, message, faults: options.schedule?.length ?? null };
  const endAt = cpuSeconds() + SHRINK_CPU_SECONDS_MAX;
  const budget = { runsMax: shrinkRunsMax, mayGoOn: () => cpuSeconds() < endAt };
  const shrunk = shrinkSeed(seed, options, report, budget);
  return {
    seed,
    invariant,
    message: shrunk.report.failure?.message ?? message,
    faults: shrunk.steps.length,
    schedule: shrunk.steps,
    faultsMs: shrunk.faultsMs,
  };
};

/** Runs a seed; what is written for people is the page of the run that showed the mutation. */
const runRecorded = (seed: number, options: RunSeedOptions): SeedReport => {
  if (page === undefined) return runSeed(seed, options);
  const recorder = new RunRecorder();
  const report = runSeed(seed, { ...options, recorder });
  const { failure } = report;
  if (failure === null) return report;
  const title = `mutation ${page.name}`;
  const again = `npm run sim -- mutations --only ${page.name} --recorded --report report.html`;
  const { workload } = mutation.hunt;
  writeReport(page.file, { title, workload, again, plan: failure.plan, report, recorder });
  return report;
};

const others: Record<string, number> = {};
let kill: Kill | null = null;
for (let seed = from; seed < from + seedsMax && cpuSeconds() < cpuSecondsMax && kill === null; seed++) {
  const options = { faultsMs, workload: mutation.hunt.workload, schedule: seed === from ? schedule : undefined };
  const report = runRecorded(seed, options);
  const cost = { seedsTried: seed - from + 1, cpuSeconds: cpuSeconds() };
  kill = killOf(seed, options, report);
  const { failure } = report;
  if (failure !== null && kill === null) others[failure.invariant] = (others[failure.invariant] ?? 0) + 1;
  parentPort?.postMessage({ ...cost, kill, others } satisfies HuntReport);
}
parentPort?.close();
