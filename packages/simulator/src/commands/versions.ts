/** `npm run sim -- versions --node PATH`: the same seeds under another Node must give the same traces. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WORKLOADS, type WorkloadName } from '../swarm.ts';
import { numberOption, print, UsageError, withUsage } from './output.ts';
import { commandOf, defaultMinutes } from './seeds.ts';

const USAGE = `npm run sim -- versions --node PATH [options]
  --node PATH    another Node, which this one is compared with
  --seeds N      seeds of each workload (default 15)
  --from M       beginning with seed M (default 1)
  --json         the last line is one JSON object
`;

/** What a run of seeds says of itself. */
interface Hashes {
  /** By seed. */
  readonly traceHashes: Readonly<Record<string, string>>;
  readonly node: string;
}

/** Runs seeds under both as `args` say; answers 1 where a trace differs. */
export function runVersionsCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        node: { type: 'string' },
        seeds: { type: 'string', default: '15' },
        from: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { node } = values;
    if (node === undefined) throw new UsageError('--node is missing: give the path of another Node');
    const range = ['--seeds', values.seeds, '--from', values.from];
    numberOption('seeds', values.seeds);
    numberOption('from', values.from);
    const differing: Record<string, readonly number[]> = {};
    for (const workload of WORKLOADS) {
      const [own, other] = await Promise.all([hashesUnder(process.execPath, workload, range),
        hashesUnder(node, workload, range)]);
      differing[workload] = tellDifferences(workload, own, other, node);
    }
    const areSame = Object.values(differing).every((seeds) => seeds.length === 0);
    if (values.json) print(JSON.stringify({ differing, areSame }));
    return areSame ? 0 : 1;
  });
}

/** The seeds whose traces differ, in their order. */
export function differingSeeds(own: Hashes, other: Hashes): number[] {
  const seeds = Object.keys({ ...own.traceHashes, ...other.traceHashes }).map(Number);
  return seeds.filter((seed) => own.traceHashes[seed] !== other.traceHashes[seed]).toSorted((a, b) => a - b);
}

function tellDifferences(workload: WorkloadName, own: Hashes, other: Hashes, node: string): readonly number[] {
  const differing = differingSeeds(own, other);
  const count = Object.keys(own.traceHashes).length;
  print(`${workload}: ${count - differing.length} of ${count} seeds are the same under ${own.node} and ${other.node}`);
  const [first] = differing;
  if (first === undefined) return differing;
  const main = 'packages/simulator/src/main.ts';
  const run = { workload, minutes: defaultMinutes(workload) };
  const again = commandOf(first, run).replace('npm run sim --', main);
  print(`  seeds ${differing.join(', ')} differ; to see where the first of them does, compare what both say to`);
  for (const path of [process.execPath, node]) print(`    ${path} --conditions=source ${again} --trace`);
  return differing;
}

/** Runs the seeds in a process of a Node. Rejects where it says nothing that can be read. */
function hashesUnder(node: string, workload: WorkloadName, range: readonly string[]): Promise<Hashes> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = ['--conditions=source', main, '--workload', workload, ...range, '--threads', '1', '--hashes', '--json'];
  return new Promise((resolve, reject) => {
    execFile(node, args, { maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      // A seed that fails has a trace as well; it is what other runs are for.
      const line = stdout.trimEnd().split('\n').at(-1) ?? '';
      if (!line.startsWith('{')) return reject(error ?? new Error(`${node} says nothing: ${stderr}`));
      resolve(JSON.parse(line) as Hashes);
    });
  });
}

const OUTPUT_BYTES_MAX = 256 << 20;
