/** A cluster as tables and as values. */
import type { ClusterDescription, TopicMetadata } from '@hapax/client';
import type { Health } from '../cluster-health.ts';
import type { Result } from '../output.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** One line a broker. */
export function clusterView(cluster: ClusterDescription, topics: readonly TopicMetadata[]): Result {
  const partitions = topics.flatMap((topic) => topic.partitions);
  const brokers = cluster.brokers
    .map(({ nodeId, host, port, rack }) => ({
      nodeId,
      host,
      port,
      rack,
      isController: nodeId === cluster.controllerId,
      leads: partitions.filter(({ leaderId }) => leaderId === nodeId).length,
      replicas: partitions.filter(({ replicas }) => replicas.includes(nodeId)).length,
      outOfSync: partitions.filter((one) => one.replicas.includes(nodeId) && !one.inSyncReplicas.includes(nodeId))
        .length,
    }))
    .sort((a, b) => a.nodeId - b.nodeId);
  const value = { clusterId: cluster.clusterId, controllerId: cluster.controllerId, brokers };
  const rows = brokers.map((one) => [
    one.nodeId,
    `${one.host}:${one.port}`,
    one.rack ?? '-',
    one.isController ? 'controller' : '',
    one.leads,
    one.replicas,
    one.outOfSync,
  ]);
  const headings = ['broker', 'address', 'rack', '', 'leads', 'replicas', 'out of sync'];
  return { value, tables: [{ title: `cluster ${cluster.clusterId}`, headings, rows }] };
}

/** The verdict, and every problem in a line. */
export function healthView(terminal: Terminal, health: Health): Result {
  const colors = colorsFor(terminal, terminal.output);
  const verdict = health.healthy ? colors.green('✓ healthy') : colors.red('✗ not healthy');
  const controller = health.controllerId < 0 ? 'none' : health.controllerId;
  const rows = [
    ['brokers', health.brokers],
    ['controller', controller],
    ['topics', health.topics],
    ['partitions', health.partitions],
    ['without leader', health.withoutLeader.length],
    ['under-replicated', health.underReplicated.length],
  ];
  const problems = health.problems.map((problem) => `  ${colors.yellow('!')} ${problem}`).join('\n');
  const title = problems === '' ? verdict : `${verdict}\n${problems}`;
  return { value: health, tables: [{ title, headings: ['what', 'number'], rows }] };
}
