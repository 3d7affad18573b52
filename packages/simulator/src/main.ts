/** `npm run sim`: runs seeds, tells what failed and how to see it again. */
import { crc32c } from '@node-rs/crc32';
import { parseArgs } from 'node:util';
import { accelerateCrc32c } from '@hapax/base';
import { runSeed, type SeedReport } from './run-seed.ts';
import { runSeeds } from './seed-pool.ts';
import { summarizeTransactions } from './transaction-summary.ts';
import { drawPlan, type WorkloadName } from './swarm.ts';

const USAGE = `npm run sim -- [options]
  --seeds N      run N seeds (default 100)
  --from M       beginning with seed M (default 1)
  --seed N       run this seed only, and print its plan
  --workload W   what clients do: records (default), or txn
  --minutes X    virtual minutes of faults for each seed (default 0.5, txn: 0.2)
  --threads N    threads to use (default 2)
  --trace        with --seed: print every line of what happens
  --json         the last line is one JSON object
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    workload: { type: 'string', default: 'records' },
    minutes: { type: 'string' },
    threads: { type: 'string', default: '2' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const { seed } = values;
  const workload = workloadNamed(values.workload);
  const faultsMs = number('minutes', minutesFor(workload)) * 60_000;
  process.exitCode = seed === undefined
    ? await runMany(faultsMs, workload)
    : runOne(number('seed', seed), faultsMs, workload);
}

function runOne(seed: number, faultsMs: number, workload: WorkloadName): number {
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
  const plan = drawPlan(seed, faultsMs, workload);
  print(JSON.stringify(plan));
  const report = runSeed(seed, { faultsMs, workload, onLine: values.trace ? print : undefined });
  if (report.failure !== null) explain(report);
  const { failure, ...figures } = report;
  if (values.json) {
    print(JSON.stringify({ ...figures, plan, failed: failure?.message ?? null }));
  } else {
    print(`seed ${seed}: ${failure?.message ?? 'clean'}; ${describe(report)}, trace hash ${report.traceHash}`);
  }
  return failure === null ? 0 : 1;
}

async function runMany(faultsMs: number, workload: WorkloadName): Promise<number> {
  const from = number('from', values.from);
  const count = number('seeds', values.seeds);
  const reports: SeedReport[] = [];
  await runSeeds({
    from,
    count,
    threads: number('threads', values.threads),
    faultsMs,
    workload,
    onReport: (report) => {
      reports.push(report);
      if (report.failure !== null) explain(report);
      showProgress(`${reports.length} of ${count} seeds, ${failedOf(reports).length} failed`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const failed = failedOf(reports);
  const cpu = process.cpuUsage();
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
    faults: countFaults(reports),
    ...(workload === 'txn' ? { transactions: summarizeTransactions(reports) } : {}),
  };
  if (values.json) print(JSON.stringify(summary));
  else printTable(summary);
  return failed.length === 0 ? 0 : 1;
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text} `);
}

/** Transactions cost four times the processor time of plain records: more, shorter seeds reach more. */
function minutesFor(workload: WorkloadName): string {
  return values.minutes ?? (workload === 'txn' ? '0.2' : '0.5');
}

function explain(report: SeedReport): void {
  const workload = workloadNamed(values.workload);
  const { seed, failure } = report;
  if (failure === null) return;
  print(`seed ${seed} failed: ${failure.message}`);
  for (const line of failure.tail) print(`  ${line}`);
  print(failure.stack);
  print(`plan: ${JSON.stringify(failure.plan)}`);
  print(`again: npm run sim -- --seed ${seed} --workload ${workload} --minutes ${minutesFor(workload)} --trace`);
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

function countFaults(reports: readonly SeedReport[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { faults } of reports) {
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
  if (text === 'records' || text === 'txn') return text;
  process.stderr.write(`--workload is ${JSON.stringify(text)}: give records or txn\n${USAGE}`);
  process.exit(2);
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  process.stderr.write(`--${option} is ${JSON.stringify(text)}: give a number of 0 or more\n${USAGE}`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
