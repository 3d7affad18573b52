/** The producers of one partition: which batch is new, which is a retry, which is out of order. [KIP-98, KIP-360] */
import { ErrorCode, NONE, type LeaderEpoch, type Offset, type ProducerEpoch, type ProducerId } from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';
import { OpenTransactions } from './open-transactions.ts';
import { APPEND, ProducerEntry, type ProducerVerdict } from './producer-entry.ts';
import { decodeProducers, encodeProducers } from './producer-snapshot.ts';

/** Who produces: a client or a coordinator is judged, a leader has judged already. */
export type BatchOrigin = 'client' | 'coordinator' | 'replication';

/** A transaction that a marker has ended in this partition, where it had records. */
export interface CompletedTransaction {
  readonly producerId: ProducerId;
  readonly firstOffset: Offset;
  /** Of the marker. */
  readonly lastOffset: Offset;
  readonly kind: 'commit' | 'abort';
  /** Where the earliest transaction began that is still open, else the offset after the marker. [L4] */
  readonly lastStableOffset: Offset;
}

/** Limits of {@link ProducerStates}. */
export interface ProducerStatesOptions {
  /** How many producers are remembered at most. */
  readonly max: number;
}

/** A producer as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly lastSequence: number;
  readonly lastTimestampMs: number;
  readonly coordinatorEpoch: LeaderEpoch;
  readonly currentTxnFirstOffset: Offset;
}

const DEFAULT_OPTIONS: ProducerStatesOptions = { max: 100_000 };
/** A producer that appended more recently than this is never forgotten to make room. Longer than clients retry. */
const EVICTABLE_AFTER_MS = 600_000;
/** How much older one look at the clock can make anybody: a jump of the clock must not expire a producer. [bug 125] */
const CLOCK_STEP_MAX_MS = 3_600_000;

/**
 * State equals replay: `update` in log order gives the same entries on every replica. [P6] Log and replica share one
 * object; **the log calls `update`** for every batch that it appends or replays, the replica only asks `check`.
 *
 * Ages are counted by a clock of its own, which follows the caller's but never goes back and moves at most an hour
 * between two calls; so `expire` must be called at least hourly for ages to be exact, and a wall clock that jumps (or a
 * node that slept) keeps producers longer, never shorter.
 *
 * Full: a new producer takes the place of the one that has been silent longest, if that was at least ten minutes
 * (counted in `evictedCount`; a retry of that one is no longer recognised, as after `producer.id.expiration.ms`);
 * otherwise a client's new producer is refused with THROTTLING_QUOTA_EXCEEDED.
 */
export class ProducerStates {
  private readonly options: ProducerStatesOptions;
  /** Longest silent first. */
  private entries = new Map<ProducerId, ProducerEntry>();
  private newest: ProducerEntry | undefined;
  /** Invariant: the open ones are those of entries with a `currentTxnFirstOffset`. */
  private readonly transactions = new OpenTransactions();
  private clockMs = 0;
  private seenMs: number | undefined;
  /** How many producers were forgotten to make room since this object was made. */
  evictedCount = 0;

  constructor(options: ProducerStatesOptions = DEFAULT_OPTIONS) {
    this.options = options;
  }

  /** How many producers are remembered. */
  get size(): number {
    return this.entries.size;
  }

  /** Judges one batch. See I1–I14 of the protocol notes; a producer without state may begin at any sequence. [I7] */
  check(batch: AppendedBatch, origin: BatchOrigin): ProducerVerdict {
    if (batch.producerId < 0 || origin === 'replication') return APPEND;
    const entry = this.entries.get(batch.producerId);
    return entry === undefined ? this.checkNew(batch) : entry.check(batch);
  }

  /** Judges the batches of one append, each as if those before it were in. [I13] The first that is not new decides. */
  checkAll(batches: readonly AppendedBatch[], origin: BatchOrigin): ProducerVerdict {
    const [first] = batches;
    if (first === undefined) return APPEND;
    if (batches.length === 1) return this.check(first, origin);
    const imagined = new Map<ProducerId, ProducerEntry>();
    for (const batch of batches) {
      if (batch.producerId < 0) continue;
      const known = imagined.get(batch.producerId) ?? this.entries.get(batch.producerId)?.clone();
      const verdict = known === undefined || origin === 'replication' ? this.check(batch, origin) : known.check(batch);
      if (verdict.kind !== 'append') return verdict;
      const entry = known ?? new ProducerEntry(batch.producerId, batch.producerEpoch);
      entry.update(batch, this.clockMs);
      imagined.set(batch.producerId, entry);
    }
    return APPEND;
  }

  /** Judges markers, each of a producer of its own. One of a producer that is not known is as good as any. [M9–M11] */
  checkMarkers(batches: readonly AppendedBatch[], transactionVersion: number): ProducerVerdict {
    for (const batch of batches) {
      const verdict = this.entries.get(batch.producerId)?.checkMarker(batch, transactionVersion) ?? APPEND;
      if (verdict.kind !== 'append') return verdict;
    }
    return APPEND;
  }

  /** Whether a transaction of this very epoch is open here. [V1] */
  hasOpenTransaction(producerId: ProducerId, producerEpoch: ProducerEpoch): boolean {
    const entry = this.entries.get(producerId);
    return entry !== undefined && entry.producerEpoch === producerEpoch && entry.currentTxnFirstOffset !== NONE;
  }

  /** Where readers of committed data must stop, if anywhere below the high watermark. [L1] */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined {
    return this.transactions.firstUnstableOffset(highWatermark);
  }

  /** All below this offset is committed to the log; called as the high watermark moves. [L3] */
  onReplicated(highWatermark: Offset): void {
    this.transactions.onReplicated(highWatermark);
  }

  /**
   * Notes a batch that is in the log. `wallMs` is when it was appended (or replayed), by the broker's clock. Returns
   * the transaction that it ended, if it is a marker of one that has records here. [M10]
   */
  update(batch: AppendedBatch, wallMs: number): CompletedTransaction | undefined {
    // Control batches of other kinds have no producer; one that compaction has emptied says nothing any more.
    if (batch.producerId < 0 || (batch.isControl && batch.marker === undefined)) return undefined;
    this.observe(wallMs);
    let entry = this.entries.get(batch.producerId);
    if (entry === undefined) {
      this.makeRoom();
      entry = new ProducerEntry(batch.producerId, batch.producerEpoch);
      this.entries.set(batch.producerId, entry);
    } else if (entry !== this.newest) {
      this.entries.delete(batch.producerId);
      this.entries.set(batch.producerId, entry);
    }
    this.newest = entry;
    const firstOffset = entry.currentTxnFirstOffset;
    entry.update(batch, this.clockMs);
    if (firstOffset === NONE) {
      if (entry.currentTxnFirstOffset !== NONE) this.transactions.begin(entry.producerId, batch.baseOffset);
      return undefined;
    }
    if (batch.marker === undefined) return undefined;
    const lastStableOffset = this.transactions.end(entry.producerId, batch.lastOffset);
    const { kind } = batch.marker;
    return { producerId: entry.producerId, firstOffset, lastOffset: batch.lastOffset, kind, lastStableOffset };
  }

  /** Forgets producers silent for `expirationMs`, but none with an open transaction. [I17] Answers how many. */
  expire(wallMs: number, expirationMs: number): number {
    this.observe(wallMs);
    let expired = 0;
    for (const entry of this.entries.values()) {
      if (this.clockMs - entry.lastAppendMs < expirationMs) break;
      if (entry.currentTxnFirstOffset !== NONE) continue;
      this.forget(entry);
      expired += 1;
    }
    return expired;
  }

  /** For DescribeProducers, longest silent first. */
  activeProducers(): ActiveProducer[] {
    return [...this.entries.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestampMs: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.currentTxnFirstOffset,
    }));
  }

  /** The entry of one producer, to look at. */
  find(producerId: ProducerId): ProducerEntry | undefined {
    return this.entries.get(producerId);
  }

  /** Forgets all: the log begins anew. */
  clear(): void {
    this.entries.clear();
    this.newest = undefined;
    this.transactions.clear();
  }

  /** The log was cut; what is left is about to be replayed into this object. */
  truncate(endOffset: Offset): void {
    this.transactions.truncate(endOffset);
  }

  /** Takes over the entries of another object, which must not be used afterwards: how a log goes back to a snapshot. */
  replaceWith(other: ProducerStates): void {
    this.entries = other.entries;
    this.newest = other.newest;
    this.transactions.copyFrom(other.transactions);
    // Ages were counted by the other's clock; this one goes on from the later of the two and so makes nobody younger.
    this.clockMs = Math.max(this.clockMs, other.clockMs);
  }

  /** A copy that changes on its own. */
  clone(): ProducerStates {
    const copy = new ProducerStates(this.options);
    for (const [producerId, entry] of this.entries) copy.entries.set(producerId, entry.clone());
    copy.newest = this.newest === undefined ? undefined : copy.entries.get(this.newest.producerId);
    copy.transactions.copyFrom(this.transactions);
    copy.transactions.onReplicated(this.transactions.replicatedOffset);
    copy.clockMs = this.clockMs;
    copy.seenMs = this.seenMs;
    return copy;
  }

  /** The bytes of a snapshot: all five batches of every producer, and which transactions are not stable. */
  encode(): Uint8Array {
    const ended = this.transactions.endedTransactions();
    return encodeProducers({ clockMs: this.clockMs, entries: [...this.entries.values()], ended });
  }

  /** Reads what {@link encode} wrote. Throws AppError `data-corrupt` where the bytes are no whole snapshot. */
  static decode(bytes: Uint8Array, options: ProducerStatesOptions = DEFAULT_OPTIONS): ProducerStates {
    const { clockMs, entries, ended } = decodeProducers(bytes);
    const states = new ProducerStates(options);
    states.clockMs = clockMs;
    for (const entry of entries) {
      states.makeRoom();
      states.entries.set(entry.producerId, entry);
      states.newest = entry;
    }
    const open = entries.filter((entry) => entry.currentTxnFirstOffset !== NONE);
    states.transactions.restore(open.map((entry) => [entry.producerId, entry.currentTxnFirstOffset]), ended);
    return states;
  }

  private checkNew(batch: AppendedBatch): ProducerVerdict {
    const oldest = this.entries.size >= this.options.max ? this.oldestEvictable() : undefined;
    const isFull = this.entries.size >= this.options.max &&
      (oldest === undefined || this.clockMs - oldest.lastAppendMs < EVICTABLE_AFTER_MS);
    if (!isFull) return APPEND;
    return {
      kind: 'refuse',
      error: ErrorCode.THROTTLING_QUOTA_EXCEEDED,
      message: `producer ${batch.producerId} is one more than the ${this.options.max} that this partition remembers, ` +
        `and none has been silent for ${EVICTABLE_AFTER_MS} ms: retry later, or raise the limit`,
    };
  }

  private makeRoom(): void {
    if (this.entries.size < this.options.max) return;
    const oldest = this.oldestEvictable();
    // All have open transactions: those must not be forgotten, and the coordinator's timeouts bound their number.
    if (oldest === undefined) return;
    this.forget(oldest);
    this.evictedCount += 1;
  }

  private oldestEvictable(): ProducerEntry | undefined {
    for (const entry of this.entries.values()) if (entry.currentTxnFirstOffset === NONE) return entry;
    return undefined;
  }

  private forget(entry: ProducerEntry): void {
    this.entries.delete(entry.producerId);
    if (this.newest === entry) this.newest = undefined;
  }

  private observe(wallMs: number): void {
    const stepMs = this.seenMs === undefined ? 0 : wallMs - this.seenMs;
    this.seenMs = wallMs;
    if (stepMs > 0) this.clockMs += Math.min(stepMs, CLOCK_STEP_MAX_MS);
  }
}
