/** `hapax produce`: records from standard input or files, in the spirit of kcat. */
import { createReadStream } from 'node:fs';
import type { Producer } from '@hapax/client';
import { Option } from 'commander';
import { CODECS, producerSettings, type Codec } from '../client-properties.ts';
import type { CommandContext } from '../command-context.ts';
import { unescape } from '../escapes.ts';
import { usage } from '../exit-code.ts';
import { inputRecords, type SplitOptions } from '../input-records.ts';
import { formatDuration, groupDigits } from '../output.ts';
import { colorsFor, note, type Terminal } from '../terminal.ts';
import { clusterOptions, collectPairs, parseWhole, withClient, type ClusterFlags } from '../with-cluster.ts';

interface ProduceFlags extends ClusterFlags {
  readonly topic?: string;
  readonly partition?: number;
  readonly keyDelimiter?: string;
  readonly K?: string;
  readonly delimiter: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly codec?: Codec;
  readonly nullValues?: true;
  readonly property?: Readonly<Record<string, string>>;
  readonly quiet?: true;
}

/** Linger for input that comes in lines: batches form, and nobody who types notices. */
const LINGER_MS = 5;

/** Registers `hapax produce`. */
export function addProduceCommand({ program, terminal }: CommandContext): void {
  const produce = program
    .command('produce')
    .summary('write records, one a line, from standard input or files')
    .description('Writes records: one for each line of standard input, or of files. Each is written exactly once.')
    .argument('[topic]', 'where to (or -t)')
    .argument('[files...]', 'instead of standard input')
    .option('-t, --topic <topic>', 'where to')
    .option('-p, --partition <number>', 'one partition; default: the key decides', parseWhole('-p', 0, 1_000_000))
    .option('-k, --key-delimiter <text>', 'lines are key, this, value')
    .addOption(new Option('-K <text>', 'as -k').hideHelp())
    .option('-D, --delimiter <text>', 'between records', '\\n')
    .option('-H, --header <key=value>', 'on every record; may be repeated', collectPairs)
    .addOption(new Option('-z, --codec <name>', 'compression').choices(CODECS))
    .option('-Z, --null-values', 'an empty value is null')
    .option('-X, --property <key=value>', 'acks, linger.ms, batch.size, …; may be repeated', collectPairs)
    .option('-q, --quiet', 'no summary');
  clusterOptions(produce).action(async (topic: string | undefined, files: string[], flags: ProduceFlags) => {
    const name = flags.topic ?? topic;
    if (name === undefined) throw usage('name a topic: hapax produce TOPIC, or -t TOPIC');
    // With -t, what stands in the topic's place is a file.
    const sources = flags.topic !== undefined && topic !== undefined ? [topic, ...files] : files;
    await produceRecords(terminal, name, sources, flags);
  });
}

async function produceRecords(
  terminal: Terminal,
  topic: string,
  files: readonly string[],
  flags: ProduceFlags,
): Promise<void> {
  const keyDelimiter = flags.keyDelimiter ?? flags.K;
  const split: SplitOptions = {
    delimiter: unescape(flags.delimiter),
    keyDelimiter: keyDelimiter === undefined ? undefined : unescape(keyDelimiter),
    emptyIsNull: flags.nullValues === true,
  };
  if (split.delimiter === '' || split.keyDelimiter === '') throw usage('a delimiter must not be empty');
  const settings = {
    lingerMs: LINGER_MS,
    ...producerSettings(flags.property ?? {}),
    ...(flags.codec === undefined ? {} : { compression: flags.codec }),
  };
  if (terminal.input.isTTY && files.length === 0) note(terminal, `write to ${topic}, a record a line; Ctrl-D ends`);
  await withClient(terminal, flags, async (client) => {
    const startedAt = performance.now();
    const producer = client.producer(settings);
    const tally = new Tally();
    for await (const { key, value } of records(terminal, files, split)) {
      const { partition, header: headers } = flags;
      await tally.add(producer.send({ topic, partition, key, value, headers }));
      if (tally.failure !== undefined) break;
    }
    await producer.flush();
    await tally.settle();
    if (!flags.quiet) summarize(terminal, topic, tally, performance.now() - startedAt);
    if (tally.failure !== undefined) throw tally.failure;
  });
}

async function* records(terminal: Terminal, files: readonly string[], split: SplitOptions) {
  if (files.length === 0) return yield* inputRecords(terminal.input, split);
  for (const file of files) yield* inputRecords(createReadStream(file), split);
}

const PENDING_MAX = 10_000;

/** Counts outcomes, without keeping a promise for every record of an endless input. */
class Tally {
  delivered = 0;
  failed = 0;
  failure: Error | undefined;
  readonly partitions = new Map<number, number>();
  #pending = 0;
  #onLess: (() => void) | undefined;

  /** Takes a record's outcome in when it comes; waits while too many are open. */
  async add(sent: ReturnType<Producer['send']>): Promise<void> {
    this.#pending++;
    void sent.then(
      ({ partition }) => {
        this.delivered++;
        this.partitions.set(partition, (this.partitions.get(partition) ?? 0) + 1);
        this.#settleOne();
      },
      (error: unknown) => {
        this.failed++;
        this.failure ??= error instanceof Error ? error : new Error(String(error));
        this.#settleOne();
      },
    );
    while (this.#pending >= PENDING_MAX) await new Promise<void>((resolve) => (this.#onLess = resolve));
  }

  /** Resolves when every outcome is here. */
  async settle(): Promise<void> {
    while (this.#pending > 0) await new Promise<void>((resolve) => (this.#onLess = resolve));
  }

  #settleOne(): void {
    this.#pending--;
    this.#onLess?.();
    this.#onLess = undefined;
  }
}

function summarize(terminal: Terminal, topic: string, tally: Tally, durationMs: number): void {
  const colors = colorsFor(terminal, terminal.errors);
  const spread = [...tally.partitions]
    .sort(([a], [b]) => a - b)
    .map(([partition, count]) => `${partition}: ${groupDigits(count)}`);
  const places = spread.length === 0 ? '' : ` (partition ${spread.join(', ')})`;
  const what = `${groupDigits(tally.delivered)} ${tally.delivered === 1 ? 'record' : 'records'} in ${topic}${places}`;
  note(terminal, colors.dim(`${what}, ${formatDuration(durationMs)}`));
  if (tally.failed > 0) note(terminal, colors.red(`${groupDigits(tally.failed)} records failed`));
}
