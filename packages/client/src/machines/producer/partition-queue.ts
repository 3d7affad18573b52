/** The batches of one partition in the order of their records, and which of them may be sent now. */
import { assert, type AppError } from '@hapax/base';
import { addToSequence } from '@hapax/wire/records';
import { ProduceBatch, type BatchIdentity, type PendingRecord } from './produce-batch.ts';

/** A producer id with its epoch, as the broker gave it or as it was counted up since. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Bounds of a queue. */
export interface PartitionQueueOptions {
  readonly idempotent: boolean;
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly inFlightMax: number;
}

/** Epochs are int16 on the wire; the last is not used. */
const LAST_EPOCH = 32766;

/**
 * Keeps order by three rules. A batch leaves only while all earlier ones are on the way to the same broker. A batch
 * that is sent again leaves only when nothing behind it is on the way. Until the broker has taken a first batch of
 * this producer epoch, one is on the way at a time: a broker that knows nothing of a producer takes any first
 * sequence.
 *
 * And it keeps retries recognisable: brokers remember the last five batches of a producer, so that no more than
 * five are numbered from the oldest without an outcome on, however many of the later ones have been acknowledged.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly #options: PartitionQueueOptions;
  /** Closed batches, oldest first. Those with an identity come before those without. */
  readonly #batches: ProduceBatch[] = [];
  #open: ProduceBatch | undefined;
  #identity: (ProducerIdentity & { nextSequence: number }) | undefined;
  /** The broker has taken a batch of this producer id and epoch. */
  #established = false;
  /** Set when sequences were broken: nothing leaves until all that is on the way has an outcome. */
  #recovery: { readonly error: AppError; readonly freshId: boolean } | undefined;
  /** Batches that were numbered so far. */
  #numbered = 0;
  #inFlight = 0;
  #inFlightNode = -1;

  constructor(topic: string, partition: number, options: PartitionQueueOptions) {
    this.topic = topic;
    this.partition = partition;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#open === undefined && this.#batches.length === 0;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the next batch waits for a producer id. */
  get needsIdentity(): boolean {
    return this.#options.idempotent && this.#identity === undefined && !this.isEmpty;
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity;
  }

  /** Begins with a producer id; sequences start at 0. */
  adopt(identity: ProducerIdentity): void {
    this.#identity = { ...identity, nextSequence: 0 };
    this.#established = false;
  }

  /** As {@link adopt}, unless it has this id and epoch already. Nothing may be numbered: every transaction ends so. */
  renew(identity: ProducerIdentity): void {
    const { producerId, producerEpoch } = this.#identity ?? {};
    if (producerId === identity.producerId && producerEpoch === identity.producerEpoch) return;
    assert(
      this.#inFlight === 0 && this.#batches.every((batch) => batch.identity === undefined),
      () => `${this.topic}-${this.partition} has batches numbered under epoch ${producerEpoch}`,
    );
    this.adopt(identity);
  }

  append(pending: PendingRecord, nowMs: number): void {
    if (this.#open !== undefined && !this.#open.hasRoom(pending, this.#options.batchBytes)) this.#closeOpen();
    this.#open ??= new ProduceBatch(this.topic, this.partition, nowMs + this.#options.lingerMs);
    this.#open.append(pending);
    if (this.#open.sizeBytes >= this.#options.batchBytes) this.#closeOpen();
  }

  /** The batch to send to a broker now, with its identity; undefined where none may leave. */
  next(nowMs: number, nodeId: number, flushing: boolean): ProduceBatch | undefined {
    if (this.#recovery !== undefined || (this.#options.idempotent && this.#identity === undefined)) return undefined;
    if (this.#inFlight >= this.#inFlightMax() || (this.#inFlight > 0 && this.#inFlightNode !== nodeId))
      return undefined;
    const index = this.#batches.findIndex((batch) => !batch.inFlight);
    if (index < 0) {
      if (this.#open === undefined || (!flushing && this.#open.lingerDueMs > nowMs)) return undefined;
      this.#closeOpen();
    }
    const batch = this.#batches[index < 0 ? this.#batches.length - 1 : index];
    if (batch === undefined || batch.retryAtMs > nowMs) return undefined;
    if (batch.attempts > 0 && this.#inFlight > 0) return undefined;
    if (this.#identity !== undefined && batch.identity === undefined) {
      if (this.#isFarAhead()) return undefined;
      batch.identify(this.#takeSequence(batch));
    }
    return batch;
  }

  markSent(batch: ProduceBatch, nodeId: number): void {
    batch.inFlight = true;
    batch.attempts += 1;
    this.#inFlight += 1;
    this.#inFlightNode = nodeId;
  }

  /** A request with this batch has an outcome, of whatever kind. */
  markAnswered(batch: ProduceBatch): void {
    batch.inFlight = false;
    this.#inFlight -= 1;
  }

  isHead(batch: ProduceBatch): boolean {
    return this.#batches[0] === batch;
  }

  /** The broker took the batch. */
  acknowledge(batch: ProduceBatch): void {
    this.#established = true;
    this.#remove(batch);
  }

  /**
   * The batch has failed. Where it certainly is in no log and was the last that was numbered, its numbers are used
   * again.
   */
  abandon(batch: ProduceBatch, definite: boolean): void {
    const index = this.#batches.indexOf(batch);
    const isLastNumbered = index >= 0 && this.#batches[index + 1]?.identity === undefined;
    this.#remove(batch);
    const isCurrent = batch.identity?.producerEpoch === this.#identity?.producerEpoch;
    if (definite && isLastNumbered && isCurrent && batch.identity !== undefined && this.#identity !== undefined) {
      this.#identity.nextSequence = batch.identity.baseSequence;
    }
  }

  /** Puts two halves in the place of a batch that was too large; together they have its numbers. */
  replace(batch: ProduceBatch, halves: readonly [ProduceBatch, ProduceBatch]): void {
    const [first, second] = halves;
    if (batch.identity !== undefined) {
      first.identify(batch.identity);
      const baseSequence = addToSequence(batch.identity.baseSequence, first.records.length);
      second.identify({ ...batch.identity, baseSequence });
    }
    for (const half of halves) {
      half.attempts = batch.attempts;
      half.ordinal = batch.ordinal;
      half.mayHaveHappened = batch.mayHaveHappened;
    }
    this.#batches.splice(this.#batches.indexOf(batch), 1, first, second);
  }

  /** Sequences are broken: the first batch was refused although nothing is missing before it here. */
  startRecovery(error: AppError, freshId: boolean): void {
    this.#recovery ??= { error, freshId };
  }

  /**
   * Once nothing is on the way any more, numbers what is left anew under the next epoch, and returns the batches for
   * which that is not safe: those that an earlier attempt may have put into the log. Returns undefined while there is
   * nothing to do. [KIP-360]
   */
  maybeRecover(): { readonly unsafe: readonly ProduceBatch[]; readonly error: AppError } | undefined {
    const recovery = this.#recovery;
    if (recovery === undefined || this.#inFlight > 0) return undefined;
    this.#recovery = undefined;
    const unsafe = this.#batches.filter((batch) => batch.mayHaveHappened);
    for (const batch of unsafe) this.#remove(batch);
    for (const batch of this.#batches) batch.identify(undefined);
    const epoch = this.#identity?.producerEpoch ?? LAST_EPOCH;
    if (recovery.freshId || epoch >= LAST_EPOCH || this.#identity === undefined) this.#identity = undefined;
    else this.adopt({ producerId: this.#identity.producerId, producerEpoch: epoch + 1 });
    return { unsafe, error: recovery.error };
  }

  /** Removes and returns the batches whose time is up, with the open one. */
  takeExpired(nowMs: number): ProduceBatch[] {
    if (this.#open !== undefined && this.#open.deadlineMs <= nowMs) this.#closeOpen();
    const expired: ProduceBatch[] = [];
    for (let head = this.#batches[0]; head !== undefined && head.deadlineMs <= nowMs; head = this.#batches[0]) {
      expired.push(head);
      this.abandon(head, !head.mayHaveHappened && !head.inFlight);
    }
    return expired;
  }

  /** Removes and returns all that is not on the way. */
  takeUnsent(): ProduceBatch[] {
    if (this.#open !== undefined) this.#closeOpen();
    const unsent = this.#batches.filter((batch) => !batch.inFlight);
    for (const batch of unsent) this.#remove(batch);
    return unsent;
  }

  /** Removes and returns everything. */
  takeAll(): ProduceBatch[] {
    if (this.#open !== undefined) this.#closeOpen();
    return this.#batches.splice(0);
  }

  /** When something will be due: a linger, a retry or a deadline after now. What is due already waits for an event. */
  nextDueMs(nowMs: number): number {
    const head = this.#batches[0];
    const waiting = this.#batches.find((batch) => !batch.inFlight);
    const times = [head?.deadlineMs, this.#open?.deadlineMs, waiting?.retryAtMs, this.#open?.lingerDueMs];
    let dueMs = Number.POSITIVE_INFINITY;
    for (const time of times) if (time !== undefined && time > nowMs && time < dueMs) dueMs = time;
    return dueMs;
  }

  #inFlightMax(): number {
    return this.#options.idempotent && this.#established ? this.#options.inFlightMax : 1;
  }

  /** Whether one more batch would let the broker forget the oldest that has no outcome. */
  #isFarAhead(): boolean {
    const oldest = this.#batches[0];
    return oldest?.identity !== undefined && this.#numbered - oldest.ordinal >= this.#options.inFlightMax;
  }

  #closeOpen(): void {
    if (this.#open !== undefined) this.#batches.push(this.#open);
    this.#open = undefined;
  }

  #remove(batch: ProduceBatch): void {
    const index = this.#batches.indexOf(batch);
    if (index >= 0) this.#batches.splice(index, 1);
  }

  #takeSequence(batch: ProduceBatch): BatchIdentity | undefined {
    if (this.#identity === undefined) return undefined;
    const { producerId, producerEpoch, nextSequence } = this.#identity;
    this.#identity.nextSequence = addToSequence(nextSequence, batch.records.length);
    batch.ordinal = this.#numbered;
    this.#numbered += 1;
    return { producerId, producerEpoch, baseSequence: nextSequence };
  }
}
