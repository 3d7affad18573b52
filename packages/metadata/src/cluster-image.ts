/** The cluster as the metadata log describes it: brokers, topics, partitions, configuration, features. */
import { assert, type NodeId, type ProducerId, type Uuid, unreachable } from '@hapax/base';
import type { RecordPosition, StateMachine } from '@hapax/state-machine';
import { ALL_BROKERS, ConfigStore } from './config-store.ts';
import { type ImageChanges, ChangeTracker } from './image-changes.ts';
import { applyPartitionChange, checkPartition, type PartitionImage } from './partition.ts';
import type {
  BrokerChangeRecord, BrokerRegistration, ConfigRecord, ConfigResourceType, MetadataBatch, MetadataRecord,
  PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord,
} from './records.ts';
import type { TopicConfigKey, TopicConfigValues } from './topic-configs.ts';

/** A registered broker. Immutable: a change makes a new one. */
export interface BrokerImage extends BrokerRegistration {
  /** The index of its registration: never used twice. */
  readonly brokerEpoch: number;
  /** Fenced brokers lead nothing and are in no ISR; clients are not told of them [H21]. */
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** A topic with its partitions, each at its own index. */
export interface TopicImage {
  readonly topicId: Uuid;
  readonly name: string;
  readonly partitions: readonly PartitionImage[];
}

interface OwnTopic extends TopicImage {
  readonly partitions: PartitionImage[];
}

export interface ClusterImageOptions {
  /** Whether changes are collected for {@link ClusterImage.takeChanges}. Who turns this on must take them. */
  readonly trackChanges: boolean;
}

/** Only `replay` changes it; the same records give the same image on every node [I10]. */
export class ClusterImage implements StateMachine<MetadataBatch> {
  private readonly brokersById = new Map<NodeId, BrokerImage>();
  private readonly topicsById = new Map<Uuid, OwnTopic>();
  private readonly topicsByName = new Map<string, OwnTopic>();
  private readonly configs = new ConfigStore();
  private readonly featureLevels = new Map<string, number>();
  private readonly trackChanges: boolean;
  private tracker = new ChangeTracker();
  private cluster: Uuid | undefined;
  private producerId: ProducerId = 0;
  private offset = 0;
  private partitions = 0;

  constructor(options: ClusterImageOptions) {
    this.trackChanges = options.trackChanges;
  }

  /** The cluster's id; undefined until the first batch. */
  get clusterId(): Uuid | undefined {
    return this.cluster;
  }

  /** The index of the last entry of the log that is in this image; 0 before the first. */
  get metadataOffset(): number {
    return this.offset;
  }

  /** The first producer id that was handed to nobody. */
  get nextProducerId(): ProducerId {
    return this.producerId;
  }

  /** Every registered broker, fenced ones included. */
  get brokers(): readonly BrokerImage[] {
    return [...this.brokersById.values()];
  }

  /** The finalized level of each feature; absent means 0. */
  get features(): ReadonlyMap<string, number> {
    return this.featureLevels;
  }

  get topicCount(): number {
    return this.topicsById.size;
  }

  get partitionCount(): number {
    return this.partitions;
  }

  broker(id: NodeId): BrokerImage | undefined {
    return this.brokersById.get(id);
  }

  /** The brokers that are not fenced: those that clients are told of [H21]. */
  aliveBrokers(): BrokerImage[] {
    return this.brokers.filter((broker) => !broker.fenced);
  }

  /** Whether a broker may lead and join ISRs: registered, not fenced, not shutting down [KIP-841]. */
  isActive(id: NodeId): boolean {
    const broker = this.brokersById.get(id);
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
  }

  topics(): TopicImage[] {
    return [...this.topicsById.values()];
  }

  topicByName(name: string): TopicImage | undefined {
    return this.topicsByName.get(name);
  }

  topicById(topicId: Uuid): TopicImage | undefined {
    return this.topicsById.get(topicId);
  }

  partition(topicId: Uuid, partition: number): PartitionImage | undefined {
    return this.topicsById.get(topicId)?.partitions[partition];
  }

  /** All values that take effect for a topic, by key. Cheap to call again: the object is cached. */
  topicConfigs(name: string): TopicConfigValues {
    const replicationFactor = this.topicsByName.get(name)?.partitions[0]?.replicas.length ?? 1;
    return this.configs.topicValues(name, minInsyncReplicasDefault(replicationFactor));
  }

  /** The value of one key that takes effect for a topic. */
  topicConfig<K extends TopicConfigKey>(name: string, key: K): TopicConfigValues[K] {
    return this.topicConfigs(name)[key];
  }

  /** The text configured for one broker, else for all; undefined where neither is. */
  brokerConfig(brokerId: NodeId, key: string): string | undefined {
    return this.configs.of('broker', String(brokerId)).get(key) ?? this.clusterConfig(key);
  }

  /** The text configured for all brokers; undefined where there is none. */
  clusterConfig(key: string): string | undefined {
    return this.configs.of('broker', ALL_BROKERS).get(key);
  }

  /** What was configured for a resource itself, by key. */
  configOf(resourceType: ConfigResourceType, resourceName: string): ReadonlyMap<string, string> {
    return this.configs.of(resourceType, resourceName);
  }

  /** Everything that is configured, as records. */
  configRecords(): ConfigRecord[] {
    return this.configs.records();
  }

  /** How many replicas of a partition must be in sync before acks=all; never more than it has replicas [H1]. */
  minInsyncReplicas(topic: string, replicationFactor: number): number {
    const text = this.configs.topicText(topic, 'min.insync.replicas');
    const wanted = text === undefined ? minInsyncReplicasDefault(replicationFactor) : Number(text);
    return Math.min(wanted, replicationFactor);
  }

  replay(batch: MetadataBatch, at: RecordPosition): void {
    assert(at.offset >= this.offset, () => `a batch at ${at.offset} follows ${this.offset}`);
    this.offset = at.offset;
    for (const record of batch) this.apply(record, at);
  }

  /** An entry of the log that holds no batch (Raft's own) was passed. */
  passOver(offset: number): void {
    assert(offset >= this.offset, () => `an entry at ${offset} follows ${this.offset}`);
    this.offset = offset;
  }

  /** What changed since this was last asked, and forgets it. */
  takeChanges(): ImageChanges {
    const changes = this.tracker.changes();
    this.tracker = new ChangeTracker();
    return changes;
  }

  private apply(record: MetadataRecord, at: RecordPosition): void {
    switch (record.type) {
      case 'cluster':
        assert(this.cluster === undefined, () => `cluster ${this.cluster} is named ${record.clusterId} anew`);
        this.cluster = record.clusterId;
        return;
      case 'register-broker':
        return this.onRegisterBroker(record, at);
      case 'broker-change':
        return this.onBrokerChange(record);
      case 'unregister-broker':
        this.brokersById.delete(record.brokerId);
        return this.tracked((tracker) => tracker.onBroker(record.brokerId));
      case 'topic':
        return this.onTopic(record);
      case 'partition':
        return this.onPartition(record);
      case 'partition-change':
        return this.onPartitionChange(record);
      case 'remove-topic':
        return this.onRemoveTopic(record.topicId);
      case 'config':
        this.configs.set(record);
        return this.tracked((tracker) => tracker.onConfig(record));
      case 'feature':
        if (record.level === 0) this.featureLevels.delete(record.name);
        else this.featureLevels.set(record.name, record.level);
        return this.tracked((tracker) => tracker.onFeature());
      case 'producer-ids':
        assert(record.nextProducerId >= this.producerId, () => `producer ids fall back to ${record.nextProducerId}`);
        this.producerId = record.nextProducerId;
        return;
      default:
        return unreachable(record);
    }
  }

  private onRegisterBroker(record: RegisterBrokerRecord, at: RecordPosition): void {
    const { type: _type, brokerEpoch, ...registration } = record;
    this.brokersById.set(record.brokerId, { ...registration, brokerEpoch: brokerEpoch ?? at.offset });
    this.tracked((tracker) => tracker.onBroker(record.brokerId));
  }

  private onBrokerChange(record: BrokerChangeRecord): void {
    const broker = this.brokersById.get(record.brokerId);
    assert(
      broker?.brokerEpoch === record.brokerEpoch,
      () => `broker ${record.brokerId} with epoch ${broker?.brokerEpoch} is changed under epoch ${record.brokerEpoch}`,
    );
    this.brokersById.set(record.brokerId, {
      ...broker,
      fenced: record.fenced ?? broker.fenced,
      inControlledShutdown: record.inControlledShutdown ?? broker.inControlledShutdown,
    });
    this.tracked((tracker) => tracker.onBroker(record.brokerId));
  }

  private onTopic({ topicId, name }: { readonly topicId: Uuid; readonly name: string }): void {
    assert(!this.topicsById.has(topicId) && !this.topicsByName.has(name), () => `topic ${name} (${topicId}) exists`);
    const topic: OwnTopic = { topicId, name, partitions: [] };
    this.topicsById.set(topicId, topic);
    this.topicsByName.set(name, topic);
  }

  private onPartition(record: PartitionRecord): void {
    const topic = this.requireTopic(record.topicId);
    assert(record.partition === topic.partitions.length, () => `partition ${record.partition} is not the next`);
    checkPartition(record);
    const { type: _type, ...state } = record;
    const partition: PartitionImage = { ...state, topic: topic.name };
    topic.partitions.push(partition);
    this.partitions += 1;
    if (record.partition === 0) this.configs.forgetEffective(topic.name);
    this.tracked((tracker) => tracker.onPartition(partition));
  }

  private onPartitionChange(record: PartitionChangeRecord): void {
    const topic = this.requireTopic(record.topicId);
    const before = topic.partitions[record.partition];
    assert(before !== undefined, () => `partition ${record.partition} of topic ${topic.name} is changed but unknown`);
    const after = applyPartitionChange(before, record);
    topic.partitions[record.partition] = after;
    if (record.replicas !== undefined) this.configs.forgetEffective(topic.name);
    this.tracked((tracker) => tracker.onPartition(after));
  }

  private onRemoveTopic(topicId: Uuid): void {
    const topic = this.requireTopic(topicId);
    this.topicsById.delete(topicId);
    this.topicsByName.delete(topic.name);
    this.partitions -= topic.partitions.length;
    this.configs.removeTopic(topic.name);
    this.tracked((tracker) => tracker.onTopicRemoved({ topicId, name: topic.name }, topic.partitions));
  }

  private requireTopic(topicId: Uuid): OwnTopic {
    const topic = this.topicsById.get(topicId);
    assert(topic !== undefined, () => `topic ${topicId} is unknown`);
    return topic;
  }

  private tracked(note: (tracker: ChangeTracker) => void): void {
    if (this.trackChanges) note(this.tracker);
  }
}

/** Two copies of what is acknowledged from factor 3 on; with fewer replicas, no loss of one may stop writes. */
function minInsyncReplicasDefault(replicationFactor: number): number {
  return replicationFactor >= 3 ? 2 : 1;
}
