/** The header of a record batch: read and patched in place, never re-encoded. */
import {
  AppError,
  assert,
  CompressionType,
  crc32c,
  type CompressionName,
  type LeaderEpoch,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
} from '@hapax/base';
import { BATCH_HEADER_BYTES, BatchAttribute, BatchField, CURRENT_MAGIC, LOG_OVERHEAD_BYTES } from './batch-format.ts';
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from './big-endian.ts';
import { findMarker, type TransactionMarker } from './transaction-marker.ts';

/** Who set the timestamps: the producer, or the leader when it appended. */
export type TimestampType = 'create-time' | 'log-append-time';

/** Everything in front of the records. */
export interface BatchHeader {
  readonly baseOffset: Offset;
  /** Bytes behind the length field. */
  readonly batchLength: number;
  /** The whole batch, with base offset and length. */
  readonly sizeBytes: number;
  readonly partitionLeaderEpoch: LeaderEpoch;
  readonly magic: number;
  /** CRC-32C from the attributes to the end, as an unsigned number. */
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** The offset of the last record the batch ever had; compaction may have removed it. */
  readonly lastOffset: Offset;
  /** Record timestamps are relative to this. With {@link hasDeleteHorizon} it is that horizon. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** −1 for no producer. */
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** −1 for none: markers, and batches without a producer. */
  readonly baseSequence: number;
  /** After 2³¹ − 1 comes 0; −1 where there is no base sequence. */
  readonly lastSequence: number;
  readonly recordsCount: number;
  /** `unknown` for the three numbers that name no codec. */
  readonly compression: CompressionName | 'unknown';
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly hasDeleteHorizon: boolean;
  /** What an end-transaction control batch says; undefined in all others, and where its record is not here yet. */
  readonly marker: TransactionMarker | undefined;
}

/** By number, as in the attributes. */
const COMPRESSION_NAMES: readonly (CompressionName | 'unknown')[] = (() => {
  const names = Array<CompressionName | 'unknown'>(8).fill('unknown');
  for (const [name, number] of Object.entries(CompressionType)) names[number] = name as CompressionName;
  return names;
})();

/** The size of a batch of which at least its first 12 bytes are here, whatever its magic. */
export function batchSizeAt(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + BatchField.batchLength) + LOG_OVERHEAD_BYTES;
}

/**
 * Reads the header of the batch that begins at `at`; its records need not be here yet, but for the marker of a control
 * batch, which is read from its record. Throws `batch-malformed` where
 * there are fewer than 61 bytes, the magic is not 2, or the length is less than a header's.
 */
export function readBatchHeader(bytes: Uint8Array, at = 0): BatchHeader {
  if (bytes.length - at < BATCH_HEADER_BYTES) {
    throw malformedBatch(`a header takes ${BATCH_HEADER_BYTES} bytes, ${bytes.length - at} are here`);
  }
  const magic = bytes[at + BatchField.magic]!;
  if (magic !== CURRENT_MAGIC) throw malformedBatch(`magic ${magic} is not ${CURRENT_MAGIC}`);
  const batchLength = readInt32(bytes, at + BatchField.batchLength);
  const sizeBytes = batchLength + LOG_OVERHEAD_BYTES;
  if (sizeBytes < BATCH_HEADER_BYTES) throw malformedBatch(`length ${batchLength} is less than a header's`);
  const baseOffset = readInt64(bytes, at + BatchField.baseOffset);
  const attributes = readInt16(bytes, at + BatchField.attributes);
  const lastOffsetDelta = readInt32(bytes, at + BatchField.lastOffsetDelta);
  const baseSequence = readInt32(bytes, at + BatchField.baseSequence);
  return {
    baseOffset,
    batchLength,
    sizeBytes,
    partitionLeaderEpoch: readInt32(bytes, at + BatchField.partitionLeaderEpoch),
    magic,
    crc: readInt32(bytes, at + BatchField.crc) >>> 0,
    attributes,
    lastOffsetDelta,
    lastOffset: baseOffset + lastOffsetDelta,
    baseTimestamp: readInt64(bytes, at + BatchField.baseTimestamp),
    maxTimestamp: readInt64(bytes, at + BatchField.maxTimestamp),
    producerId: readInt64(bytes, at + BatchField.producerId),
    producerEpoch: readInt16(bytes, at + BatchField.producerEpoch),
    baseSequence,
    lastSequence: baseSequence < 0 ? -1 : addToSequence(baseSequence, lastOffsetDelta),
    recordsCount: readInt32(bytes, at + BatchField.recordsCount),
    compression: COMPRESSION_NAMES[attributes & BatchAttribute.compression]!,
    timestampType: (attributes & BatchAttribute.logAppendTime) === 0 ? 'create-time' : 'log-append-time',
    isTransactional: (attributes & BatchAttribute.transactional) !== 0,
    isControl: (attributes & BatchAttribute.control) !== 0,
    hasDeleteHorizon: (attributes & BatchAttribute.deleteHorizon) !== 0,
    marker: (attributes & BatchAttribute.control) === 0 ? undefined : findMarker(bytes, at, sizeBytes),
  };
}

/** The sequence `delta` after another one. Sequences go from 0 to 2³¹ − 1 and then begin again at 0. */
export function addToSequence(sequence: number, delta: number): number {
  return (sequence + delta) % 0x8000_0000;
}

/** Whether the checksum is that of the bytes. The whole batch must be here. */
export function isBatchIntact(bytes: Uint8Array, header: BatchHeader, at = 0): boolean {
  const end = at + header.sizeBytes;
  return end <= bytes.length && crc32c(bytes.subarray(at + BatchField.attributes, end)) === header.crc;
}

/** Writes what the leader decides. Neither field is under the checksum. [KIP-98] */
export function stampBatch(
  bytes: Uint8Array,
  at: number,
  stamp: { readonly baseOffset: Offset; readonly partitionLeaderEpoch: LeaderEpoch },
): void {
  writeInt64(bytes, at + BatchField.baseOffset, stamp.baseOffset);
  writeInt32(bytes, at + BatchField.partitionLeaderEpoch, stamp.partitionLeaderEpoch);
}

/** Makes the time of the append the timestamp of all records, and the checksum right again. */
export function setLogAppendTime(bytes: Uint8Array, at: number, timestampMs: number): void {
  const attributes = readInt16(bytes, at + BatchField.attributes);
  writeInt16(bytes, at + BatchField.attributes, attributes | BatchAttribute.logAppendTime);
  writeInt64(bytes, at + BatchField.maxTimestamp, timestampMs);
  sealBatch(bytes, at);
}

/** Computes the checksum anew, after a change behind it. */
export function sealBatch(bytes: Uint8Array, at = 0): void {
  const end = at + batchSizeAt(bytes, at);
  assert(end <= bytes.length, () => `the batch ends at ${end}, its bytes at ${bytes.length}`);
  writeInt32(bytes, at + BatchField.crc, crc32c(bytes.subarray(at + BatchField.attributes, end)));
}

/** The failure of a batch that is cut short or contradicts itself. */
export function malformedBatch(reason: string): AppError {
  return new AppError('batch-malformed', `record batch: ${reason}`, { retriable: false, definite: true });
}
