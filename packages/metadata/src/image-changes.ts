/** What changed in the cluster's image, so that a node acts on the difference and not on the whole. */
import type { NodeId, Uuid } from '@hapax/base';
import type { ClusterImage } from './cluster-image.ts';
import type { PartitionImage } from './partition.ts';
import type { ConfigResourceType } from './records.ts';

/** A partition that is no more. */
export interface RemovedPartition {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
}

/** A topic that is no more. */
export interface RemovedTopic {
  readonly topicId: Uuid;
  readonly name: string;
}

/** Whose configuration changed. */
export interface ConfigResource {
  readonly resourceType: ConfigResourceType;
  /** A topic's name, a broker's id, or empty for all brokers. */
  readonly resourceName: string;
}

/** Everything that changed between two looks at an image. */
export interface ImageChanges {
  /** New and changed partitions, as they are now. */
  readonly partitions: readonly PartitionImage[];
  readonly removedPartitions: readonly RemovedPartition[];
  readonly topicsRemoved: readonly RemovedTopic[];
  /** Brokers that registered, changed, or went. */
  readonly brokersChanged: readonly NodeId[];
  readonly configsChanged: readonly ConfigResource[];
  readonly featuresChanged: boolean;
}

/** Collects changes while records are replayed. Holds at most one entry for each thing that changed. */
export class ChangeTracker {
  private readonly partitions = new Map<string, PartitionImage>();
  private readonly removedPartitions: RemovedPartition[] = [];
  private readonly topicsRemoved: RemovedTopic[] = [];
  private readonly brokers = new Set<NodeId>();
  private readonly configs = new Map<string, ConfigResource>();
  private features = false;

  onPartition(partition: PartitionImage): void {
    this.partitions.set(`${partition.topicId}-${partition.partition}`, partition);
  }

  /** A topic went, and all its partitions with it. */
  onTopicRemoved(topic: RemovedTopic, partitions: readonly PartitionImage[]): void {
    this.topicsRemoved.push(topic);
    for (const { topicId, topic: name, partition } of partitions) {
      this.partitions.delete(`${topicId}-${partition}`);
      this.removedPartitions.push({ topicId, topic: name, partition });
    }
  }

  onBroker(brokerId: NodeId): void {
    this.brokers.add(brokerId);
  }

  onConfig(resource: ConfigResource): void {
    this.configs.set(`${resource.resourceType}/${resource.resourceName}`, resource);
  }

  onFeature(): void {
    this.features = true;
  }

  /** What was collected. */
  changes(): ImageChanges {
    return {
      partitions: [...this.partitions.values()],
      removedPartitions: this.removedPartitions,
      topicsRemoved: this.topicsRemoved,
      brokersChanged: [...this.brokers],
      configsChanged: [...this.configs.values()],
      featuresChanged: this.features,
    };
  }
}

/** What lies between two images, for a node that was given a snapshot in place of records. */
export function changesBetween(before: ClusterImage, after: ClusterImage): ImageChanges {
  const tracker = new ChangeTracker();
  for (const topic of before.topics()) {
    if (after.topicById(topic.topicId) === undefined) {
      tracker.onTopicRemoved({ topicId: topic.topicId, name: topic.name }, topic.partitions);
    }
  }
  for (const topic of after.topics()) {
    for (const partition of topic.partitions) {
      const known = before.partition(partition.topicId, partition.partition);
      if (known?.partitionEpoch !== partition.partitionEpoch) tracker.onPartition(partition);
    }
  }
  const brokerIds = new Set([...before.brokers, ...after.brokers].map((broker) => broker.brokerId));
  for (const id of brokerIds) {
    if (JSON.stringify(before.broker(id)) !== JSON.stringify(after.broker(id))) tracker.onBroker(id);
  }
  trackConfigs(before, after, tracker);
  const features = (image: ClusterImage): string => JSON.stringify([...image.features].sort());
  if (features(before) !== features(after)) tracker.onFeature();
  return tracker.changes();
}

function trackConfigs(before: ClusterImage, after: ClusterImage, tracker: ChangeTracker): void {
  for (const [one, other] of [[before, after], [after, before]] as const) {
    for (const { resourceType, resourceName, key, value } of one.configRecords()) {
      if (other.configOf(resourceType, resourceName).get(key) === value) continue;
      tracker.onConfig({ resourceType, resourceName });
    }
  }
}
