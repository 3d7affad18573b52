/** `npm run sim -- mutations`: breaks the code as the bugs of the field did, and tells which of them are caught. */
import { parseArgs } from 'node:util';
import { loadCatalogue, recordKill, type NamedMutation } from '../mutations/catalogue.ts';
import { hunt, type HuntReport } from '../mutations/hunt.ts';
import type { Mutation, RecordedKill } from '../mutations/mutation.ts';
import { defaultMinutes } from './seeds.ts';
import { endProgress, numberOption, print, showProgress, UsageError, withUsage } from './output.ts';

const USAGE = `npm run sim -- mutations [options]
  --only A,B       only these rows of the catalogue, or names of mutations
  --recorded       replay what is recorded for each, and nothing else
  --record         write down how each was caught
  --shrink-runs N  at most N runs to find the fewest faults with which a seed still shows it (default 120)
  --from M         look from seed M (default 1)
  --seeds N        at most N seeds for each (default 10000)
  --cpu-seconds X  and at most so much processor time for each (default 3600)
  --threads N      threads to use (default 2)
  --report FILE    with --only and --recorded: write a page of HTML that shows how it was caught
  --list           print what there is, and run nothing
  --json           the last line is one JSON object
`;

interface MutationRow {
  readonly name: string;
  readonly row: number;
  readonly bug: string;
  readonly what: string;
  /** Why none has caught it before; null for what was caught. */
  readonly survives: string | null;
  readonly isKilled: boolean;
  readonly invariant: string | null;
  readonly seed: number | null;
  readonly seedsTried: number;
  readonly cpuSeconds: number;
  readonly faults: number | null;
  readonly others: Readonly<Record<string, number>>;
}

type WhichMutation = Pick<MutationRow, 'name' | 'row' | 'bug' | 'what' | 'survives'>;

interface HuntSettings {
  readonly isRecorded: boolean;
  readonly reportFile: string | undefined;
  readonly isToBeRecorded: boolean;
  readonly from: number;
  readonly seedsMax: number;
  readonly cpuSecondsMax: number;
  readonly shrinkRunsMax: number;
}

/** Runs mutations as `args` say; answers 1 unless every one was caught that was caught before. */
export function runMutationsCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        recorded: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        from: { type: 'string', default: '1' },
        seeds: { type: 'string', default: '10000' },
        'cpu-seconds': { type: 'string', default: '3600' },
        'shrink-runs': { type: 'string', default: '120' },
        threads: { type: 'string', default: '2' },
        report: { type: 'string' },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const chosen = choose(await loadCatalogue(), values.only);
    if (values.list) {
      for (const one of chosen) listOne(one);
      return 0;
    }
    const rows = await runAll(chosen, numberOption('threads', values.threads), {
      isRecorded: values.recorded,
      reportFile: values.report,
      isToBeRecorded: values.record,
      from: numberOption('from', values.from),
      seedsMax: numberOption('seeds', values.seeds),
      cpuSecondsMax: numberOption('cpu-seconds', values['cpu-seconds']),
      shrinkRunsMax: numberOption('shrink-runs', values['shrink-runs']),
    });
    printRows(rows);
    const summary = summarize(rows);
    if (values.json) print(JSON.stringify({ ...summary, mutations: rows }));
    return rows.every(({ isKilled, survives }) => isKilled || survives !== null) ? 0 : 1;
  });
}

function listOne({ name, mutation: { bug, what, survives } }: NamedMutation): void {
  print(`${name.padEnd(44)} ${bug.padEnd(24)} ${what}`);
  if (survives !== undefined) print(`${''.padEnd(44)} not caught so far: ${survives}`);
}

function choose(all: readonly NamedMutation[], only: string | undefined): readonly NamedMutation[] {
  if (only === undefined) return all;
  const wanted = only.split(',');
  return wanted.flatMap((one) => {
    const found = all.filter(({ name, mutation }) => name === one || String(mutation.row) === one);
    if (found.length === 0) throw new UsageError(`no mutation is called ${JSON.stringify(one)}: see mutations --list`);
    return found;
  });
}

/** As many at a time as there are threads; the rows come back in the order of the catalogue. */
async function runAll(
  chosen: readonly NamedMutation[], threads: number, settings: HuntSettings,
): Promise<MutationRow[]> {
  const rows: MutationRow[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < chosen.length; at = next++) {
      const one = chosen[at] as NamedMutation;
      const row = await runOne(one, settings);
      rows.push(row);
      endProgress();
      print(lineOf(row));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(threads, chosen.length)) }, work));
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function runOne(named: NamedMutation, settings: HuntSettings): Promise<MutationRow> {
  const { name, mutation, recorded } = named;
  const { row, bug, what, survives = null } = mutation;
  const who = { name, row, bug, what, survives };
  if (settings.isRecorded) {
    return rowOf(who, recorded === undefined ? NOTHING : await replay(named, recorded, settings.reportFile));
  }
  const { from, seedsMax, cpuSecondsMax, shrinkRunsMax } = settings;
  const order = { mutation, from, seedsMax, cpuSecondsMax, shrinkRunsMax, faultsMs: faultsMsOf(mutation) };
  const report = await hunt(order, (soFar) =>
    showProgress(`${name}: ${soFar.seedsTried} seeds, ${soFar.cpuSeconds.toFixed(0)} s of processor time`));
  const { kill, seedsTried, cpuSeconds } = report;
  if (kill !== null && settings.isToBeRecorded) {
    recordKill(name, { ...kill, seedsTried, cpuSeconds: round(cpuSeconds) });
  }
  return rowOf(who, report);
}

/** First with the faults that are recorded; where those do not show it any more, with all of the seed's own. */
async function replay(
  { name, mutation }: NamedMutation, recorded: RecordedKill, reportFile: string | undefined,
): Promise<HuntReport> {
  const page = reportFile === undefined ? undefined : { name, file: reportFile };
  const order = { mutation, from: recorded.seed, seedsMax: 1, cpuSecondsMax: Infinity, shrinkRunsMax: 0, page };
  const { schedule, faultsMs = faultsMsOf(mutation) } = recorded;
  const report = await hunt({ ...order, faultsMs, schedule }, () => {});
  if (report.kill !== null || schedule === undefined) return report;
  return hunt({ ...order, faultsMs: faultsMsOf(mutation) }, () => {});
}

function faultsMsOf({ hunt: { minutes, workload } }: Mutation): number {
  return (minutes ?? Number(defaultMinutes(workload))) * 60_000;
}

const NOTHING: HuntReport = { seedsTried: 0, cpuSeconds: 0, kill: null, others: {} };

function rowOf(who: WhichMutation, { kill, seedsTried, cpuSeconds, others }: HuntReport): MutationRow {
  const { invariant = null, seed = null, faults = null } = kill ?? {};
  const isKilled = kill !== null;
  return { ...who, isKilled, invariant, seed, seedsTried, cpuSeconds: round(cpuSeconds), faults, others };
}

function summarize(rows: readonly MutationRow[]) {
  const killed = rows.filter(({ isKilled }) => isKilled);
  return {
    killed: killed.length,
    total: rows.length,
    rowsKilled: new Set(killed.map(({ row }) => row)).size,
    medianSeeds: median(killed.map(({ seedsTried }) => seedsTried)),
    medianCpuSeconds: median(killed.map(({ cpuSeconds }) => cpuSeconds)),
    faultsMost: Math.max(0, ...killed.map(({ faults }) => faults ?? 0)),
  };
}

function printRows(rows: readonly MutationRow[]): void {
  const { killed, total, medianSeeds, medianCpuSeconds } = summarize(rows);
  print('');
  for (const row of rows) print(lineOf(row));
  print(`${killed} of ${total} caught; median ${medianSeeds} seeds, ${medianCpuSeconds} s of processor time`);
  const missed = rows.filter(({ isKilled }) => !isKilled);
  if (missed.length > 0) print(`not caught: ${missed.map(({ name }) => name).join(', ')}`);
}

function lineOf({ name, isKilled, invariant, seed, seedsTried, cpuSeconds, faults, others }: MutationRow): string {
  const how = isKilled ? `${invariant} seed ${seed}` : 'not caught';
  const rest = Object.entries(others).map(([other, count]) => `${other} × ${count}`).join(', ');
  const cost = `${String(seedsTried).padStart(5)} seeds ${cpuSeconds.toFixed(1).padStart(7)} s`;
  const left = faults === null ? '' : `${String(faults).padStart(4)} faults`;
  const also = rest === '' ? '' : `  also ${rest}`;
  return `${isKilled ? '✓' : '✗'} ${name.padEnd(44)} ${how.padEnd(22)} ${cost}${left}${also}`;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
