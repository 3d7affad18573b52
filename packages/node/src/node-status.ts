/** What a node says about itself to the inspection service. */
import type { Broker, BrokerOptions } from '@hapax/broker';
import type { NodeStatus, OpenTransaction } from '@hapax/rpc';
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
    partitions: [...partitions.all()].map((partition) => statusOf(partition)),
  };
}

type Partition = ReturnType<Broker['services']['partitions']['all']> extends Iterable<infer One> ? One : never;

function statusOf(partition: Partition): NodeStatus['partitions'][number] {
  const { topic, index, image, replica, log } = partition;
  return {
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
    lastStableOffset: replica.lastStableOffset,
    holder: holderOf(partition),
  };
}

/** The open transaction that holds the last stable offset back. */
function holderOf({ replica, log }: Partition): OpenTransaction | undefined {
  const { lastStableOffset, highWatermark } = replica;
  if (lastStableOffset >= highWatermark) return undefined;
  const open = log.producers.activeProducers().find((one) => one.currentTxnFirstOffset === lastStableOffset);
  if (open === undefined) return undefined;
  const { producerId, producerEpoch, currentTxnFirstOffset, lastTimestampMs } = open;
  return { producerId, producerEpoch, firstOffset: currentTxnFirstOffset, lastTimestampMs };
}
