/** What the client knows of the cluster: its brokers, its controller, and the leaders of the topics it uses. */
import { ErrorCode, NONE, type Endpoint } from '@hapax/base';
import type { metadata, ResponseOf } from '@hapax/wire';

/** A broker as metadata told of it. */
export interface BrokerNode {
  readonly nodeId: number;
  readonly endpoint: Endpoint;
  readonly rack: string | null;
}

/** A partition as metadata told of it. */
export interface PartitionMetadata {
  readonly partition: number;
  readonly errorCode: number;
  /** −1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

/** A topic as metadata told of it. */
export interface TopicMetadata {
  readonly topic: string;
  readonly topicId: string;
  /** Why there are no partitions here; 0 where there are. */
  readonly errorCode: number;
  readonly isInternal: boolean;
  /** Ordered by partition, from 0, without gaps. */
  readonly partitions: readonly PartitionMetadata[];
}

type MetadataResponse = ResponseOf<typeof metadata>;

/** The newest of what metadata responses told. */
export class MetadataCache {
  readonly brokers = new Map<number, BrokerNode>();
  readonly topics = new Map<string, TopicMetadata>();
  clusterId: string | undefined;
  controllerId: number = NONE;

  /** Takes a response in. Brokers are replaced; topics that it does not speak of stay. */
  update(response: MetadataResponse): void {
    if (response.brokers.length > 0) {
      this.brokers.clear();
      for (const broker of response.brokers) {
        const { nodeId, host, port, rack } = broker;
        this.brokers.set(nodeId, { nodeId, endpoint: { host, port }, rack });
      }
    }
    this.clusterId = response.clusterId ?? this.clusterId;
    this.controllerId = response.controllerId;
    for (const topic of response.topics) {
      if (topic.name !== null) this.topics.set(topic.name, this.#merge(this.topics.get(topic.name), topicOf(topic)));
    }
  }

  /** Adds a broker that a coordinator look-up named. */
  learnBroker(nodeId: number, endpoint: Endpoint): void {
    if (!this.brokers.has(nodeId)) this.brokers.set(nodeId, { nodeId, endpoint, rack: null });
  }

  /** Takes a new leader in, where its epoch is newer: produce and fetch answers name it. [KIP-951] */
  learnLeader(topic: string, partition: number, leaderId: number, leaderEpoch: number): void {
    const known = this.topics.get(topic);
    const before = known?.partitions[partition];
    if (known === undefined || before === undefined || leaderId < 0 || leaderEpoch <= before.leaderEpoch) return;
    const partitions = known.partitions.with(partition, { ...before, leaderId, leaderEpoch });
    this.topics.set(topic, { ...known, partitions });
  }

  /** Whether another broker than this one is known to lead a partition; one without a leader is not elsewhere. */
  isLedElsewhere(topic: string, partition: number, nodeId: number | undefined): boolean {
    const leaderId = this.partition(topic, partition)?.leaderId ?? NONE;
    return leaderId >= 0 && leaderId !== nodeId;
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.topics.get(topic)?.partitions[partition];
  }

  /**
   * A broker that lags behind may tell of an older leader: the newer leader epoch wins, as long as it is the same
   * topic. [KIP-320]
   */
  #merge(before: TopicMetadata | undefined, now: TopicMetadata): TopicMetadata {
    if (before === undefined || before.topicId !== now.topicId) return now;
    if (now.errorCode !== ErrorCode.NONE) return now;
    const partitions = now.partitions.map((partition, index) => {
      const known = before.partitions[index];
      return known !== undefined && known.leaderEpoch > partition.leaderEpoch ? known : partition;
    });
    return { ...now, partitions };
  }
}

/** Reads one topic of a metadata response. */
export function topicOf(topic: MetadataResponse['topics'][number]): TopicMetadata {
  const partitions = topic.partitions
    .map((partition): PartitionMetadata => ({
      partition: partition.partitionIndex,
      errorCode: partition.errorCode,
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicas: partition.replicaNodes,
      inSyncReplicas: partition.isrNodes,
      offlineReplicas: partition.offlineReplicas,
    }))
    .sort((a, b) => a.partition - b.partition);
  const { topicId, errorCode, isInternal } = topic;
  return { topic: topic.name ?? '', topicId, errorCode, isInternal, partitions };
}
