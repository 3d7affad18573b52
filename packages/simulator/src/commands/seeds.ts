/** `npm run sim -- [--seeds N | --seed N]`: runs seeds, tells what failed and how to see it again. */
import { crc32c } from '@node-rs/crc32';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { accelerateCrc32c } from '@hapax/base';
import { toJepsenEdn } from '@hapax/history';
import type { Divergence } from '../determinism.ts';
import { neverReachedOf, summarizeReached } from '../exploration/reached.ts';
import { RunRecorder } from '../report/run-recorder.ts';
import type { Extension } from '../extension.ts';
import { runSeed, type SeedReport } from '../run-seed.ts';
import { shrinkOne } from './shrink.ts';
import { runSeeds } from '../seed-pool.ts';
import { summarizeTransactions } from '../transaction-summary.ts';
import { drawPlan, isWorkloadName, type WorkloadName } from '../swarm.ts';
import { listConditions } from './condition-list.ts';
import { writeReport } from './report-file.ts';
import { loadExtension } from './extension-file.ts';
import { endProgress, numberOption, print, showProgress, UsageError, withUsage } from './output.ts';

const USAGE = `npm run sim -- [options]
  --seeds N      run N seeds (default 100)
  --from M       beginning with seed M (default 1)
  --seed N       run this seed only, and print its plan
  --workload W   what clients do: records (default), txn, raft (controllers alone), odd (what clients seldom do)
  --minutes X    virtual minutes of faults for each seed (default 0.5, others: 0.2)
  --threads N    threads to use (default 2)
  --shrink       with --seed: find the fewest faults with which it still fails, and write them to a scenario file
  --shrink-runs N  at most so many runs for that (default 300)
  --trace        with --seed: print every line of what happens
  --report FILE  with --seed: write a page of HTML that shows the run, its faults and what went wrong
  --with FILE    add faults, invariants or clients of one's own, see docs/SIMULATION.md
  --edn FILE     with --seed: write what clients did and saw as Jepsen's workload for Kafka does
  --all-reached  fail where a condition that the code names was met by no seed
  --twice        run every seed twice: both must be the same, or the first difference is shown
  --hashes       with --json: the hash of each seed's trace, and which Node it was
  --json         the last line is one JSON object
npm run sim -- coverage --help
npm run sim -- scenario FILE
npm run sim -- faults
npm run sim -- mutations --help
npm run sim -- exhaust --help
npm run sim -- versions --help
`;

/** What each seed is run with. */
export interface SeedRun {
  readonly workload: WorkloadName;
  readonly minutes: string;
  readonly faultsMs: number;
  readonly isJson: boolean;
  /** What the user adds, and where it stands. */
  readonly extension?: Extension | undefined;
  readonly extensionFile?: string | undefined;
}

interface SeedOutput {
  readonly isTraced: boolean;
  readonly edn: string | undefined;
  readonly report: string | undefined;
}

interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly threads: number;
  readonly mustReachAll: boolean;
  readonly isTwice: boolean;
  readonly tellsHashes: boolean;
}

/** Runs seeds as `args` say; answers the exit code. */
export function runSeedsCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '100' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        workload: { type: 'string', default: 'records' },
        minutes: { type: 'string' },
        threads: { type: 'string', default: '2' },
        with: { type: 'string' },
        edn: { type: 'string' },
        report: { type: 'string' },
        shrink: { type: 'boolean', default: false },
        'shrink-runs': { type: 'string', default: '300' },
        trace: { type: 'boolean', default: false },
        twice: { type: 'boolean', default: false },
        hashes: { type: 'boolean', default: false },
        'all-reached': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const workload = workloadNamed(values.workload);
    const minutes = values.minutes ?? defaultMinutes(workload);
    const faultsMs = numberOption('minutes', minutes) * 60_000;
    const extension = await loadExtension(values.with);
    const run = { workload, minutes, faultsMs, isJson: values.json, extensionFile: values.with, extension };
    if (values.seed !== undefined && values.shrink) {
      return shrinkOne(numberOption('seed', values.seed), run, numberOption('shrink-runs', values['shrink-runs']));
    }
    const out = { isTraced: values.trace, edn: values.edn, report: values.report };
    if (values.seed !== undefined) return runOne(numberOption('seed', values.seed), run, out);
    return runMany(run, {
      from: numberOption('from', values.from),
      count: numberOption('seeds', values.seeds),
      threads: numberOption('threads', values.threads),
      mustReachAll: values['all-reached'],
      isTwice: values.twice,
      tellsHashes: values.hashes,
    });
  });
}

/** Transactions cost four times the processor time of plain records: more, shorter seeds reach more. */
export function defaultMinutes(workload: WorkloadName): string {
  return workload === 'records' ? '0.5' : '0.2';
}

function runOne(seed: number, run: SeedRun, out: SeedOutput): number {
  const { faultsMs, workload, extension } = run;
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
  const plan = drawPlan(seed, faultsMs, workload);
  print(JSON.stringify(plan));
  const recorder = out.report === undefined ? undefined : new RunRecorder();
  const report = runSeed(seed, {
    faultsMs,
    workload,
    recorder,
    extension,
    onLine: out.isTraced ? print : undefined,
    onHistory: (history) => {
      if (out.edn !== undefined) writeFileSync(out.edn, toJepsenEdn(history));
    },
  });
  if (out.report !== undefined && recorder !== undefined) {
    const again = `${commandOf(seed, run)} --report report.html`;
    writeReport(out.report, { title: '', workload, again, plan: report.failure?.plan ?? plan, report, recorder });
  }
  explain(report, run);
  const { failure, ...figures } = report;
  if (run.isJson) {
    print(JSON.stringify({ ...figures, plan, failed: failure?.message ?? null }));
  } else {
    print(`seed ${seed}: ${failure?.message ?? 'clean'}; ${describe(report)}, trace hash ${report.traceHash}`);
  }
  return failure === null ? 0 : 1;
}

async function runMany(run: SeedRun, range: SeedRange): Promise<number> {
  const { faultsMs, workload, isJson, extensionFile } = run;
  const { from, count, threads, mustReachAll, isTwice, tellsHashes } = range;
  const reports: SeedReport[] = [];
  const diverged: number[] = [];
  await runSeeds({
    from,
    count,
    threads,
    faultsMs,
    workload,
    isTwice,
    extensionFile,
    onReport: (report, divergence) => {
      reports.push(report);
      if (divergence !== null) tellDivergence(divergence, diverged);
      explain(report, run);
      showProgress(`${reports.length} of ${count} seeds, ${failedOf(reports).length} failed`);
    },
  });
  endProgress();
  const failed = failedOf(reports);
  const cpu = process.cpuUsage();
  const sometimes = summarizeReached(reports, listConditions().map(({ name }) => name));
  const summary = {
    workload,
    seeds: reports.length,
    from,
    failed: failed.map(({ seed }) => seed),
    failures: failed.map(({ seed, failure }) => ({ seed, invariant: failure?.invariant, message: failure?.message })),
    simulatedHours: round(sum(reports, ({ simulatedMs }) => simulatedMs) / 3_600_000),
    cpuHours: round((cpu.user + cpu.system) / 3.6e9),
    events: sum(reports, ({ events }) => events),
    recordsAcknowledged: sum(reports, ({ acked }) => acked),
    recordsConsumed: sum(reports, ({ consumed }) => consumed),
    faults: countFaults(reports.map(({ faults }) => faults)),
    effectiveFaults: countFaults(reports.map(({ effectiveFaults }) => effectiveFaults)),
    neverReached: neverReachedOf(sometimes),
    ...(isTwice ? { diverged: diverged.toSorted((a, b) => a - b) } : {}),
    traceDigest: digestOf(reports),
    ...(tellsHashes ? { node: process.version, traceHashes: hashesOf(reports) } : {}),
    ...(workload === 'txn' ? { transactions: summarizeTransactions(reports) } : {}),
  };
  if (isJson) print(JSON.stringify({ ...summary, sometimes }));
  else printTable(summary);
  const isMissing = mustReachAll && summary.neverReached.length > 0;
  return failed.length + diverged.length === 0 && !isMissing ? 0 : 1;
}

function explain({ seed, failure }: SeedReport, run: SeedRun): void {
  if (failure === null) return;
  print(`seed ${seed} failed: ${failure.message}`);
  for (const line of failure.tail) print(`  ${line}`);
  print(failure.stack);
  print(`plan: ${JSON.stringify(failure.plan)}`);
  print(`again: ${commandOf(seed, run)} --trace`);
}

/** What runs a seed again. */
export function commandOf(
  seed: number, { workload, minutes, extensionFile }: Pick<SeedRun, 'workload' | 'minutes' | 'extensionFile'>,
): string {
  const added = extensionFile === undefined ? '' : ` --with ${extensionFile}`;
  return `npm run sim -- --seed ${seed} --workload ${workload} --minutes ${minutes}${added}`;
}

function tellDivergence({ seed, reason, event, first, second }: Divergence, diverged: number[]): void {
  diverged.push(seed);
  print(`seed ${seed} is not deterministic: ${reason}`);
  if (event === null) return print('  two more runs were alike: what differs is not the same each time');
  print(`  the first event that differs is number ${event}; the first run:`);
  for (const line of first) print(`    ${line}`);
  print('  the second run:');
  for (const line of second) print(`    ${line}`);
}

function hashesOf(reports: readonly SeedReport[]): Record<string, string> {
  return Object.fromEntries(reports.map(({ seed, traceHash }) => [seed, traceHash]));
}

/** One word for the traces of all seeds, to compare machines and versions of Node by. */
function digestOf(reports: readonly SeedReport[]): string {
  const inOrder = reports.toSorted((a, b) => a.seed - b.seed);
  return createHash('sha256').update(inOrder.map(({ traceHash }) => traceHash).join()).digest('hex').slice(0, 16);
}

function printTable(summary: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(summary)) {
    print(`${name.padEnd(20)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }
}

function describe({ simulatedMs, events, acked, consumed }: SeedReport): string {
  const seconds = (simulatedMs / 1000).toFixed(1);
  return `${seconds} s simulated, ${events} events, ${acked} records acknowledged, ${consumed} consumed`;
}

function failedOf(reports: readonly SeedReport[]): SeedReport[] {
  return reports.filter(({ failure }) => failure !== null).toSorted((a, b) => a.seed - b.seed);
}

function countFaults(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const faults of all) {
    for (const [kind, count] of Object.entries(faults)) counts[kind] = (counts[kind] ?? 0) + count;
  }
  return counts;
}

function sum(reports: readonly SeedReport[], of: (report: SeedReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function workloadNamed(text: string): WorkloadName {
  if (isWorkloadName(text)) return text;
  throw new UsageError(`--workload is ${JSON.stringify(text)}: give records, txn, raft or odd`);
}
