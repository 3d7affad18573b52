/** Builds record batches of magic 2 from records. */
import {
  assert,
  CompressionType,
  encodeText,
  type Compression,
  type CompressionName,
  type LeaderEpoch,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
} from '@hapax/base';
import {
  BATCH_HEADER_BYTES,
  BatchAttribute,
  BatchField,
  CURRENT_MAGIC,
  LOG_OVERHEAD_BYTES,
  NO_PRODUCER,
  NO_TIMESTAMP,
} from './batch-format.ts';
import { sealBatch } from './batch-header.ts';
import { writeInt16, writeInt32, writeInt64 } from './big-endian.ts';
import type { NewRecord, RecordHeader } from './record.ts';
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts';

/** What the header of a batch says. What is left out says "none", or the start of a log. */
export interface BatchOptions {
  readonly baseOffset?: Offset;
  readonly partitionLeaderEpoch?: LeaderEpoch;
  readonly producerId?: ProducerId;
  readonly producerEpoch?: ProducerEpoch;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  /** Left out: not compressed. */
  readonly compression?: { readonly name: CompressionName; readonly codec: Compression };
  /** The timestamp of all records in milliseconds, where the log sets it. Left out: each record has its own. */
  readonly logAppendTimeMs?: number;
}

/** Room for a first few records. */
const INITIAL_BYTES = 1024;
/** Attributes and offset delta of a record can take 1 and 5 bytes, its timestamp delta 10, its length 5. */
const RECORD_OVERHEAD_MAX = 21;

/** At most how many bytes a record takes, not compressed: for deciding whether it still fits. */
export function recordBytesMax(record: NewRecord): number {
  let sizeBytes = RECORD_OVERHEAD_MAX + 15 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  // A character of UTF-16 takes 3 bytes at the most.
  for (const { key, value } of record.headers ?? []) sizeBytes += 10 + key.length * 3 + (value?.length ?? 0);
  return sizeBytes;
}

/** One batch in the making. Append at least one record, build once. */
export class BatchBuilder {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #at = BATCH_HEADER_BYTES;
  #count = 0;
  #baseTimestamp = NO_TIMESTAMP;
  #maxTimestamp = NO_TIMESTAMP;
  #built = false;

  get recordsCount(): number {
    return this.#count;
  }

  /** Bytes so far with the header, not compressed. */
  get sizeBytes(): number {
    return this.#at;
  }

  /** Adds a record, which gets the next offset, and returns {@link sizeBytes}. Keys and values are copied. */
  append(record: NewRecord): number {
    assert(!this.#built, 'the batch was built already; begin another one');
    if (this.#count === 0) this.#baseTimestamp = record.timestampMs;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, record.timestampMs);
    const timestampDelta = record.timestampMs - this.#baseTimestamp;
    const headers = (record.headers ?? []).map(encodeHeader);
    const bodyBytes = bodySize(record, timestampDelta, this.#count, headers);
    this.#grow(varintBytes(bodyBytes) + bodyBytes);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#at, bodyBytes);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, this.#count);
    at = writeBytes(bytes, at, record.key);
    at = writeBytes(bytes, at, record.value);
    at = writeVarint(bytes, at, headers.length);
    for (const header of headers) at = writeBytes(bytes, writeBytes(bytes, at, header.key), header.value);
    this.#at = at;
    this.#count++;
    return at;
  }

  /** The batch with its checksum. Throws `compression-failed`. */
  build(options: BatchOptions = {}): Uint8Array {
    assert(this.#count > 0, 'a batch needs a record');
    assert(!this.#built, 'the batch was built already; begin another one');
    this.#built = true;
    const batch = this.#compressed(options.compression);
    const attributes =
      CompressionType[options.compression?.name ?? 'none'] |
      (options.logAppendTimeMs === undefined ? 0 : BatchAttribute.logAppendTime) |
      (options.transactional === true ? BatchAttribute.transactional : 0) |
      (options.control === true ? BatchAttribute.control : 0);
    writeInt64(batch, BatchField.baseOffset, options.baseOffset ?? 0);
    writeInt32(batch, BatchField.batchLength, batch.length - LOG_OVERHEAD_BYTES);
    writeInt32(batch, BatchField.partitionLeaderEpoch, options.partitionLeaderEpoch ?? -1);
    batch[BatchField.magic] = CURRENT_MAGIC;
    writeInt16(batch, BatchField.attributes, attributes);
    writeInt32(batch, BatchField.lastOffsetDelta, this.#count - 1);
    writeInt64(batch, BatchField.baseTimestamp, this.#baseTimestamp);
    writeInt64(batch, BatchField.maxTimestamp, options.logAppendTimeMs ?? this.#maxTimestamp);
    writeInt64(batch, BatchField.producerId, options.producerId ?? NO_PRODUCER.producerId);
    writeInt16(batch, BatchField.producerEpoch, options.producerEpoch ?? NO_PRODUCER.producerEpoch);
    writeInt32(batch, BatchField.baseSequence, options.baseSequence ?? NO_PRODUCER.baseSequence);
    writeInt32(batch, BatchField.recordsCount, this.#count);
    sealBatch(batch);
    return batch;
  }

  /** The bytes of the batch, its header still to be written. */
  #compressed(compression: BatchOptions['compression']): Uint8Array {
    if (compression === undefined || compression.name === 'none') return this.#bytes.subarray(0, this.#at);
    const section = compression.codec.compress(compression.name, this.#bytes.subarray(BATCH_HEADER_BYTES, this.#at));
    const batch = new Uint8Array(BATCH_HEADER_BYTES + section.length);
    batch.set(section, BATCH_HEADER_BYTES);
    return batch;
  }

  #grow(sizeBytes: number): void {
    const needed = this.#at + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** A header whose name is UTF-8 already. */
interface EncodedHeader {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

function encodeHeader(header: RecordHeader): EncodedHeader {
  return { key: encodeText(header.key), value: header.value };
}

function bodySize(
  record: NewRecord,
  timestampDelta: number,
  offsetDelta: number,
  headers: readonly EncodedHeader[],
): number {
  let sizeBytes = 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta) + varintBytes(headers.length);
  sizeBytes += prefixedSize(record.key) + prefixedSize(record.value);
  for (const header of headers) sizeBytes += prefixedSize(header.key) + prefixedSize(header.value);
  return sizeBytes;
}

function prefixedSize(value: Uint8Array | null): number {
  return value === null ? 1 : varintBytes(value.length) + value.length;
}

function writeBytes(bytes: Uint8Array, at: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(bytes, at, -1);
  const start = writeVarint(bytes, at, value.length);
  bytes.set(value, start);
  return start + value.length;
}
