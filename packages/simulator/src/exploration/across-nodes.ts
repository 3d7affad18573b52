/** Conditions that no node can see alone: what several of them believe at one time. */
import { reachable, sometimes } from '@hapax/base';
import type { SimNode } from '../sim-node.ts';

/** Looks at what all nodes believe now. */
export function lookAcrossNodes(nodes: readonly SimNode[]): void {
  const running = nodes.flatMap(({ broker }) => (broker?.isReady === true ? [broker.services] : []));
  const controllers = running.filter(({ raft }) => raft.status().role === 'leader').length;
  sometimes(controllers > 1, 'raft: two nodes believe that they lead');
  const leaders = new Set<string>();
  for (const { partitions } of running) {
    for (const { topic, index, replica } of partitions.all()) {
      if (!replica.isLeader) continue;
      const name = `${topic}-${index}`;
      if (leaders.has(name)) tellOf(topic);
      leaders.add(name);
    }
  }
}

function tellOf(topic: string): void {
  reachable('replica: two nodes believe that they lead a partition');
  if (topic === '__transaction_state') reachable('txn: two nodes coordinate one transactional id');
  if (topic === '__consumer_offsets') reachable('group: two nodes coordinate one group');
}
