/** The transaction coordinators of this node: one for each partition of `__transaction_state` that it leads. */
import { coordinatorPartition, ErrorCode, type Logger, type Offset } from '@hapax/base';
import { BROKER_CONFIGS, TRANSACTION_STATE_TOPIC } from '@hapax/metadata';
import type { AppendOutcome } from '@hapax/state-machine';
import {
  decodeTransactionRecord, encodeTransactionRecord, TransactionCoordinator, type AnyTransactionAnswer, type Instant,
  type MarkerTask, type TransactionConfig, type TransactionRecord, type TransactionVersion,
} from '@hapax/txn';
import { BatchBuilder, readRecords } from '@hapax/wire/records';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import type { Partition, PartitionListener } from './partition.ts';
import type { PartitionTable, PartitionTableListener } from './partition-table.ts';
import type { ProducerIds } from './producer-ids.ts';
import { replayInSlices } from './replay-in-slices.ts';

/** Who waits for an answer: told once. */
export type TransactionToken = (answer: AnyTransactionAnswer) => void;

/** Takes the markers that coordinators owe. */
export interface MarkerTaker {
  /** New tasks; each is reported back to the coordinator that gave it out. */
  enqueue(tasks: readonly MarkerTask[]): void;
  /** This node leads a partition of the transaction log no longer, or anew: what it owed is dropped [M7]. */
  dropCoordinator(partition: number): void;
}

/** One partition of the transaction log on this node. */
export interface TransactionShard {
  readonly partition: Partition;
  readonly coordinator: TransactionCoordinator<TransactionToken>;
  /** Counts the changes of role: a load that was begun under an older one stops. */
  tenure: number;
}

const TICK_MS = 25;
const MAX_BATCH_BYTES = 32 << 20;

/** Gives each request to the coordinator of its transactional id, and each coordinator its log. */
export class TransactionCoordinators implements PartitionListener, PartitionTableListener {
  /** How often a coordinator was loaded, and how long the last load took. For metrics. */
  loads = 0;
  lastLoadMs = 0;
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly producerIds: ProducerIds;
  private readonly logger: Logger;
  private readonly byPartition = new Map<number, TransactionShard>();
  /** Of which answers or markers may have come; a node is a replica of many more. */
  private readonly changed = new Set<TransactionShard>();
  private readonly delivery: EndOfTurn;
  private markers: MarkerTaker | undefined;
  private isStopped = false;

  constructor(
    options: BrokerOptions,
    ports: BrokerPorts,
    parts: {
      readonly metadata: MetadataDriver;
      readonly partitions: PartitionTable;
      readonly producerIds: ProducerIds;
    },
  ) {
    this.options = options;
    this.ports = ports;
    this.metadata = parts.metadata;
    this.producerIds = parts.producerIds;
    this.logger = ports.logger.child({ component: 'transaction-coordinators' });
    this.delivery = new EndOfTurn(ports.scheduler, () => this.deliverChanged());
    parts.partitions.addListener(this);
  }

  /** Begins to serve; markers go to `markers`. */
  start(markers: MarkerTaker): void {
    this.markers = markers;
    this.tick();
  }

  stop(): void {
    this.isStopped = true;
    for (const shard of this.byPartition.values()) {
      this.depose(shard);
      this.deliver(shard);
    }
  }

  /**
   * Runs a request on the coordinator of a transactional id [T1]. NOT_COORDINATOR where this node does not lead the
   * id's partition; answers of the coordinator itself reach the token that the request was given.
   */
  forId(
    transactionalId: string,
    run: (coordinator: TransactionCoordinator<TransactionToken>, instant: Instant) => void,
  ): ErrorCode {
    const shard = this.shardOf(transactionalId);
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    run(shard.coordinator, this.instant());
    this.onChanged(shard);
    return ErrorCode.NONE;
  }

  /** The coordinator of a transactional id, where it is here. */
  shardOf(transactionalId: string): TransactionShard | undefined {
    const count = this.metadata.image.topicByName(TRANSACTION_STATE_TOPIC)?.partitions.length ?? 0;
    const shard = count === 0 ? undefined : this.byPartition.get(coordinatorPartition(transactionalId, count));
    return shard?.partition.leads() === true ? shard : undefined;
  }

  /** The coordinator of one partition of the transaction log, where it is here. */
  shard(partition: number): TransactionShard | undefined {
    const shard = this.byPartition.get(partition);
    return shard?.partition.leads() === true ? shard : undefined;
  }

  /** The coordinators of all partitions that this node leads, loaded or not. */
  *led(): Iterable<TransactionShard> {
    for (const shard of this.byPartition.values()) if (shard.partition.leads()) yield shard;
  }

  /** Something about a coordinator changed from outside: answers, records or markers may have come of it. */
  onChanged(shard: TransactionShard): void {
    this.changed.add(shard);
    this.delivery.ask();
  }

  instant(): Instant {
    return { nowMs: this.ports.clock.nowMs(), wallMs: this.ports.clock.wallMs() };
  }

  onPartitionOpened(partition: Partition): void {
    if (partition.topic !== TRANSACTION_STATE_TOPIC) return;
    partition.listeners.add(this);
  }

  onPartitionClosed(partition: Partition): void {
    const shard = this.byPartition.get(partition.index);
    if (shard?.partition !== partition) return;
    this.depose(shard);
    this.byPartition.delete(partition.index);
    // Whoever still waits is told to look elsewhere.
    this.onChanged(shard);
  }

  onRole(partition: Partition): void {
    const shard = this.byPartition.get(partition.index) ?? this.makeShard(partition);
    this.depose(shard);
    if (partition.leads()) this.load(shard);
    this.onChanged(shard);
  }

  onHighWatermark(partition: Partition): void {
    const shard = this.byPartition.get(partition.index);
    if (shard === undefined || !partition.leads()) return;
    shard.coordinator.onCommitted(partition.replica.highWatermark - 1, this.instant());
    // Before the end of the turn: what a prepared transaction leads to, its answer and its markers, leaves with it.
    this.deliver(shard);
  }

  private makeShard(partition: Partition): TransactionShard {
    const coordinator = new TransactionCoordinator<TransactionToken>({
      partition: partition.index,
      writer: { append: (records) => this.append(partition, records) },
      config: this.config(),
      producerIds: this.producerIds,
      transactionVersion: () => this.transactionVersion,
    });
    const shard = { partition, coordinator, tenure: 0 };
    this.byPartition.set(partition.index, shard);
    return shard;
  }

  /** This node's settings, and those of the cluster as they are at every use. */
  private config(): TransactionConfig {
    const { metadata } = this;
    const setting = (key: string): number =>
      Number(metadata.image.clusterConfig(key) ?? BROKER_CONFIGS.get(key)?.default);
    return {
      ...this.options.transactions,
      get maxTimeoutMs() {
        return setting('transaction.max.timeout.ms');
      },
      get idExpirationMs() {
        return setting('transactional.id.expiration.ms');
      },
    };
  }

  /** As the cluster has finalized it. */
  private get transactionVersion(): TransactionVersion {
    const level = this.metadata.image.features.get('transaction.version') ?? 0;
    return level >= 2 ? 2 : level === 1 ? 1 : 0;
  }

  private depose(shard: TransactionShard): void {
    shard.tenure += 1;
    this.markers?.dropCoordinator(shard.partition.index);
    shard.coordinator.becomeInactive();
  }

  /** Replays the whole log, a slice a turn, and then serves. Its answers still wait for the high watermark. */
  private load(shard: TransactionShard): void {
    const { partition, coordinator, tenure } = shard;
    const startedMs = this.ports.clock.nowMs();
    this.producerIds.maybeFetch();
    coordinator.beginLoading(partition.replica.leaderEpoch);
    replayInSlices({
      log: partition.log,
      scheduler: this.ports.scheduler,
      isWanted: () => !this.isStopped && shard.tenure === tenure,
      onBatch: (_header, bytes, fromOffset) => this.replayBatch(shard, bytes, fromOffset),
      done: () => {
        coordinator.becomeActive(partition.replica.highWatermark - 1, this.instant());
        this.loads += 1;
        this.lastLoadMs = this.ports.clock.nowMs() - startedMs;
        const fields = {
          partition: partition.index, tookMs: Math.round(this.lastLoadMs), records: partition.log.endOffset,
        };
        this.logger.debug(fields, 'transaction coordinator loaded');
        this.onChanged(shard);
      },
    });
  }

  private replayBatch({ partition, coordinator }: TransactionShard, bytes: Uint8Array, fromOffset: Offset): void {
    for (const record of readRecords(bytes, this.ports.compression, MAX_BATCH_BYTES)) {
      if (record.offset < fromOffset || record.key === null) continue;
      const decoded = decodeTransactionRecord(record.key, record.value);
      if (decoded === undefined) {
        const { index } = partition;
        this.logger.warn({ partition: index, offset: record.offset }, 'a record of an unknown version is skipped');
        continue;
      }
      coordinator.replayLoaded(decoded, { offset: record.offset, timestampMs: record.timestampMs });
    }
  }

  private append(partition: Partition, records: readonly TransactionRecord[]): AppendOutcome {
    const timestampMs = this.ports.clock.wallMs();
    const builder = new BatchBuilder();
    for (const record of records) {
      const { key, value } = encodeTransactionRecord(record, this.transactionVersion);
      builder.append({ timestampMs, key, value, headers: [] });
    }
    const outcome = partition.appendInternal(builder.build({}), partition.replica.leaderEpoch);
    if (!outcome.ok) return { accepted: false, error: outcome.error };
    return { accepted: true, baseOffset: outcome.baseOffset, lastOffset: outcome.lastOffset, timestampMs };
  }

  private tick(): void {
    if (this.isStopped) return;
    const instant = this.instant();
    for (const shard of this.led()) {
      shard.coordinator.tick(instant);
      this.deliver(shard);
    }
    this.ports.scheduler.after(TICK_MS, () => this.tick());
  }

  private deliverChanged(): void {
    const changed = [...this.changed];
    this.changed.clear();
    for (const shard of changed) this.deliver(shard);
  }

  private deliver({ coordinator }: TransactionShard): void {
    for (const { token, answer } of coordinator.takeAnswers()) token(answer);
    const tasks = coordinator.takeMarkers();
    if (tasks.length > 0) this.markers?.enqueue(tasks);
  }
}
