/**
 * One partition on this node: the replica machine decides, the log keeps the bytes, and this class carries between
 * them.
 *
 * The order on the leader: decide (`prepareAppend`) → write log and journal → record (`onAppended`) → at the end of the
 * turn flush and push → durable here and at the followers → high watermark → answers. Nothing is answered earlier.
 */
import {
  AppError,
  ErrorCode,
  type Compression,
  type LeaderEpoch,
  type NodeId,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
  type Uuid,
} from '@hapax/base';
import type { BatchFound, LogStore, PartitionLog, LogRead } from '@hapax/log';
import type { PartitionImage } from '@hapax/metadata';
import type { AppendOrigin, Replica, ReplicaReady, TruncateTo } from '@hapax/replica';
import {
  encodeEndTxnMarker,
  isBatchIntact,
  iterateBatches,
  readBatchHeader,
  setLogAppendTime,
  stampBatch,
  validateProducedRecords,
  type BatchHeader,
} from '@hapax/wire/records';
import { type AppendRules, checkTimestamps, LOG_APPEND_TIME } from './append-rules.ts';
import {
  guardOf, NOT_NEEDED, type PartitionVerification, transactionalBatch, type TransactionalOffsets,
} from './partition-verification.ts';
import { firstRecordSince, type RecordFound } from './record-lookup.ts';

export type { PartitionVerification } from './partition-verification.ts';

/** Why nothing was appended. */
export interface AppendRefusal {
  readonly error: ErrorCode;
  readonly message: string | null;
}

/** How an append ended for the one who asked. */
export type AppendResult =
  | {
      readonly error: 0;
      readonly baseOffset: Offset;
      readonly logAppendTimeMs: number;
      readonly logStartOffset: Offset;
    }
  | AppendRefusal;

/** Someone who waits for an append to be committed. */
export interface AppendWaiter {
  finish(error: ErrorCode): void;
}

/** What a partition needs from its surroundings. */
export interface PartitionEnvironment {
  readonly logs: LogStore;
  readonly compression: Compression;
  nowMs(): number;
  wallMs(): number;
  rules(topic: string): AppendRules;
  /** Something is to be done for this partition at the end of the turn. */
  markDirty(partition: Partition): void;
  /** The disk refused: say so once and stop accepting writes. */
  onDiskFull(error: AppError): void;
}

/** A marker that ends a transaction in a partition. */
export interface AppendedMarker {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly kind: 'commit' | 'abort';
}

/** A marker that a coordinator wants written. */
export interface MarkerToAppend extends AppendedMarker {
  readonly coordinatorEpoch: LeaderEpoch;
  /** By which protocol the transaction was made [KIP-1228]. */
  readonly transactionVersion: number;
}

/** How far a reader may see: the whole log, what is committed to it, or what committed transactions wrote. */
export type Isolation = 'log-end' | 'read-uncommitted' | 'read-committed';

/** Hears when more of the log is committed, or when the partition changes hands. */
export interface PartitionListener {
  onHighWatermark(partition: Partition): void;
  onRole(partition: Partition): void;
  /** This node leads, and a marker was appended in this turn. It counts for answers once it is committed. */
  onMarkerAppended?(partition: Partition, marker: AppendedMarker, offset: Offset): void;
}

/** A replica with its log. */
export class Partition {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly index: number;
  readonly replica: Replica<AppendWaiter>;
  readonly log: PartitionLog;
  readonly listeners = new Set<PartitionListener>();
  image: PartitionImage;
  private readonly environment: PartitionEnvironment;

  constructor(
    image: PartitionImage, replica: Replica<AppendWaiter>, log: PartitionLog, environment: PartitionEnvironment,
  ) {
    this.topicId = image.topicId;
    this.topic = image.topic;
    this.index = image.partition;
    this.image = image;
    this.replica = replica;
    this.log = log;
    this.environment = environment;
  }

  get name(): string {
    return `${this.topic}-${this.index}`;
  }

  /** New metadata for this partition: it may come to lead, to follow, or only see its ISR change. */
  onImage(image: PartitionImage): void {
    this.image = image;
    this.replica.onPartitionState(image, this.environment.nowMs());
    this.environment.markDirty(this);
  }

  /**
   * Appends what a client produced. `done` is called once: at once for `acks=0`, when it is durable here for 1, when it
   * is committed for −1. The bytes are stamped in place.
   */
  produce(
    records: Uint8Array,
    options: {
      readonly requiredAcks: -1 | 0 | 1;
      readonly deadlineMs: number;
      readonly apiVersion: number;
      /** As {@link verificationFor} answered for these records; where it was `needed`, the coordinator has said yes. */
      readonly verification?: PartitionVerification;
    },
    done: (result: AppendResult) => void,
  ): void {
    const rules = this.environment.rules(this.topic);
    const valid = validateProducedRecords(records, {
      maxMessageBytes: rules['max.message.bytes'],
      zstdAllowed: options.apiVersion >= ZSTD_FROM_PRODUCE_VERSION,
    });
    if (!valid.ok) return done({ error: valid.error, message: valid.message });
    const wallMs = this.environment.wallMs();
    const refusal = checkTimestamps(valid.headers, rules, wallMs);
    if (refusal !== undefined) return done(refusal);
    if (rules['message.timestamp.type'] === LOG_APPEND_TIME) setLogAppendTime(records, 0, wallMs);
    const isTransactionV2 = options.apiVersion >= TRANSACTION_V2_FROM_PRODUCE_VERSION;
    const origin = { kind: 'client', guard: guardOf(options.verification), isTransactionV2 } as const;
    this.append(records, valid.headers, { ...options, origin }, done);
  }

  /**
   * Whether the coordinator must be asked before these records (a Produce request's, not looked at yet), or the offsets
   * of this producer, are appended. When it has said yes, the same answer goes to {@link produce} or
   * {@link appendInternal}. [V1–V3]
   */
  verificationFor(what: Uint8Array | TransactionalOffsets): PartitionVerification {
    const batch = transactionalBatch(what);
    if (batch === undefined) return NOT_NEEDED;
    const verdict = this.replica.verificationFor(batch, this.environment.nowMs());
    if (verdict.kind !== 'needed') return verdict;
    const { producerId, producerEpoch } = batch;
    return { ...verdict, producerId, producerEpoch };
  }

  /**
   * Appends a batch of a coordinator, with `acks=all`. Returns where it will stand, or why it was not taken. One that
   * is part of a transaction needs its verification.
   */
  appendInternal(
    records: Uint8Array,
    expectedLeaderEpoch: LeaderEpoch,
    options: { readonly verification?: PartitionVerification | undefined } = {},
  ):
    | { readonly ok: true; readonly baseOffset: Offset; readonly lastOffset: Offset }
    | { readonly ok: false; readonly error: ErrorCode } {
    const headers = [readBatchHeader(records, 0)];
    const origin = { kind: 'coordinator', guard: guardOf(options.verification) } as const;
    const nowMs = this.environment.nowMs();
    const decision = this.replica.prepareAppend(headers, { requiredAcks: -1, expectedLeaderEpoch, origin }, nowMs);
    if (decision.kind === 'refuse') return { ok: false, error: decision.error };
    if (decision.kind === 'duplicate') return { ok: false, error: ErrorCode.UNKNOWN_SERVER_ERROR };
    const written = this.write(records, decision.baseOffset, decision.leaderEpoch);
    if ('error' in written) return { ok: false, error: written.error };
    return { ok: true, baseOffset: decision.baseOffset, lastOffset: this.log.endOffset - 1 };
  }

  /**
   * Ends a producer's transaction in this partition. `done` is called once: with NONE when the marker is committed,
   * else with what refused it: 47 for an old epoch, 52 for an old coordinator [M9], and what any append may hear.
   */
  appendMarker(marker: MarkerToAppend, deadlineMs: number, done: (error: ErrorCode) => void): void {
    const { kind, producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker;
    const timestampMs = this.environment.wallMs();
    const bytes = encodeEndTxnMarker({ outcome: kind, producerId, producerEpoch, coordinatorEpoch, timestampMs });
    const origin = { kind: 'marker', transactionVersion } as const;
    const nowMs = this.environment.nowMs();
    const decision = this.replica.prepareAppend([readBatchHeader(bytes)], { requiredAcks: -1, origin }, nowMs);
    if (decision.kind !== 'append') return done(decision.kind === 'refuse' ? decision.error : ErrorCode.NONE);
    const written = this.write(bytes, decision.baseOffset, decision.leaderEpoch, transactionVersion);
    if ('error' in written) return done(written.error);
    this.replica.awaitCommit({ finish: done }, written.lastOffset, deadlineMs);
    const appended = { producerId, producerEpoch, kind };
    for (const listener of this.listeners) listener.onMarkerAppended?.(this, appended, written.baseOffset);
  }

  private append(
    records: Uint8Array,
    headers: readonly BatchHeader[],
    options: { readonly requiredAcks: -1 | 0 | 1; readonly deadlineMs: number; readonly origin: AppendOrigin },
    done: (result: AppendResult) => void,
  ): void {
    const { requiredAcks, deadlineMs, origin } = options;
    const decision = this.replica.prepareAppend(headers, { requiredAcks, origin }, this.environment.nowMs());
    if (decision.kind === 'refuse') return done({ error: decision.error, message: decision.message });
    const { baseOffset } = decision;
    let lastOffset: Offset;
    let logAppendTimeMs = NO_TIMESTAMP;
    if (decision.kind === 'duplicate') {
      lastOffset = decision.lastOffset;
    } else {
      const stamped = this.write(records, baseOffset, decision.leaderEpoch);
      if ('error' in stamped) return done(stamped);
      lastOffset = this.log.endOffset - 1;
      if (stamped.timestampType === 'log-append-time') logAppendTimeMs = stamped.maxTimestamp;
    }
    const finish = (error: ErrorCode): void =>
      done(
        error === ErrorCode.NONE
          ? { error: 0, baseOffset, logAppendTimeMs, logStartOffset: this.log.startOffset }
          : { error, message: null },
      );
    if (requiredAcks === 0) return finish(ErrorCode.NONE);
    // A duplicate waits like the original: its answer, too, says that the records are there to stay.
    if (requiredAcks === -1) this.replica.awaitCommit({ finish }, lastOffset, deadlineMs);
    else this.replica.awaitDurable({ finish }, lastOffset, deadlineMs);
    this.environment.markDirty(this);
  }

  /** Stamps and writes one batch; where the log takes none just now, nothing was changed. */
  private write(
    records: Uint8Array, baseOffset: Offset, leaderEpoch: LeaderEpoch, transactionVersion = 0,
  ): BatchHeader | AppendRefusal {
    stampBatch(records, 0, { baseOffset, partitionLeaderEpoch: leaderEpoch });
    const stamped = readBatchHeader(records, 0);
    const refused = this.store(records, [stamped]);
    if (refused !== undefined) return refused;
    this.replica.onAppended([stamped], this.environment.nowMs(), transactionVersion);
    this.environment.markDirty(this);
    return stamped;
  }

  /** A follower's append: batches as the leader stamped them, already found to follow this log's end. */
  storeReplicated(records: Uint8Array, headers: readonly BatchHeader[]): boolean {
    if (this.store(records, headers) !== undefined) return false;
    this.replica.onReplicated(headers, this.environment.nowMs());
    this.environment.markDirty(this);
    return true;
  }

  private store(records: Uint8Array, headers: readonly BatchHeader[]): AppendRefusal | undefined {
    try {
      this.environment.logs.append(this.log, records, headers);
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'disk-full') this.environment.onDiskFull(error);
      // A journal that waits for the disk is a throttle, not a fault: this code makes clients wait and try again.
      const code = error.code === 'overloaded' ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.KAFKA_STORAGE_ERROR;
      return { error: code, message: error.message };
    }
  }

  /** The log up to here survives a loss of power on this node. */
  onDurable(offset: Offset): void {
    this.replica.onLocalDurable(offset, this.environment.nowMs());
    this.environment.markDirty(this);
  }

  /**
   * Takes what the machine wants done, does what concerns the log and the waiters, and hands the rest to the caller.
   */
  takeReady(): ReplicaReady<AppendWaiter> | undefined {
    const ready = this.replica.takeReady();
    if (ready === undefined) return undefined;
    if (ready.truncateTo !== undefined) this.truncate(ready.truncateTo);
    if (ready.advanceLogStart !== undefined) this.advanceStart(ready.advanceLogStart);
    if (ready.roleChanged !== undefined) this.onRoleChanged();
    for (const { token, error } of ready.answers) token.finish(error);
    if (ready.highWatermark !== undefined) for (const listener of this.listeners) listener.onHighWatermark(this);
    return ready;
  }

  /** Reads committed records for a consumer, or anything for a replica (`upTo` is the log's end). */
  read(
    fromOffset: Offset, options: { readonly maxBytes: number; readonly upTo: Offset; readonly minOneBatch: boolean },
  ): LogRead | undefined {
    const { maxBytes, upTo, minOneBatch } = options;
    return this.log.read(fromOffset, { maxBytes, endOffset: upTo, minOneBatch });
  }

  /** Where a reader's view of this log ends, exclusive. [L2, L11] */
  endOffsetFor(isolation: Isolation): Offset {
    if (isolation === 'log-end') return this.log.endOffset;
    return isolation === 'read-committed' ? this.replica.lastStableOffset : this.replica.highWatermark;
  }

  /** Drops what is before an offset: DeleteRecords here or at the leader. */
  advanceStart(offset: Offset): void {
    this.environment.logs.advanceStart(this.log, offset);
    this.replica.onLogStartAdvanced(this.log.startOffset);
    this.environment.markDirty(this);
  }

  /** Retention may have dropped the beginning: a leader that did not know would send followers what is gone. */
  onRetention(): void {
    if (this.log.startOffset <= this.replica.logStartOffset) return;
    this.replica.onLogStartAdvanced(this.log.startOffset);
    this.environment.markDirty(this);
  }

  /** The first record of at least this age that ends before `end`. */
  findTimestamp(timestampMs: number, end: Offset): RecordFound | undefined {
    const found = this.log.findBatchByTimestamp(timestampMs, end);
    return found === undefined ? undefined : this.recordIn(found, timestampMs, end);
  }

  /** The first of the records with the greatest timestamp that ends before `end`. */
  findMaxTimestamp(end: Offset): RecordFound | undefined {
    const found = this.log.findBatchOfMaxTimestamp(end);
    return found === undefined ? undefined : this.recordIn(found, found.header.maxTimestamp, end);
  }

  private recordIn(found: BatchFound, timestampMs: number, endOffset: Offset): RecordFound | undefined {
    const { compression } = this.environment;
    return firstRecordSince(found, timestampMs, { startOffset: this.log.startOffset, endOffset, compression });
  }

  private truncate(to: TruncateTo): void {
    if (to.startAt) this.environment.logs.truncateFullyAndStartAt(this.log, to.offset);
    else this.environment.logs.truncate(this.log, to.offset);
    this.replica.onTruncated(this.log.endOffset);
    this.environment.markDirty(this);
  }

  private onRoleChanged(): void {
    for (const listener of [...this.listeners]) listener.onRole(this);
  }

  /** The partition is given up by this node: whoever waits is told. */
  close(): void {
    this.replica.close();
    for (const { token, error } of this.replica.takeReady()?.answers ?? []) token.finish(error);
    this.onRoleChanged();
  }

  leads(): boolean {
    return this.replica.isLeader;
  }

  isReplica(nodeId: NodeId): boolean {
    return this.image.replicas.includes(nodeId);
  }
}

const NO_TIMESTAMP = -1;

/** The batches that a leader pushed, each checked against its checksum; undefined where one of them is damaged. */
export function replicatedHeaders(records: Uint8Array): readonly BatchHeader[] | undefined {
  const headers: BatchHeader[] = [];
  for (const { header, bytes } of iterateBatches(records)) {
    if (!isBatchIntact(bytes, header)) return undefined;
    headers.push(header);
  }
  return headers;
}

const ZSTD_FROM_PRODUCE_VERSION = 7;
/** From here on a produce request adds its partitions to the transaction [KIP-890]. */
const TRANSACTION_V2_FROM_PRODUCE_VERSION = 12;
