/** The partitions kept on this node: opened, created and given up as the metadata says, and served once a turn. */
import {
  type AppError, type BrokerEpoch, type Compression, type Logger, type NodeId, type Offset, type Uuid,
} from '@hapax/base';
import { DEFAULT_LOG_CONFIG, LogStore, type LogConfig, type PartitionLog, type RecoveryReport } from '@hapax/log';
import type { ClusterImage, ImageChanges, PartitionImage } from '@hapax/metadata';
import { Replica, type ReplicaReady } from '@hapax/replica';
import { PacedTurn } from '../paced-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver, MetadataListener } from './metadata-driver.ts';
import type { AppendRules } from './append-rules.ts';
import { Partition, type AppendWaiter, type PartitionEnvironment } from './partition.ts';

/** Who does with a partition's work what needs other nodes: replication and the controller. */
export interface ReadyHandlers {
  onReady(partition: Partition, ready: ReplicaReady<AppendWaiter>): void;
  /** All partitions of the turn were served: send what was collected. */
  onTurnServed(): void;
}

/** Hears of partitions that come and go: the group coordinators. */
export interface PartitionTableListener {
  onPartitionOpened(partition: Partition): void;
  onPartitionClosed(partition: Partition): void;
}

/** How often each replica is told the time, in a round-robin: lag and commit deadlines are far longer than this. */
const REPLICA_TICK_MS = 100;
const LOG_TICK_MS = 1000;

/** Every partition that this node is a replica of. */
export class PartitionTable implements MetadataListener, PartitionEnvironment {
  readonly logs: LogStore;
  readonly compression: Compression;
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly logger: Logger;
  private readonly byTopic = new Map<Uuid, Map<number, Partition>>();
  private readonly byLog = new Map<PartitionLog, Partition>();
  private readonly listeners: PartitionTableListener[] = [];
  private readonly turn: PacedTurn;
  private dirty = new Set<Partition>();
  private handlers: ReadyHandlers | undefined;
  private nextAttachId: number;
  private isStopped = false;
  private startedClean = false;
  private brokerEpoch: BrokerEpoch = -1;
  private diskFullSinceMs: number | undefined;

  constructor(options: BrokerOptions, ports: BrokerPorts, metadata: MetadataDriver) {
    this.options = options;
    this.ports = ports;
    this.compression = ports.compression;
    this.metadata = metadata;
    this.logger = ports.logger.child({ component: 'partitions' });
    const { clock, scheduler } = ports;
    this.turn = new PacedTurn({ clock, scheduler, intervalMs: TURN_MS, work: () => this.serve() });
    // Attach ids rise over all lives of a node: the wall clock is ahead of what any earlier life has used.
    this.nextAttachId = ports.clock.wallMs();
    this.logs = new LogStore({
      disk: ports.disk,
      logger: ports.logger.child({ component: 'log' }),
      ...options.log,
      config: DEFAULT_LOG_CONFIG,
      wallMs: () => ports.clock.wallMs(),
      onDurable: (log, offset) => this.byLog.get(log)?.onDurable(offset),
      onDiskFailed: (error) => ports.failStop(error.message),
    });
  }

  /** Recovers the logs from disk. Partitions appear as soon as the metadata names them. */
  open(done: (error: AppError | undefined, report?: RecoveryReport) => void): void {
    this.logs.open((error, report) => {
      if (error !== undefined || report === undefined) return done(error);
      this.startedClean = report.isClean;
      this.tickReplicas();
      this.tickLogs();
      done(undefined, report);
    });
  }

  connect(handlers: ReadyHandlers): void {
    this.handlers = handlers;
  }

  addListener(listener: PartitionTableListener): void {
    this.listeners.push(listener);
  }

  find(topicId: Uuid, index: number): Partition | undefined {
    return this.byTopic.get(topicId)?.get(index);
  }

  /** The partition by its topic's name; undefined where this node keeps no copy of it. */
  findByName(topic: string, index: number): Partition | undefined {
    const image = this.metadata.image.topicByName(topic);
    return image === undefined ? undefined : this.find(image.topicId, index);
  }

  *all(): Iterable<Partition> {
    for (const partitions of this.byTopic.values()) yield* partitions.values();
  }

  *followersOf(leader: NodeId): Iterable<Partition> {
    for (const partition of this.all()) if (partition.image.leader === leader && !partition.leads()) yield partition;
  }

  /** This node has a new broker epoch: every follower attaches again, under it. */
  onRegistered(brokerEpoch: BrokerEpoch): void {
    this.brokerEpoch = brokerEpoch;
    const nowMs = this.nowMs();
    for (const partition of this.all()) {
      if (partition.leads()) continue;
      partition.replica.requestAttach(nowMs);
      this.markDirty(partition);
    }
  }

  /** Closes the logs. With a broker epoch, the next start will know that nothing was lost [KIP-966]. */
  close(brokerEpoch: number, done: (error?: AppError) => void): void {
    this.isStopped = true;
    for (const partition of this.all()) partition.close();
    this.logs.close(brokerEpoch, (log) => this.highWatermarkOf(log), done);
  }

  /** Whether the disk refused a write lately, so that the node says so. */
  get isDiskFull(): boolean {
    return this.diskFullSinceMs !== undefined && this.nowMs() - this.diskFullSinceMs < DISK_FULL_MEMORY_MS;
  }

  // What a partition asks of its surroundings.

  nowMs(): number {
    return this.ports.clock.nowMs();
  }

  wallMs(): number {
    return this.ports.clock.wallMs();
  }

  rules(topic: string): AppendRules {
    return this.metadata.image.topicConfigs(topic);
  }

  markDirty(partition: Partition): void {
    this.dirty.add(partition);
    this.turn.ask();
  }

  onDiskFull(error: AppError): void {
    if (!this.isDiskFull) this.logger.error({ error: error.message }, 'the disk is full: writes are refused');
    this.diskFullSinceMs = this.nowMs();
  }

  /** Metadata: partitions of this node come, change and go. */
  onMetadata(image: ClusterImage, changes: ImageChanges): void {
    for (const removed of changes.removedPartitions) this.remove(removed.topicId, removed.partition, 'deleted');
    for (const partition of changes.partitions) this.update(partition);
    for (const { resourceType, resourceName } of changes.configsChanged) {
      if (resourceType === 'topic') this.reconfigure(image, resourceName);
    }
    if (changes.brokersChanged.length > 0) for (const partition of this.all()) this.markDirty(partition);
  }

  private update(image: PartitionImage): void {
    const existing = this.find(image.topicId, image.partition);
    if (!image.replicas.includes(this.options.nodeId)) {
      if (existing !== undefined) this.remove(image.topicId, image.partition, 'reassigned');
      return;
    }
    (existing ?? this.openPartition(image)).onImage(image);
  }

  private openPartition(image: PartitionImage): Partition {
    const { topicId, topic, partition: index } = image;
    const config = logConfig(this.metadata.image, topic);
    const log = this.logs.find(topicId, index) ?? this.createLog(image, config);
    log.config = config;
    const replica = this.makeReplica(image, log);
    const partition = new Partition(image, replica, log, this);
    const siblings = this.byTopic.get(topicId) ?? new Map<number, Partition>();
    this.byTopic.set(topicId, siblings.set(index, partition));
    this.byLog.set(log, partition);
    for (const listener of this.listeners) listener.onPartitionOpened(partition);
    return partition;
  }

  /** A log of a deleted topic that had the same name makes way: its topic went while this node was down. */
  private createLog({ topicId, topic, partition }: PartitionImage, config: LogConfig): PartitionLog {
    const namesake = this.logs.logs().find((log) => log.topic === topic && log.partition === partition);
    if (namesake !== undefined) this.removeStray(namesake);
    return this.logs.create(topicId, topic, partition, config);
  }

  /**
   * Removes logs of partitions that this node is no replica of any more. Only once its image holds its own
   * registration:
   * an older image may simply not know of them yet.
   */
  removeStrays(): void {
    for (const log of this.logs.logs()) {
      const image = this.metadata.image.partition(log.topicId, log.partition);
      if (image?.replicas.includes(this.options.nodeId) !== true) this.removeStray(log);
    }
  }

  private removeStray(log: PartitionLog): void {
    const { topic, partition, topicId } = log;
    this.logger.info({ topic, partition, topicId }, 'a log is removed: its partition is gone from this node');
    this.logs.remove(log);
  }

  private makeReplica(image: PartitionImage, log: PartitionLog): Replica<AppendWaiter> {
    const { topicId, topic, partition } = image;
    const view = this.metadata;
    const replicas = (): number => view.image.partition(topicId, partition)?.replicas.length ?? image.replicas.length;
    return new Replica<AppendWaiter>({
      nodeId: this.options.nodeId,
      topicId,
      partition,
      logStartOffset: log.startOffset,
      logEndOffset: log.endOffset,
      durableOffset: log.endOffset,
      highWatermark: this.logs.savedHighWatermark(log),
      get leaderEpochs() {
        return log.leaderEpochs;
      },
      get producers() {
        return log.producers;
      },
      startedClean: this.startedClean,
      brokerEpoch: () => this.brokerEpoch,
      nextAttachId: () => this.nextAttachId++,
      minInsyncReplicas: () => view.image.minInsyncReplicas(topic, replicas()),
      replicaLagTimeMaxMs: this.options.replication.lagTimeMaxMs,
      maxInflightBytesPerFollower: this.options.replication.maxInflightBytesPerFollower,
      brokers: {
        isEligible: (id) => view.image.isActive(id),
        epochOf: (id) => view.image.broker(id)?.brokerEpoch,
      },
    });
  }

  private remove(topicId: Uuid, index: number, reason: string): void {
    const partition = this.find(topicId, index);
    if (partition === undefined) return;
    this.logger.info({ topic: partition.topic, partition: index, reason }, 'this node gives a partition up');
    partition.close();
    for (const listener of this.listeners) listener.onPartitionClosed(partition);
    this.byTopic.get(topicId)?.delete(index);
    this.byLog.delete(partition.log);
    this.dirty.delete(partition);
    this.logs.remove(partition.log);
  }

  private reconfigure(image: ClusterImage, topic: string): void {
    const config = logConfig(image, topic);
    for (const partition of this.all()) if (partition.topic === topic) partition.log.config = config;
  }

  /**
   * Serves every partition that something happened to in this turn, and then flushes and sends once for all of them.
   */
  private serve(): boolean {
    if (this.isStopped) return false;
    const { handlers } = this;
    const isBusy = this.dirty.size >= BUSY_PARTITIONS;
    // First, so that the disk works while messages are made; with flush=os everything is durable right after it.
    this.logs.flush();
    // What serving itself brings up (a truncation, say) is served in the same turn, but not without end.
    for (let round = 0; this.dirty.size > 0 && round < MAX_ROUNDS; round++) {
      const served = this.dirty;
      this.dirty = new Set();
      for (const partition of served) {
        const ready = partition.takeReady();
        if (ready !== undefined) handlers?.onReady(partition, ready);
      }
    }
    handlers?.onTurnServed();
    if (this.dirty.size > 0) this.turn.ask();
    return isBusy;
  }

  private tickReplicas(): void {
    if (this.isStopped) return;
    const nowMs = this.nowMs();
    for (const partition of this.all()) {
      partition.replica.tick(nowMs);
      this.markDirty(partition);
    }
    this.ports.scheduler.after(REPLICA_TICK_MS, () => this.tickReplicas());
  }

  private tickLogs(): void {
    if (this.isStopped) return;
    this.logs.tick(this.wallMs(), (log) => this.highWatermarkOf(log));
    for (const partition of this.all()) partition.onRetention();
    this.ports.scheduler.after(LOG_TICK_MS, () => this.tickLogs());
  }

  private highWatermarkOf(log: PartitionLog): Offset {
    return this.byLog.get(log)?.replica.highWatermark ?? this.logs.savedHighWatermark(log);
  }
}

const MAX_ROUNDS = 4;
const TURN_MS = 1;
/** A turn that serves as many partitions is a busy one: the next may wait a moment, so that it serves more. */
const BUSY_PARTITIONS = 6;
const DISK_FULL_MEMORY_MS = 10_000;

function logConfig(image: ClusterImage, topic: string): LogConfig {
  const config = image.topicConfigs(topic);
  return {
    segmentBytes: config['segment.bytes'],
    segmentMs: config['segment.ms'],
    indexIntervalBytes: config['index.interval.bytes'],
    segmentIndexBytes: config['segment.index.bytes'],
    retentionMs: config['retention.ms'],
    retentionBytes: config['retention.bytes'],
    cleanupDelete: config['cleanup.policy'].includes('delete'),
  };
}
