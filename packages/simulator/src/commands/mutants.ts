/** `npm run sim -- mutants`: changes the machines at random places, and tells which changes nothing notices. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SeededRandom } from '@hapax/base';
import { findMutants, withMutant, type Mutant } from '../mutants/find-mutants.ts';
import { tryMutant, type MutantFate } from '../mutants/try-mutant.ts';
import { endProgress, numberOption, print, showProgress, UsageError, withUsage } from './output.ts';

const USAGE = `npm run sim -- mutants [options]
  --count N      how many mutants, drawn over all files (default 300)
  --seed N       which ones (default 1)
  --packages A,B of these packages (default raft,replica,txn,group,state-machine,log)
  --sim-seeds N  seeds of each workload for those that the tests let through (default 8)
  --threads N    tried at a time (default 2)
  --results F    a file of lines, one a mutant: those in it are not tried again (default mutants/results.ndjson)
  --list         print them, and try none
  --json         the last line is one JSON object
`;

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const RESULTS = fileURLToPath(new URL('../../mutants/results.ndjson', import.meta.url));
const SURVIVORS = new URL('../../mutants/survivors.json', import.meta.url);

/** A mutant as it is written down. `id` stays while the place stays as it is, whatever moves around it. */
interface MutantResult {
  readonly id: string;
  readonly line: number;
  readonly fate: MutantFate;
}

interface Candidate {
  readonly id: string;
  readonly mutant: Mutant;
  readonly source: string;
}

/** Runs mutants as `args` say; answers 1 where fewer than 70 of 100 were noticed, or a survivor has no reason. */
export function runMutantsCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        count: { type: 'string', default: '300' },
        seed: { type: 'string', default: '1' },
        packages: { type: 'string', default: 'raft,replica,txn,group,state-machine,log' },
        'sim-seeds': { type: 'string', default: '8' },
        threads: { type: 'string', default: '2' },
        results: { type: 'string', default: RESULTS },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const all = values.packages.split(',').flatMap(candidatesOf);
    const chosen = drawSome(all, numberOption('count', values.count), numberOption('seed', values.seed));
    if (values.list) {
      for (const { id } of chosen) print(id);
      print(`${chosen.length} of ${all.length}`);
      return 0;
    }
    const known = readResults(values.results);
    await tryAll(chosen.filter(({ id }) => !known.has(id)), {
      threads: numberOption('threads', values.threads),
      seeds: numberOption('sim-seeds', values['sim-seeds']),
      results: values.results,
    });
    const summary = summarize(chosen, readResults(values.results));
    for (const { id, reason } of summary.survivors) print(`✗ ${id}${reason === undefined ? '' : `\n    ${reason}`}`);
    const { survivors, ...figures } = summary;
    print(Object.entries(figures).map(([name, value]) => `${name} ${value}`).join(', '));
    if (values.json) print(JSON.stringify(summary));
    const isEnough = summary.killed >= ENOUGH * summary.total;
    return isEnough && survivors.every(({ reason }) => reason !== undefined) ? 0 : 1;
  });
}

const ENOUGH = 0.7;

function candidatesOf(name: string): Candidate[] {
  const directory = `packages/${name}/src`;
  if (!existsSync(ROOT + directory)) throw new UsageError(`there is no package ${JSON.stringify(name)}`);
  const files = readdirSync(ROOT + directory, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).toSorted().flatMap((relative) => {
    const file = `${directory}/${relative}`;
    const source = readFileSync(ROOT + file, 'utf8');
    const seen = new Map<string, number>();
    return findMutants(file, source).map((mutant): Candidate => {
      const before = source.slice(mutant.start, mutant.end).replaceAll(/\s+/gu, ' ').slice(0, SHOWN);
      const after = mutant.replacement.replaceAll(/\s+/gu, ' ').slice(0, SHOWN);
      const place = `${file} ${mutant.operator}: ${before} → ${after}`;
      const nth = (seen.get(place) ?? 0) + 1;
      seen.set(place, nth);
      return { id: nth === 1 ? place : `${place} (${nth})`, mutant, source };
    });
  });
}

/** Every place has the same chance. */
function drawSome(all: readonly Candidate[], count: number, seed: number): Candidate[] {
  const random = new SeededRandom(seed);
  const left = [...all];
  const chosen: Candidate[] = [];
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(random.nextInt(left.length), 1));
  return chosen;
}

async function tryAll(
  left: readonly Candidate[], { threads, seeds, results }: { threads: number; seeds: number; results: string },
): Promise<void> {
  let next = 0;
  let survived = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < left.length; at = next++) {
      const { id, mutant, source } = left[at] as Candidate;
      const fate = await tryMutant(mutant, withMutant(source, mutant), seeds);
      if (fate.killedBy === null) survived += 1;
      appendFileSync(results, `${JSON.stringify({ id, line: mutant.line, fate } satisfies MutantResult)}\n`);
      showProgress(`${at + 1} of ${left.length} mutants, ${survived} survived`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(threads, left.length)) }, work));
  endProgress();
}

function readResults(path: string): Map<string, MutantResult> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => JSON.parse(line) as MutantResult).map((result) => [result.id, result]));
}

function summarize(chosen: readonly Candidate[], results: ReadonlyMap<string, MutantResult>) {
  const reasons = existsSync(SURVIVORS) ? JSON.parse(readFileSync(SURVIVORS, 'utf8')) as Record<string, string> : {};
  const tried = chosen.flatMap(({ id }) => results.get(id) ?? []);
  const killed = tried.filter(({ fate }) => fate.killedBy !== null);
  const by = (how: string): number => killed.filter(({ fate }) => fate.killedBy === how).length;
  return {
    killed: killed.length,
    total: tried.length,
    percent: Math.round((1000 * killed.length) / Math.max(1, tried.length)) / 10,
    byTests: by('tests'),
    bySeeds: by('seed'),
    byHanging: by('hangs'),
    survivors: tried.filter(({ fate }) => fate.killedBy === null).map(({ id }) => ({ id, reason: reasons[id] })),
  };
}

const SHOWN = 90;
