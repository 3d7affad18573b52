/** `npm run sim -- coverage`: runs seeds of every workload and fails where they leave a corner out. */
import { parseArgs } from 'node:util';
import { neverReachedOf, summarizeReached, type ConditionFigures } from '../exploration/reached.ts';
import type { SeedReport } from '../run-seed.ts';
import { runSeeds } from '../seed-pool.ts';
import { WORKLOADS, type WorkloadName } from '../swarm.ts';
import { listConditions } from './condition-list.ts';
import { endProgress, numberOption, print, showProgress, withUsage } from './output.ts';
import { defaultMinutes } from './seeds.ts';

const USAGE = `npm run sim -- coverage [options]
  --seeds N      N seeds of each workload instead of the standard ones
  --from M       beginning with seed M (default 1)
  --threads N    threads to use (default 2)
  --list         print the conditions and where they are, and run nothing
  --json         the last line is one JSON object
`;

/**
 * The standard seeds begin with 1, and are so many of each workload: every condition is met, in less than five minutes
 * of processor time.
 */
const STANDARD_SEEDS: Readonly<Record<WorkloadName, number>> = { records: 80, txn: 90, raft: 60, odd: 21 };

/** Runs seeds as `args` say; answers 1 where a condition was not met, or a seed failed. */
export function runCoverageCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        from: { type: 'string', default: '1' },
        threads: { type: 'string', default: '2' },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const conditions = listConditions();
    if (values.help || values.list) {
      print(values.help ? USAGE : conditions.map(({ name, file }) => `${name.padEnd(80)} ${file}`).join('\n'));
      return 0;
    }
    const { seeds } = values;
    const from = numberOption('from', values.from);
    const threads = numberOption('threads', values.threads);
    const reports: SeedReport[] = [];
    for (const workload of WORKLOADS) {
      const count = seeds === undefined ? STANDARD_SEEDS[workload] : numberOption('seeds', seeds);
      reports.push(...await runWorkload(workload, { from, count, threads }));
    }
    const figures = summarizeReached(reports, conditions.map(({ name }) => name));
    const never = neverReachedOf(figures);
    const failed = reports.filter(({ failure }) => failure !== null).map(({ seed }) => seed);
    printReached(figures);
    if (failed.length > 0) print(`${failed.length} seeds failed: ${failed.join(', ')}`);
    print(`${Math.round(cpuSeconds())} s of processor time`);
    if (values.json) print(JSON.stringify({ seeds: reports.length, failed, sometimes: figures, neverReached: never }));
    return never.length === 0 && failed.length === 0 ? 0 : 1;
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function runWorkload(
  workload: WorkloadName, range: { readonly from: number; readonly count: number; readonly threads: number },
): Promise<SeedReport[]> {
  const reports: SeedReport[] = [];
  await runSeeds({
    ...range,
    faultsMs: Number(defaultMinutes(workload)) * 60_000,
    workload,
    onReport: (report) => {
      reports.push(report);
      showProgress(`${workload}: ${reports.length} of ${range.count} seeds`);
    },
  });
  endProgress();
  return reports;
}

/** Prints a line for each condition, the rarest first, and what was not met at all. */
function printReached(figures: Readonly<Record<string, ConditionFigures>>): void {
  for (const [name, { hits, seeds, share, firstSeed }] of Object.entries(figures).toSorted(byShare)) {
    const where = firstSeed === null ? 'never' : `${hits} × in ${seeds} seeds, ${(share * 100).toFixed(2)} %`;
    print(`${name.padEnd(84)} ${where}`);
  }
  const never = neverReachedOf(figures);
  print(`${Object.keys(figures).length - never.length} of ${Object.keys(figures).length} conditions were met`);
}

function byShare(one: [string, ConditionFigures], other: [string, ConditionFigures]): number {
  return one[1].share - other[1].share;
}
