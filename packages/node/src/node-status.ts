/** What a node says about itself to the inspection service. */
import type { Broker, BrokerOptions } from '@hapax/broker';
import type { NodeStatus } from '@hapax/rpc';
import { VERSION } from './version.ts';

/** The status of a running broker. */
export function nodeStatus(broker: Broker, { nodeId, clusterId, roles }: BrokerOptions): NodeStatus {
  const { raft, partitions } = broker.services;
  const { role, term, leaderId, commitIndex, appliedIndex, lastIndex } = raft.status();
  return {
    nodeId,
    clusterId,
    version: VERSION,
    roles,
    ready: broker.isReady,
    raft: { role, term, leaderId, commitIndex, appliedIndex, lastIndex },
    partitions: [...partitions.all()].map(({ topic, index, image, replica, log }) => ({
      topic,
      partition: index,
      role: replica.role,
      leaderId: image.leader,
      leaderEpoch: image.leaderEpoch,
      isr: image.isr,
      replicas: image.replicas,
      logStartOffset: log.startOffset,
      logEndOffset: log.endOffset,
      highWatermark: replica.highWatermark,
    })),
  };
}
