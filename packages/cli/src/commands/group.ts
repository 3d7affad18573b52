/** `hapax group …`: groups listed, described with their lag, moved to other offsets and deleted. */
import type { TopicPartition } from '@hapax/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { usage } from '../exit-code.ts';
import { parseResetTarget, planReset, type ResetTarget } from '../offset-reset.ts';
import { printResult } from '../output.ts';
import { chosenPartitions } from '../partition-choice.ts';
import { note, type Terminal } from '../terminal.ts';
import { groupListView, groupView, resetView } from '../views/group-views.ts';
import {
  clusterOptions,
  collect,
  outputOption,
  withClient,
  type ClusterFlags,
  type OutputFlags,
} from '../with-cluster.ts';

/** Registers `hapax group`. */
export function addGroupCommand({ program, terminal }: CommandContext): void {
  const group = program.command('group').description('Consumer groups: list, describe, reset-offsets, delete.');
  addList(group, terminal);
  addDescribe(group, terminal);
  addReset(group, terminal);
  addDelete(group, terminal);
}

function addList(group: Command, terminal: Terminal): void {
  const list = group
    .command('list')
    .alias('ls')
    .description('All groups.')
    .option('--state <state>', 'only those: Stable, Empty, PreparingRebalance, …; may be repeated', collect);
  outputOption(clusterOptions(list)).action(async (flags: ClusterFlags & OutputFlags & { state?: string[] }) => {
    const groups = await withClient(terminal, flags, (client) =>
      client.admin({ timeoutMs: flags.timeout }).listGroups(flags.state ?? []),
    );
    printResult(terminal, flags.output, groupListView([...groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))));
  });
}

function addDescribe(group: Command, terminal: Terminal): void {
  const describe = group
    .command('describe')
    .description('Members of groups with their partitions, committed offsets and lag.')
    .argument('<names...>', 'groups');
  outputOption(clusterOptions(describe)).action(async (names: string[], flags: ClusterFlags & OutputFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const groups = await Promise.all(
        names.map(async (name) => {
          const [description, committed] = await Promise.all([admin.describeGroup(name), admin.committedOffsets(name)]);
          const assigned = description.members.flatMap(({ assignment }) => assignment);
          const ends = await admin.listOffsets(
            distinct([...committed, ...assigned]).map((one) => ({ ...one, at: 'latest' })),
          );
          return { description, committed, ends };
        }),
      );
      printResult(terminal, flags.output, groupView(groups));
    });
  });
}

interface ResetFlags extends ClusterFlags, OutputFlags {
  readonly topic?: readonly string[];
  readonly to: ResetTarget;
  readonly dryRun?: true;
  readonly yes?: true;
}

function addReset(group: Command, terminal: Terminal): void {
  const reset = group
    .command('reset-offsets')
    .description('Moves the committed offsets of a group that has no members.')
    .argument('<name>', 'the group')
    .requiredOption(
      '--to <where>',
      'earliest, latest, an offset (42), a shift (+10, -10) or a time (2026-01-31T12:00:00Z, 1h-ago)',
      (text) => parseResetTarget(text, Date.now()),
    )
    .option('--topic <topic[:0,1]>', 'only these partitions; default: all it has committed; may be repeated', collect)
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask');
  outputOption(clusterOptions(reset)).action(async (name: string, flags: ResetFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const committed = await admin.committedOffsets(name);
      const partitions = flags.topic === undefined ? committed : await chosenPartitions(admin, flags.topic);
      if (partitions.length === 0) throw usage(`group ${name} has committed nothing: name topics with --topic`);
      const plan = await planReset(admin, distinct(partitions), committed, flags.to);
      printResult(terminal, flags.output, resetView(name, plan));
      if (flags.dryRun) return note(terminal, 'dry run: nothing was changed');
      if (!flags.yes) await confirm(terminal, `move ${plan.length} offsets of group ${name}?`);
      await admin.alterGroupOffsets(
        name,
        plan.map((move) => ({ ...move, offset: move.to })),
      );
      note(terminal, `${plan.length} offsets of group ${name} moved`);
    });
  });
}

function addDelete(group: Command, terminal: Terminal): void {
  const remove = group
    .command('delete')
    .alias('rm')
    .description('Deletes groups without members, with their offsets.')
    .argument('<names...>', 'groups')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only show what would be deleted');
  clusterOptions(remove).action(async (names: string[], flags: ClusterFlags & { yes?: true; dryRun?: true }) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const groups = await Promise.all(names.map((name) => admin.describeGroup(name)));
      const shown = groups.map((one) => `${one.groupId} (${one.state}, ${one.members.length} members)`).join(', ');
      if (flags.dryRun) return note(terminal, `would be deleted: ${shown}`);
      if (!flags.yes) await confirm(terminal, `delete ${shown} with all offsets?`);
      for (const name of names) await admin.deleteGroup(name);
      note(terminal, `deleted: ${names.join(', ')}`);
    });
  });
}

function distinct(partitions: readonly TopicPartition[]): TopicPartition[] {
  const byPlace = new Map(partitions.map(({ topic, partition }) => [`${topic}-${partition}`, { topic, partition }]));
  return [...byPlace.values()].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
}
