/** `hapax cluster …`: its brokers, and whether it is well. */
import type { Command } from 'commander';
import { examineHealth, type Health } from '../cluster-health.ts';
import type { CommandContext, Ending } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { printResult } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { clusterView, healthView } from '../views/cluster-views.ts';
import { waitFor } from '../wait-for.ts';
import {
  clusterOptions,
  outputOption,
  parseWhole,
  withClient,
  type ClusterFlags,
  type OutputFlags,
} from '../with-cluster.ts';

/** Registers `hapax cluster`. */
export function addClusterCommand({ program, terminal, ending }: CommandContext): void {
  const cluster = program.command('cluster').description('The cluster as a whole: describe, health.');
  addDescribe(cluster, terminal);
  addHealth(cluster, terminal, ending);
}

function addDescribe(cluster: Command, terminal: Terminal): void {
  const describe = cluster.command('describe').description('Brokers, controller, and how many partitions each leads.');
  outputOption(clusterOptions(describe)).action(async (flags: ClusterFlags & OutputFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const [description, topics] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
      printResult(terminal, flags.output, clusterView(description, topics));
    });
  });
}

interface HealthFlags extends ClusterFlags, OutputFlags {
  readonly brokers?: number;
  readonly wait?: true;
}

function addHealth(cluster: Command, terminal: Terminal, ending: Ending): void {
  const health = cluster
    .command('health')
    .description('Whether every partition has a leader and all its replicas. Exit code 3 where not.')
    .option('--brokers <number>', 'how many brokers there must be', parseWhole('--brokers', 1, 1000), 1)
    .option('--wait', 'until all is well, for --timeout at most');
  outputOption(clusterOptions(health)).action(async (flags: HealthFlags) => {
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      let found: Health = await examineHealth(admin, flags.brokers ?? 1);
      if (flags.wait) {
        await waitFor(terminal, 'waiting for health', flags.timeout, async () => {
          found = await examineHealth(admin, flags.brokers ?? 1);
          return { done: found.healthy ? 1 : 0, total: 1, detail: found.problems[0] ?? '' };
        });
      }
      printResult(terminal, flags.output, healthView(terminal, found));
      if (!found.healthy) ending.code = ExitCode.notReady;
    });
  });
}
