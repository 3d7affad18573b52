/** A replica in a process that runs, as the checkers see it. */
import type { LeaderEpoch, NodeId, Offset, Uuid } from '@hapax/base';
import type { Broker } from '@hapax/broker';
import type { ActiveProducer } from '@hapax/replica';
import type { WatchedFollower, WatchedLog, WatchedReplica } from './invariants/in-sync.ts';
import type { SimNode } from './sim-node.ts';
import { storedLog } from './stored-logs.ts';

/** A partition as a broker keeps it. */
export type Partition = NonNullable<ReturnType<Broker['services']['partitions']['find']>>;

/** What is asked for is as it is at that moment. */
export class RunningReplica implements WatchedReplica {
  readonly node: NodeId;
  readonly life: number;
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly log: WatchedLog;
  private readonly broker: Broker;
  private readonly own: Partition;

  constructor(node: SimNode, broker: Broker, partition: Partition) {
    this.node = node.id;
    this.life = node.life;
    this.topicId = partition.topicId;
    this.topic = partition.topic;
    this.partition = partition.index;
    this.log = storedLog(node, partition.log);
    this.broker = broker;
    this.own = partition;
  }

  get isLeader(): boolean {
    return this.own.replica.isLeader;
  }

  get isUnderMinIsr(): boolean {
    return this.own.replica.isUnderMinIsr;
  }

  get leaderEpoch(): LeaderEpoch {
    return this.own.replica.leaderEpoch;
  }

  get highWatermark(): Offset {
    return this.own.replica.highWatermark;
  }

  get lastStableOffset(): Offset {
    return this.own.replica.lastStableOffset;
  }

  get minInsyncReplicas(): number {
    const { image } = this.broker.services.metadata;
    const replicas = image.partition(this.topicId, this.partition)?.replicas.length ?? 1;
    return image.minInsyncReplicas(this.topic, replicas);
  }

  followers(): readonly WatchedFollower[] {
    return this.own.replica.followers();
  }

  activeProducers(): readonly ActiveProducer[] {
    return this.own.log.producers.activeProducers();
  }
}
