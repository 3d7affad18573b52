/** The group coordinators of this node: one for each partition of `__consumer_offsets` that it leads. */
import { coordinatorPartition, ErrorCode, type Logger, type Offset } from '@hapax/base';
import {
  decodeGroupRecord, encodeGroupRecord, GroupCoordinator, type GroupAnswer, type GroupRecord,
} from '@hapax/group';
import { CONSUMER_OFFSETS_TOPIC } from '@hapax/metadata';
import type { AppendOutcome, TransactionalAppend, TransactionProducer } from '@hapax/state-machine';
import { BatchBuilder, readRecords, type BatchHeader } from '@hapax/wire/records';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import type { AppendedMarker, Partition, PartitionListener } from './partition.ts';
import type { PartitionTable, PartitionTableListener } from './partition-table.ts';
import { replayInSlices } from './replay-in-slices.ts';

/** Who waits for an answer: told once. */
export type GroupToken = (answer: GroupAnswer) => void;

const TICK_MS = 25;
const MAX_BATCH_BYTES = 32 << 20;

interface Shard {
  readonly partition: Partition;
  readonly coordinator: GroupCoordinator<GroupToken>;
  /** Counts the changes of role: a load that was begun under an older one stops. */
  tenure: number;
}

/** Gives each request to the coordinator of its group's partition, and each coordinator its log. */
export class GroupCoordinators implements PartitionListener, PartitionTableListener {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly logger: Logger;
  private readonly shards = new Map<number, Shard>();
  private readonly delivery: EndOfTurn;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts, metadata: MetadataDriver, partitions: PartitionTable) {
    this.options = options;
    this.ports = ports;
    this.metadata = metadata;
    this.logger = ports.logger.child({ component: 'group-coordinators' });
    this.delivery = new EndOfTurn(ports.scheduler, () => this.deliverAll());
    partitions.addListener(this);
  }

  start(): void {
    this.tick();
  }

  stop(): void {
    this.isStopped = true;
    for (const shard of this.shards.values()) this.depose(shard);
    this.deliverAll();
  }

  /**
   * Runs a request on the coordinator of a group. NOT_COORDINATOR where this node does not lead the group's partition,
   * INVALID_GROUP_ID for the empty name; answers of the coordinator itself reach the token that the request was given.
   */
  forGroup(groupId: string, run: (coordinator: GroupCoordinator<GroupToken>, nowMs: number) => void): ErrorCode {
    if (groupId === '') return ErrorCode.INVALID_GROUP_ID;
    const shard = this.findShard(groupId);
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    run(shard.coordinator, this.ports.clock.nowMs());
    this.delivery.ask();
    return ErrorCode.NONE;
  }

  /** All coordinators that serve now, for listing groups. */
  *active(): Iterable<GroupCoordinator<GroupToken>> {
    for (const shard of this.shards.values()) if (shard.partition.leads()) yield shard.coordinator;
  }

  onPartitionOpened(partition: Partition): void {
    if (partition.topic !== CONSUMER_OFFSETS_TOPIC) return;
    partition.listeners.add(this);
  }

  onPartitionClosed(partition: Partition): void {
    const shard = this.shards.get(partition.index);
    if (shard?.partition !== partition) return;
    this.depose(shard);
    this.shards.delete(partition.index);
  }

  onRole(partition: Partition): void {
    const shard = this.shards.get(partition.index) ?? this.makeShard(partition);
    this.depose(shard);
    if (partition.leads()) this.load(shard);
    this.delivery.ask();
  }

  onHighWatermark(partition: Partition): void {
    const shard = this.shards.get(partition.index);
    if (shard === undefined || !partition.leads()) return;
    shard.coordinator.onCommitted(partition.replica.highWatermark - 1);
    this.delivery.ask();
  }

  /** A transaction ended: its offsets count, or are gone. While the log loads, the load finds the marker. */
  onMarkerAppended(partition: Partition, marker: AppendedMarker, offset: Offset): void {
    const { producerId, producerEpoch, kind } = marker;
    const at = { offset, timestampMs: this.ports.clock.wallMs(), producer: { producerId, producerEpoch } };
    const shard = this.shards.get(partition.index);
    shard?.coordinator.applyMarker({ kind: 'transaction-end', producerId, outcome: kind }, at);
    this.delivery.ask();
  }

  private findShard(groupId: string): Shard | undefined {
    const count = this.metadata.image.topicByName(CONSUMER_OFFSETS_TOPIC)?.partitions.length ?? 0;
    const shard = count === 0 ? undefined : this.shards.get(coordinatorPartition(groupId, count));
    return shard?.partition.leads() === true ? shard : undefined;
  }

  private makeShard(partition: Partition): Shard {
    const coordinator = new GroupCoordinator<GroupToken>({
      writer: { append: (records, producer) => this.append(partition, records, producer) },
      config: this.options.groups,
      random: this.ports.random.fork(`groups-${partition.index}`),
      topics: {
        exists: (topic, index) => (this.metadata.image.topicByName(topic)?.partitions.length ?? 0) > index,
      },
    });
    const shard = { partition, coordinator, tenure: 0 };
    this.shards.set(partition.index, shard);
    return shard;
  }

  private depose(shard: Shard): void {
    shard.tenure += 1;
    shard.coordinator.becomeInactive();
  }

  /** Replays the whole log, a slice a turn, and then serves. Its answers still wait for the high watermark. */
  private load(shard: Shard): void {
    const { partition, coordinator, tenure } = shard;
    const startedMs = this.ports.clock.nowMs();
    coordinator.beginLoading();
    replayInSlices({
      log: partition.log,
      scheduler: this.ports.scheduler,
      isWanted: () => !this.isStopped && shard.tenure === tenure,
      onBatch: (header, bytes, fromOffset) => {
        if (header.isControl) replayMarker(shard, header, fromOffset);
        else this.replayBatch(shard, header, bytes, fromOffset);
      },
      done: () => {
        coordinator.becomeActive(partition.replica.highWatermark - 1, this.ports.clock.nowMs());
        const tookMs = Math.round(this.ports.clock.nowMs() - startedMs);
        const fields = { partition: partition.index, tookMs, records: partition.log.endOffset };
        this.logger.debug(fields, 'group coordinator loaded');
        this.delivery.ask();
      },
    });
  }

  private replayBatch(shard: Shard, header: BatchHeader, bytes: Uint8Array, fromOffset: Offset): void {
    const producer = header.isTransactional ? producerOf(header) : undefined;
    for (const record of readRecords(bytes, this.ports.compression, MAX_BATCH_BYTES)) {
      if (record.offset < fromOffset || record.key === null) continue;
      const decoded = decodeGroupRecord(record.key, record.value);
      if (decoded === undefined) continue;
      shard.coordinator.replayLoaded(decoded, { offset: record.offset, timestampMs: record.timestampMs, producer });
    }
  }

  private append(
    partition: Partition, records: readonly GroupRecord[], producer: TransactionalAppend | undefined,
  ): AppendOutcome {
    const timestampMs = this.ports.clock.wallMs();
    const builder = new BatchBuilder();
    for (const record of records) {
      const { key, value } = encodeGroupRecord(record);
      builder.append({ timestampMs, key, value, headers: [] });
    }
    const batch = producer === undefined
      ? builder.build({})
      : builder.build({ ...producerOf(producer), transactional: true });
    // What the handler of TxnOffsetCommit was given by this very partition came back with its request.
    const verification = producer?.verification as ReturnType<Partition['verificationFor']> | undefined;
    const outcome = partition.appendInternal(batch, partition.replica.leaderEpoch, { verification });
    if (!outcome.ok) return { accepted: false, error: outcome.error };
    return { accepted: true, baseOffset: outcome.baseOffset, lastOffset: outcome.lastOffset, timestampMs };
  }

  private tick(): void {
    if (this.isStopped) return;
    const nowMs = this.ports.clock.nowMs();
    const wallMs = this.ports.clock.wallMs();
    for (const shard of this.shards.values()) {
      if (shard.partition.leads()) shard.coordinator.tick(nowMs, wallMs);
    }
    this.deliverAll();
    this.ports.scheduler.after(TICK_MS, () => this.tick());
  }

  private deliverAll(): void {
    for (const shard of this.shards.values()) {
      for (const { token, answer } of shard.coordinator.takeAnswers()) token(answer);
    }
  }
}

/** Where compaction left a marker without its record, nothing of its transaction is left either. [C3] */
function replayMarker({ coordinator }: Shard, header: BatchHeader, fromOffset: Offset): void {
  const { baseOffset, marker, producerId, maxTimestamp } = header;
  if (baseOffset < fromOffset || marker === undefined) return;
  coordinator.replayLoaded(
    { kind: 'transaction-end', producerId, outcome: marker.kind },
    { offset: baseOffset, timestampMs: maxTimestamp, producer: producerOf(header) },
  );
}

/** Without anything else that comes along. */
function producerOf({ producerId, producerEpoch }: TransactionProducer): TransactionProducer {
  return { producerId, producerEpoch };
}
