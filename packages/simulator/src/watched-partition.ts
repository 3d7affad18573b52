/** A replica in a process that runs, as invariants look at it: every look shows it as it is then. */
import type { Broker } from '@hapax/broker';
import type { WatchedReplica } from './invariants/in-sync.ts';
import type { SimNode } from './sim-node.ts';
import { storedLog } from './stored-logs.ts';

/** A partition as a broker keeps it. */
export type Partition = NonNullable<ReturnType<Broker['services']['partitions']['find']>>;

/** The replica of a partition in the process of a node. */
export function watched(node: SimNode, broker: Broker, partition: Partition): WatchedReplica {
  const { replica } = partition;
  return {
    node: node.id,
    life: node.life,
    topicId: partition.topicId,
    topic: partition.topic,
    partition: partition.index,
    get isLeader() {
      return replica.isLeader;
    },
    get isUnderMinIsr() {
      return replica.isUnderMinIsr;
    },
    get leaderEpoch() {
      return replica.leaderEpoch;
    },
    get highWatermark() {
      return replica.highWatermark;
    },
    get lastStableOffset() {
      return replica.lastStableOffset;
    },
    get minInsyncReplicas() {
      const { image } = broker.services.metadata;
      const replicas = image.partition(partition.topicId, partition.index)?.replicas.length ?? 1;
      return image.minInsyncReplicas(partition.topic, replicas);
    },
    log: storedLog(node, partition.log),
    followers: () => replica.followers(),
    activeProducers: () => partition.log.producers.activeProducers(),
  };
}
