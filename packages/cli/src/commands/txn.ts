/** `hapax txn …`: transactions listed, described, followed through time, and found where they hang. */
import { AppError, ErrorCode, errorName } from '@hapax/base';
import type { TopicPartition } from '@hapax/client';
import type { Command } from 'commander';
import type { CommandContext, Ending } from '../command-context.ts';
import { ExitCode, usage } from '../exit-code.ts';
import { askNodes, peersOption, type PeerFlags } from '../inspect-nodes.ts';
import { judgePartitions, type JudgedTransaction } from '../open-transactions.ts';
import { printResult } from '../output.ts';
import { chosenPartitions } from '../partition-choice.ts';
import { note, type Terminal } from '../terminal.ts';
import { longestTimeout } from '../transaction-timeout.ts';
import { fencesView, judgedView, timelineView, txnListView, txnView } from '../views/txn-views.ts';
import {
  clusterOptions,
  collect,
  outputOption,
  parseDuration,
  parseWhole,
  withClient,
  type ClusterFlags,
  type OutputFlags,
} from '../with-cluster.ts';
import { addTxnAbort } from './txn-abort.ts';

/** Registers `hapax txn`. */
export function addTxnCommand({ program, terminal, ending }: CommandContext): void {
  const txn = program
    .command('txn')
    .description('Transactions: list, describe, timeline, fences, find-hanging, abort.');
  addList(txn, terminal);
  addDescribe(txn, terminal);
  addTimeline(txn, terminal);
  addFences(txn, terminal);
  addFindHanging(txn, terminal, ending);
  addTxnAbort(txn, terminal);
}

interface ListFlags extends ClusterFlags, OutputFlags {
  readonly state?: readonly string[];
  readonly producerId?: readonly number[];
  readonly minDuration?: number;
  readonly pattern?: string;
}

const STATES = [
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'PrepareEpochFence', 'Dead',
];

function addList(txn: Command, terminal: Terminal): void {
  const list = txn
    .command('list')
    .alias('ls')
    .description('Transactional ids of all coordinators, with their states.')
    .option('--state <state>', 'only those in a state: Ongoing, PrepareCommit, …; may be repeated', collectState)
    .option('--producer-id <number>', 'only those of a producer id; may be repeated', collectNumber)
    .option('--min-duration <time>', 'only those open for at least so long: 30s, 5m', parseDuration)
    .option('--pattern <regex>', 'only ids that a regular expression (RE2) matches as a whole');
  outputOption(clusterOptions(list)).action(async (flags: ListFlags) => {
    const listings = await withClient(terminal, flags, (client) =>
      client.admin({ timeoutMs: flags.timeout }).listTransactions({
        states: flags.state ?? [],
        producerIds: flags.producerId ?? [],
        ...(flags.minDuration === undefined ? {} : { minDurationMs: flags.minDuration }),
        ...(flags.pattern === undefined ? {} : { transactionalIdPattern: flags.pattern }),
      }),
    );
    const sorted = listings.toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
    printResult(terminal, flags.output, txnListView(sorted));
  });
}

function addDescribe(txn: Command, terminal: Terminal): void {
  const describe = txn
    .command('describe')
    .description('State, producer, age and partitions of transactions.')
    .argument('<ids...>', 'transactional ids');
  outputOption(clusterOptions(describe)).action(async (ids: string[], flags: ClusterFlags & OutputFlags) => {
    const found = await withClient(terminal, flags, (client) =>
      client.admin({ timeoutMs: flags.timeout }).describeTransactions(ids),
    );
    printResult(terminal, flags.output, txnView(found, Date.now()));
  });
}

function addTimeline(txn: Command, terminal: Terminal): void {
  const timeline = txn
    .command('timeline')
    .description('What happened to a transactional id: every change of state, when, and by whom.')
    .argument('<id>', 'a transactional id');
  outputOption(peersOption(clusterOptions(timeline))).action(
    async (id: string, flags: ClusterFlags & OutputFlags & PeerFlags) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        const timelines = await askNodes(terminal, admin, flags, (node, options) => node.timeline(id, options));
        const own = timelines.find(({ error }) => error === ErrorCode.NONE);
        if (own === undefined) throw noCoordinator(id, timelines.map(({ error }) => errorName(error)));
        printResult(terminal, flags.output, timelineView(id, own.entries));
      });
    },
  );
}

function noCoordinator(id: string, answers: readonly string[]): AppError {
  const message =
    `none of the nodes that answer has the coordinator of ${id} (${answers.join(', ')}): ` +
    '`hapax partition describe __transaction_state` shows which have leaders';
  return new AppError('not-ready', message, { retriable: true, definite: true });
}

function addFences(txn: Command, terminal: Terminal): void {
  const fences = txn
    .command('fences')
    .description('Who was shut out by whom: the last fencings that the coordinators remember.')
    .option('--id <transactional-id>', 'only those of an id; may be repeated', collect);
  outputOption(peersOption(clusterOptions(fences))).action(
    async (flags: ClusterFlags & OutputFlags & PeerFlags & { id?: string[] }) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        const nodes = await askNodes(terminal, admin, flags, (node, options) => node.coordinators(options));
        const found = nodes
          .flatMap((node) => node.fences)
          .filter(({ transactionalId }) => flags.id?.includes(transactionalId) ?? true)
          .toSorted((a, b) => a.wallMs - b.wallMs);
        printResult(terminal, flags.output, fencesView(found));
      });
    },
  );
}

interface FindFlags extends ClusterFlags, OutputFlags {
  readonly topic?: readonly string[];
  readonly olderThan?: number;
}

function addFindHanging(txn: Command, terminal: Terminal, ending: Ending): void {
  const find = txn
    .command('find-hanging')
    .description(
      'Transactions that are open in partitions and that no coordinator will end, or has failed to end in time. ' +
        'Exit code 4 where there are any.',
    )
    .option('--topic <topic[:0,1]>', 'only in these partitions; default: in all; may be repeated', collect)
    .option('--older-than <time>', 'late after so long (default: transaction.max.timeout.ms)', parseDuration);
  outputOption(clusterOptions(find)).action(async (flags: FindFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const topics = await admin.listTopics();
      const all = topics.flatMap(({ topic, partitions }) => partitions.map((one) => ({ ...one, topic })));
      const chosen = flags.topic === undefined ? all : await chosenPartitions(admin, flags.topic);
      const absent = all.filter((one) => one.leaderId < 0 && chosen.some((other) => isSame(one, other)));
      if (absent.length > 0)
        note(terminal, `left out, for they have no leader: ${absent.map(nameOf).join(', ')}`);
      const searched = chosen.filter((one) => !absent.some((other) => isSame(one, other)));
      const limits = { nowMs: Date.now(), olderThanMs: flags.olderThan ?? (await longestTimeout(admin)) };
      const judged = await judgePartitions(admin, topics, searched, limits);
      const found = judged.filter(({ verdict }) => verdict !== 'open');
      printResult(terminal, flags.output, judgedView(found, limits.nowMs, searched.length));
      for (const line of new Set(found.map(adviceOn))) note(terminal, `next: ${line}`);
      if (found.length > 0) ending.code = ExitCode.verdictFailed;
    });
  });
}

/** What to do about a transaction that will not end by itself. */
function adviceOn({ verdict, topic, partition, startOffset, transactionalId, state }: JudgedTransaction): string {
  if (verdict === 'hanging')
    return `hapax txn abort --topic ${topic} --partition ${partition} --start-offset ${startOffset}`;
  if (state?.startsWith('Prepare') === true)
    return `${transactionalId} is decided, and its markers cannot be written: hapax cluster health`;
  return `hapax txn abort ${transactionalId}`;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

function collectState(text: string, previous: readonly string[] = []): string[] {
  const state = STATES.find((one) => one.toLowerCase() === text.toLowerCase());
  if (state === undefined) throw usage(`--state is "${text}": choose one of ${STATES.join(', ')}`);
  return [...previous, state];
}

function collectNumber(text: string, previous: readonly number[] = []): number[] {
  return [...previous, parseWhole('--producer-id', 0)(text)];
}
