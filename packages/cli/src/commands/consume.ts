/** `hapax consume`: records to standard output, in the spirit of kcat. */
import { once } from 'node:events';
import type { Admin, Consumer, HapaxClient, TopicPartition } from '@hapax/client';
import { consumerSettings } from '../client-properties.ts';
import type { CommandContext } from '../command-context.ts';
import { unescape } from '../escapes.ts';
import { usage } from '../exit-code.ts';
import { FORMAT_LETTERS, jsonFormat, parseRecordFormat, type RecordFormat } from '../record-format.ts';
import { parseStartOffset, spansOf, type StartOffset } from '../start-offsets.ts';
import type { Terminal } from '../terminal.ts';
import { placeOf } from '../views/topic-views.ts';
import { clusterOptions, collectPairs, parseWhole, withClient, type ClusterFlags } from '../with-cluster.ts';

interface ConsumeFlags extends ClusterFlags {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: StartOffset;
  readonly group?: string;
  readonly format?: string;
  readonly json?: true;
  readonly keyDelimiter?: string;
  readonly count?: number;
  readonly exit?: true;
  readonly property?: Readonly<Record<string, string>>;
}

/** Registers `hapax consume`. */
export function addConsumeCommand({ program, terminal }: CommandContext): void {
  const consume = program
    .command('consume')
    .summary('read records, one a line')
    .description('Reads records of a topic and prints them, until Ctrl-C, -c or -e.')
    .argument('[topic]', 'what to read (or -t)')
    .option('-t, --topic <topic>', 'what to read')
    .option('-p, --partition <number>', 'one partition; default: all', parseWhole('-p', 0, 1_000_000))
    .option(
      '-o, --offset <where>',
      'beginning (default), end, 42, -10 (the last ten), s@MILLISECONDS, 1h-ago; with -g: where nothing is committed',
      (text) => parseStartOffset(text, Date.now()),
    )
    .option('-g, --group <name>', 'as a member of this group, which remembers what was read')
    .option('-f, --format <format>', `how to print: ${FORMAT_LETTERS}`)
    .option('-J, --json', 'one JSON object a line')
    .option('-k, --key-delimiter <text>', 'print key, this, value')
    .option('-c, --count <records>', 'end after so many', parseWhole('-c', 1))
    .option('-e, --exit', 'end when all that was there at the start is read')
    .option('-X, --property <key=value>', 'session.timeout.ms, fetch.min.bytes, …; may be repeated', collectPairs);
  clusterOptions(consume).action(async (topic: string | undefined, flags: ConsumeFlags) => {
    const name = flags.topic ?? topic;
    if (name === undefined) throw usage('name a topic: hapax consume TOPIC, or -t TOPIC');
    if (flags.group !== undefined && flags.partition !== undefined)
      throw usage('-g shares out partitions itself: leave -p out');
    await withClient(terminal, flags, (client) => consumeRecords(terminal, client, name, flags));
  });
}

async function consumeRecords(
  terminal: Terminal,
  client: HapaxClient,
  topic: string,
  flags: ConsumeFlags,
): Promise<void> {
  const format = formatOf(flags);
  const admin = client.admin({ timeoutMs: flags.timeout });
  const consumer = await openConsumer(client, admin, topic, flags);
  // Whoever closes first, all wait for the same close: it commits, and leaves the group.
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= consumer.close());
  const stopListening = terminal.onInterrupt(() => void close());
  const stopWatching = flags.exit ? await watchEnd(admin, consumer, topic, () => void close()) : undefined;
  let left = flags.count ?? Number.POSITIVE_INFINITY;
  try {
    for await (const record of consumer) {
      if (!terminal.output.write(format(record))) await once(terminal.output, 'drain');
      left--;
      if (left <= 0) {
        consumer.processed(record);
        break;
      }
    }
  } finally {
    stopWatching?.();
    stopListening();
    await close();
  }
}

function formatOf(flags: ConsumeFlags): RecordFormat {
  if (flags.json) return jsonFormat;
  if (flags.format !== undefined) return parseRecordFormat(flags.format);
  if (flags.keyDelimiter === undefined) return parseRecordFormat('%s\n');
  return parseRecordFormat(`%k${unescape(flags.keyDelimiter).replaceAll('%', '%%').replaceAll('\\', '\\\\')}%s\n`);
}

/** A consumer that reads: as a member of a group, or all partitions on its own. */
async function openConsumer(client: HapaxClient, admin: Admin, topic: string, flags: ConsumeFlags): Promise<Consumer> {
  const properties = consumerSettings(flags.property ?? {});
  const partitions = await partitionsOf(admin, topic, flags.partition);
  if (flags.group !== undefined) {
    const kind = flags.offset?.kind ?? 'beginning';
    if (kind !== 'beginning' && kind !== 'end' && kind !== 'stored') {
      throw usage('-o with -g is beginning or end; `hapax group reset-offsets` moves a group');
    }
    const offsetReset = kind === 'end' ? 'latest' : 'earliest';
    const consumer = client.consumer({ offsetReset, ...properties, groupId: flags.group });
    consumer.subscribe([topic]);
    return consumer;
  }
  if (flags.offset?.kind === 'stored') throw usage('-o stored needs a group: add -g NAME');
  const consumer = client.consumer({ offsetReset: 'earliest', ...properties });
  consumer.assign(await spansOf(admin, partitions, flags.offset ?? { kind: 'beginning' }));
  return consumer;
}

async function partitionsOf(admin: Admin, topic: string, only: number | undefined): Promise<TopicPartition[]> {
  const [described] = await admin.describeTopics([topic]);
  const all = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  if (only === undefined) return all;
  const chosen = all.filter(({ partition }) => partition === only);
  if (chosen.length === 0) throw usage(`topic ${topic} has partitions 0 to ${all.length - 1}, not ${only}`);
  return chosen;
}

const END_POLL_MS = 50;

/** Calls back once every partition that the consumer has is read as far as its log went at the start. */
async function watchEnd(admin: Admin, consumer: Consumer, topic: string, onEnd: () => void): Promise<() => void> {
  const partitions = await partitionsOf(admin, topic, undefined);
  const spans = await spansOf(admin, partitions, { kind: 'end' });
  const ends = new Map(spans.map((one) => [placeOf(one.topic, one.partition), one.logEnd]));
  const timer = setInterval(() => {
    const assigned = consumer.assignment();
    const isAtEnd = assigned.every((one) => {
      const position = consumer.position(one);
      return position !== undefined && position >= (ends.get(placeOf(one.topic, one.partition)) ?? 0);
    });
    if (assigned.length > 0 && isAtEnd) onEnd();
  }, END_POLL_MS);
  return () => clearInterval(timer);
}
