/** `hapax topic …`: topics listed, made, described, changed and deleted. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { usage } from '../exit-code.ts';
import { printResult } from '../output.ts';
import { note, type Terminal } from '../terminal.ts';
import { confirm } from '../confirm.ts';
import { configsView, topicListView, topicView } from '../views/topic-views.ts';
import { waitForTopic, waitUntilGone } from '../wait-for-topic.ts';
import {
  clusterOptions,
  collect,
  collectPairs,
  outputOption,
  parseWhole,
  withClient,
  type ClusterFlags,
  type OutputFlags,
} from '../with-cluster.ts';

/** Registers `hapax topic`. */
export function addTopicCommand({ program, terminal }: CommandContext): void {
  const topic = program.command('topic').description('Topics: list, create, describe, alter, partitions, delete.');
  addList(topic, terminal);
  addDescribe(topic, terminal);
  addCreate(topic, terminal);
  addAlter(topic, terminal);
  addPartitions(topic, terminal);
  addDelete(topic, terminal);
}

function addList(topic: Command, terminal: Terminal): void {
  const list = topic.command('list').alias('ls').description('All topics.').option('--internal', 'internal topics too');
  outputOption(clusterOptions(list)).action(async (flags: ClusterFlags & OutputFlags & { internal?: true }) => {
    const topics = await withClient(terminal, flags, (client) =>
      client.admin({ timeoutMs: flags.timeout }).listTopics(),
    );
    const shown = topics.filter((one) => flags.internal || !one.isInternal);
    printResult(terminal, flags.output, topicListView(shown.sort((a, b) => (a.topic < b.topic ? -1 : 1))));
  });
}

function addDescribe(topic: Command, terminal: Terminal): void {
  const describe = topic
    .command('describe')
    .description('Partitions of topics with leader, replicas, in-sync replicas and offsets.')
    .argument('<names...>', 'topics')
    .option('--configs', 'settings instead of partitions');
  outputOption(clusterOptions(describe)).action(
    async (names: string[], flags: ClusterFlags & OutputFlags & { configs?: true }) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        const topics = await admin.describeTopics(names);
        if (flags.configs) {
          const all = await Promise.all(names.map((name) => admin.describeConfigs({ type: 'topic', name })));
          printResult(terminal, flags.output, configsView(all));
          return;
        }
        // A partition without a leader has no offsets to tell, but all the more to be shown.
        const led = topics.flatMap(({ topic: name, partitions }) =>
          partitions.filter(({ leaderId }) => leaderId >= 0).map(({ partition }) => ({ topic: name, partition })),
        );
        const [starts, ends] = await Promise.all([
          admin.listOffsets(led.map((one) => ({ ...one, at: 'earliest' as const }))),
          admin.listOffsets(led.map((one) => ({ ...one, at: 'latest' as const }))),
        ]);
        printResult(terminal, flags.output, topicView(topics, starts, ends));
      });
    },
  );
}

interface CreateFlags extends ClusterFlags {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
  readonly ifNotExists?: true;
  readonly dryRun?: true;
  readonly wait?: true;
}

function addCreate(topic: Command, terminal: Terminal): void {
  const create = topic
    .command('create')
    .description('Makes a topic.')
    .argument('<name>', 'its name')
    .option('-p, --partitions <number>', "how many; default: the cluster's", parseWhole('--partitions', 1, 100_000))
    .option(
      '-r, --replication-factor <number>',
      "copies; default: the cluster's",
      parseWhole('--replication-factor', 1, 100),
    )
    .option('-c, --config <key=value>', 'a setting, such as retention.ms=3600000; may be repeated', collectPairs)
    .option('--if-not-exists', 'content with a topic that is there already')
    .option('--dry-run', 'only check whether it could be made')
    .option('--wait', 'until all partitions have a leader and all their replicas');
  clusterOptions(create).action(async (name: string, flags: CreateFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      if (flags.ifNotExists && (await admin.listTopics()).some((one) => one.topic === name)) {
        note(terminal, `topic ${name} is there already`);
        return;
      }
      const { partitions, replicationFactor, config: configs } = flags;
      const wanted = { topic: name, partitions, replicationFactor, configs };
      const [made] = await admin.createTopics([wanted], { validateOnly: flags.dryRun === true });
      const size =
        made === undefined || made.partitions < 1
          ? ''
          : `: ${count(made.partitions, 'partition')}, ` + `replication factor ${made.replicationFactor}`;
      note(terminal, flags.dryRun ? `topic ${name} could be made${size}` : `topic ${name} was made${size}`);
      if (flags.wait && !flags.dryRun) await waitForTopic(terminal, admin, name, flags.timeout);
    });
  });
}

function addAlter(topic: Command, terminal: Terminal): void {
  const alter = topic
    .command('alter')
    .description('Changes settings of a topic, all or none.')
    .argument('<name>', 'the topic')
    .option('-s, --set <key=value>', 'a setting; may be repeated', collectPairs)
    .option('-u, --unset <key>', 'back to the default; may be repeated', collect)
    .option('--dry-run', 'only check whether it could be done');
  clusterOptions(alter).action(
    async (name: string, flags: ClusterFlags & { set?: Record<string, string>; unset?: string[]; dryRun?: true }) => {
      const changes = [
        ...Object.entries(flags.set ?? {}).map(([key, value]) => ({ name: key, operation: 'set' as const, value })),
        ...(flags.unset ?? []).map((key) => ({ name: key, operation: 'delete' as const })),
      ];
      if (changes.length === 0) throw usage('nothing to change: use --set key=value or --unset key');
      await withClient(terminal, flags, (client) =>
        client
          .admin({ timeoutMs: flags.timeout })
          .alterConfigs({ type: 'topic', name }, changes, { validateOnly: flags.dryRun === true }),
      );
      const done = flags.dryRun ? 'could be changed' : 'changed';
      note(terminal, `${count(changes.length, 'setting')} of ${name} ${done}`);
    },
  );
}

function addPartitions(topic: Command, terminal: Terminal): void {
  const partitions = topic
    .command('partitions')
    .description('Enlarges a topic. Records with a key may go to other partitions than before.')
    .argument('<name>', 'the topic')
    .argument('<total>', 'how many partitions it shall have', parseWhole('<total>', 1, 100_000))
    .option('--dry-run', 'only check whether it could be done')
    .option('--wait', 'until all partitions have a leader and all their replicas');
  clusterOptions(partitions).action(
    async (name: string, total: number, flags: ClusterFlags & { dryRun?: true; wait?: true }) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        await admin.createPartitions([{ topic: name, totalPartitions: total }], {
          validateOnly: flags.dryRun === true,
        });
        note(terminal, `topic ${name} ${flags.dryRun ? 'could have' : 'has'} ${count(total, 'partition')}`);
        if (flags.wait && !flags.dryRun) await waitForTopic(terminal, admin, name, flags.timeout);
      });
    },
  );
}

function addDelete(topic: Command, terminal: Terminal): void {
  const remove = topic
    .command('delete')
    .alias('rm')
    .description('Deletes topics with all their records.')
    .argument('<names...>', 'topics')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only show what would be deleted')
    .option('--wait', 'until they are gone');
  clusterOptions(remove).action(
    async (names: string[], flags: ClusterFlags & { yes?: true; dryRun?: true; wait?: true }) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        const topics = await admin.describeTopics(names);
        const shown = topics.map((one) => `${one.topic} (${count(one.partitions.length, 'partition')})`).join(', ');
        if (flags.dryRun) return note(terminal, `would be deleted: ${shown}`);
        if (!flags.yes) await confirm(terminal, `delete ${shown} with all records?`);
        await admin.deleteTopics(names);
        note(terminal, `deleted: ${names.join(', ')}`);
        if (flags.wait) await waitUntilGone(terminal, admin, names, flags.timeout);
      });
    },
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
