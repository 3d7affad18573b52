/** One batch of one partition on its way: its records, its sequence numbers, and what became of its attempts. */
import { AppError, assert, type Compression, type CompressionName } from '@hapax/base';
import { BatchBuilder, BatchField, recordBytesMax, sealBatch, type NewRecord } from '@hapax/wire/records';
import { failure, success, type Done } from '../outcome.ts';
import type { Delivery } from './producer-options.ts';

/** A record whose outcome is awaited. */
export interface PendingRecord {
  readonly record: NewRecord;
  /** An upper bound, by which memory is counted. */
  readonly sizeBytes: number;
  readonly deadlineMs: number;
  readonly done: Done<Delivery>;
}

/** By what a broker recognises a batch that it has already. [KIP-98] */
export interface BatchIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** A record with what it counts for. */
export function pendingRecord(record: NewRecord, deadlineMs: number, done: Done<Delivery>): PendingRecord {
  return { record, sizeBytes: recordBytesMax(record), deadlineMs, done };
}

/** A batch from its first record to its outcome, which is given once. */
export class ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  /** When the batch should leave even if it is not full. */
  readonly lingerDueMs: number;
  readonly records: PendingRecord[] = [];
  #builder = new BatchBuilder();
  #bytes: Uint8Array | undefined;
  #recordBytes = 0;
  /** Set when the batch is first sent; changed only while it certainly is in no log. */
  identity: BatchIdentity | undefined;
  /** Its place among the numbered batches of its partition. */
  ordinal = -1;
  attempts = 0;
  inFlight = false;
  /** Some attempt may have been appended without our hearing of it. Never set back. */
  mayHaveHappened = false;
  /** Not to be sent again before this. */
  retryAtMs = 0;
  lastError: AppError | undefined;
  #settled = false;

  constructor(topic: string, partition: number, lingerDueMs: number) {
    this.topic = topic;
    this.partition = partition;
    this.lingerDueMs = lingerDueMs;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** When the first of its records must have an outcome. */
  get deadlineMs(): number {
    return this.records[0]?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** What its records count for in the producer's memory. */
  get recordBytes(): number {
    return this.#recordBytes;
  }

  /** Bytes on the wire: before {@link seal}, not compressed. */
  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#builder.sizeBytes;
  }

  /** Whether a record would keep the batch within a size; an empty batch takes any. */
  hasRoom(pending: PendingRecord, batchBytes: number): boolean {
    return this.records.length === 0 || this.#builder.sizeBytes + pending.sizeBytes <= batchBytes;
  }

  append(pending: PendingRecord): void {
    this.#builder.append(pending.record);
    this.records.push(pending);
    this.#recordBytes += pending.sizeBytes;
  }

  /** The bytes to send, with the batch's identity in its header. Throws `compression-failed`. */
  seal(
    compression: { readonly name: CompressionName; readonly codec: Compression },
    transactional: boolean,
  ): Uint8Array {
    if (this.#bytes === undefined)
      this.#bytes = this.#builder.build({ ...this.identity, compression, transactional });
    return this.#bytes;
  }

  /** Gives the batch another identity (or none). Allowed only while it certainly is in no log and on no wire. */
  identify(identity: BatchIdentity | undefined): void {
    assert(!this.inFlight && !this.mayHaveHappened, 'a batch that may be in a log would be written twice');
    this.identity = identity;
    if (this.#bytes === undefined || identity === undefined) return;
    // The chunks of earlier attempts belong to their connections, so the header is changed in a copy.
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(BatchField.producerId, BigInt(identity.producerId));
    view.setInt16(BatchField.producerEpoch, identity.producerEpoch);
    view.setInt32(BatchField.baseSequence, identity.baseSequence);
    sealBatch(bytes);
    this.#bytes = bytes;
  }

  /** Two batches with the same records in the same order, or undefined where there is but one. */
  split(): [ProduceBatch, ProduceBatch] | undefined {
    if (this.records.length < 2) return undefined;
    const middle = this.records.length >> 1;
    const first = new ProduceBatch(this.topic, this.partition, this.lingerDueMs);
    const second = new ProduceBatch(this.topic, this.partition, this.lingerDueMs);
    for (const [index, pending] of this.records.entries()) (index < middle ? first : second).append(pending);
    return [first, second];
  }

  /** Tells every record where it lies. `logAppendTimeMs` is −1 where records keep their own timestamps. */
  succeed(baseOffset: number, logAppendTimeMs: number): void {
    if (this.#settled) return;
    this.#settled = true;
    const { topic, partition } = this;
    for (const [index, { record, done }] of this.records.entries()) {
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      done(
        success({ topic, partition, offset, timestampMs: logAppendTimeMs < 0 ? record.timestampMs : logAppendTimeMs }),
      );
    }
  }

  /** Tells every record that it failed. The error must be definite only if no attempt may have been appended. */
  fail(error: AppError): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const { done } of this.records) done(failure(error));
  }
}
