/** `npm run sim -- exhaust SCENARIO`: all crash points and message faults of a reference scenario. */
import { crc32c } from '@node-rs/crc32';
import { parseArgs } from 'node:util';
import { accelerateCrc32c } from '@hapax/base';
import { playAll } from '../exhaust/exhaust-pool.ts';
import { classOf, pairs, record, recordedText, singles, type ListedRun } from '../exhaust/fault-lists.ts';
import { faultText, parseFault, type FaultPoint } from '../exhaust/fault-point.ts';
import { play, type PlayedRun } from '../exhaust/play.ts';
import type { Reference } from '../exhaust/reference.ts';
import { findReference, REFERENCES } from '../exhaust/references/all.ts';
import { loadCatalogue } from '../mutations/catalogue.ts';
import type { Mutation } from '../mutations/mutation.ts';
import { endProgress, numberOption, print, showProgress, UsageError, withUsage } from './output.ts';

const USAGE = `npm run sim -- exhaust SCENARIO [options]
${REFERENCES.map(({ name, what }) => `  ${name.padEnd(13)}  ${what}`).join('\n')}
  --seed N       another placement of leaders (default 1)
  --list         print what belongs to the scenario: every effect and message, in order
  --pairs        every two faults (default: every fault alone)
  --from I       begin with run I of the list (default 0)
  --count N      run N of the list (default: all)
  --every N      run each Nth of the list (default 1)
  --only FAULT   play one run: "coordinator PrepareCommit on leader / synced / failover / power"
  --with FAULT   ... with a second fault: "EndTxn response / drop"
  --variant V    ... in this variant of the scenario (default: the first)
  --trace        ... and print every line of what happens
  --mutation M   with the sources changed by this mutation of the catalogue: is it caught?
  --threads N    threads to use (default 2)
  --json         the last line is one JSON object
`;

interface Options {
  readonly from: number;
  readonly count: number;
  readonly every: number;
  readonly threads: number;
  readonly hasPairs: boolean;
  readonly isJson: boolean;
  /** By its name in the catalogue. */
  readonly mutation: string | undefined;
}

/** Plays runs as `args` say; answers the exit code. */
export function runExhaustCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seed: { type: 'string', default: '1' },
        list: { type: 'boolean', default: false },
        pairs: { type: 'boolean', default: false },
        from: { type: 'string', default: '0' },
        count: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
        every: { type: 'string', default: '1' },
        only: { type: 'string' },
        with: { type: 'string' },
        variant: { type: 'string' },
        trace: { type: 'boolean', default: false },
        mutation: { type: 'string' },
        threads: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
    const reference = referenceNamed(positionals, numberOption('seed', values.seed));
    if (values.list) return list(reference);
    if (values.only !== undefined) {
      const faults = [values.only, values.with].filter((text) => text !== undefined).map(faultOf);
      return runOne(reference, { variant: variantOf(reference, values.variant), faults }, values.trace);
    }
    return runMany(reference, {
      from: numberOption('from', values.from),
      count: numberOption('count', values.count),
      every: Math.max(1, numberOption('every', values.every)),
      threads: numberOption('threads', values.threads),
      hasPairs: values.pairs,
      isJson: values.json,
      mutation: values.mutation,
    });
  });
}

function list(reference: Reference): number {
  for (const variant of reference.variants) {
    print(`${variant}:`);
    process.stdout.write(recordedText(record(reference, variant)));
  }
  return 0;
}

function runOne(reference: Reference, run: ListedRun, isTraced: boolean): number {
  const played = play(reference, run, isTraced ? print : undefined);
  if (played.failure !== null) explain(reference, played);
  const { struck, simulatedMs, traceHash, failure } = played;
  const figures = `${struck} of ${run.faults.length} faults struck, ${Math.round(simulatedMs)} ms simulated`;
  print(`${failure?.message ?? 'clean'}; ${figures}, trace hash ${traceHash}`);
  return failure === null ? 0 : 1;
}

async function runMany(reference: Reference, options: Options): Promise<number> {
  const listed = options.hasPairs ? pairs(reference) : singles(reference);
  const slice = listed.slice(options.from, options.from + options.count);
  const runs = slice.filter((_run, at) => at % options.every === 0);
  const classes: Record<string, { runs: number; failed: number; allStruck: number }> = {};
  const failures: PlayedRun[] = [];
  let simulatedMs = 0;
  let count = 0;
  const begun = process.cpuUsage();
  await playAll({
    name: reference.name,
    seed: reference.plan.seed,
    runs,
    threads: options.threads,
    mutation: await mutationNamed(options.mutation),
    onPlayed: (played) => {
      const figures = (classes[classOf(played.run)] ??= { runs: 0, failed: 0, allStruck: 0 });
      figures.runs += 1;
      if (played.struck === played.run.faults.length) figures.allStruck += 1;
      if (played.failure !== null) {
        figures.failed += 1;
        failures.push(played);
        explain(reference, played);
      }
      simulatedMs += played.simulatedMs;
      count += 1;
      showProgress(`${count} of ${runs.length} runs, ${failures.length} failed`);
      return true;
    },
  });
  endProgress();
  const cpu = process.cpuUsage(begun);
  const summary = {
    scenario: reference.name,
    seed: reference.plan.seed,
    faults: options.hasPairs ? 'pairs' : 'singles',
    listed: listed.length,
    runs: count,
    failed: failures.length,
    failures: failures.map(({ run, failure }) => ({ run: textOf(run), invariant: failure?.invariant })),
    classes,
    simulatedHours: round(simulatedMs / 3_600_000),
    cpuSeconds: round((cpu.user + cpu.system) / 1e6),
  };
  if (options.isJson) print(JSON.stringify(summary));
  else for (const [name, value] of Object.entries(summary)) print(`${name.padEnd(16)} ${JSON.stringify(value)}`);
  return failures.length === 0 ? 0 : 1;
}

function explain({ name, plan }: Reference, { run, failure }: PlayedRun): void {
  if (failure === null) return;
  print(`failed: ${textOf(run)}: ${failure.message}`);
  for (const line of failure.tail.slice(-TAIL_LINES)) print(`  ${line}`);
  print(failure.stack);
  const [only, second] = run.faults.map(faultText);
  const rest = second === undefined ? '' : ` --with ${JSON.stringify(second)}`;
  const which = `${name} --seed ${plan.seed} --variant ${run.variant}`;
  print(`again: npm run sim -- exhaust ${which} --only ${JSON.stringify(only)}${rest} --trace`);
}

function textOf({ variant, faults }: ListedRun): string {
  return [variant, ...faults.map(faultText)].join(', ');
}

function referenceNamed([name = '', ...more]: readonly string[], seed: number): Reference {
  const reference = findReference(name, seed);
  if (reference !== undefined && more.length === 0) return reference;
  throw new UsageError(`give one scenario: ${REFERENCES.map((one) => one.name).join(', ')}`);
}

function faultOf(text: string): FaultPoint {
  const fault = parseFault(text);
  if (fault !== undefined) return fault;
  throw new UsageError(`${JSON.stringify(text)} is no fault: give one as a failing run prints it`);
}

async function mutationNamed(name: string | undefined): Promise<Mutation | undefined> {
  if (name === undefined) return undefined;
  const found = (await loadCatalogue()).find((one) => one.name === name);
  if (found !== undefined) return found.mutation;
  throw new UsageError(`--mutation is ${JSON.stringify(name)}: see npm run sim -- mutations --list`);
}

function variantOf({ variants }: Reference, text: string | undefined): string {
  const variant = text ?? variants[0] ?? '';
  if (variants.includes(variant)) return variant;
  throw new UsageError(`--variant is ${JSON.stringify(text)}: give ${variants.join(' or ')}`);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const TAIL_LINES = 40;
