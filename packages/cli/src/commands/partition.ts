/** `hapax partition …`: how far partitions are, and what blocks their readers. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { askNodes, peersOption, type NodeStatus, type PeerFlags } from '../inspect-nodes.ts';
import { printResult } from '../output.ts';
import { chosenPartitions } from '../partition-choice.ts';
import { examinePartitions } from '../partition-facts.ts';
import { note, type Terminal } from '../terminal.ts';
import { longestTimeout } from '../transaction-timeout.ts';
import { partitionView } from '../views/partition-views.ts';
import { clusterOptions, outputOption, withClient, type ClusterFlags, type OutputFlags } from '../with-cluster.ts';

/** Registers `hapax partition`. */
export function addPartitionCommand({ program, terminal }: CommandContext): void {
  const partition = program.command('partition').description('Partitions from within: describe.');
  addDescribe(partition, terminal);
}

function addDescribe(partition: Command, terminal: Terminal): void {
  const describe = partition
    .command('describe')
    .description('Log end, high watermark, last stable offset of every replica, and which transaction blocks readers.')
    .argument('<topic[:0,1]...>', 'topics, or some of their partitions');
  outputOption(peersOption(clusterOptions(describe))).action(
    async (names: string[], flags: ClusterFlags & OutputFlags & PeerFlags) => {
      await withClient(terminal, flags, async (client) => {
        const admin = client.admin({ timeoutMs: flags.timeout });
        const partitions = await chosenPartitions(admin, names);
        const statuses = await askNodes(terminal, admin, flags, (node, options) => node.status(options)).catch(
          (error: unknown): NodeStatus[] => {
            note(terminal, `without log ends: ${error instanceof Error ? error.message : String(error)}`);
            return [];
          },
        );
        const limits = { nowMs: Date.now(), olderThanMs: await longestTimeout(admin) };
        const facts = await examinePartitions(admin, partitions, statuses, limits);
        printResult(terminal, flags.output, partitionView(facts, limits.nowMs));
      });
    },
  );
}
