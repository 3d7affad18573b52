/** What a marker says, found in the bytes of its control batch without decoding the record. */
import { BATCH_HEADER_BYTES, BatchAttribute, BatchField } from './batch-format.ts';
import { readInt16, readInt32 } from './big-endian.ts';

/** How a transaction ended in a partition, and which coordinator said so. */
export interface TransactionMarker {
  readonly kind: 'commit' | 'abort';
  /** The leader epoch of the coordinator's partition. */
  readonly coordinatorEpoch: number;
}

const ABORT_TYPE = 0;
const COMMIT_TYPE = 1;
/** Length and attributes of the record; the lengths of key and value take one byte each. [R9, R10] */
const KEY_BYTES = 4;
const VALUE_BYTES_MIN = 6;

/**
 * The marker in the control batch of `sizeBytes` that begins at `at`; undefined where the batch is another kind of
 * control batch, has no record any more, or is not whole. Never throws: recovery looks at bytes that are no batch.
 */
export function findMarker(bytes: Uint8Array, at: number, sizeBytes: number): TransactionMarker | undefined {
  const end = at + sizeBytes;
  const isCompressed = (readInt16(bytes, at + BatchField.attributes) & BatchAttribute.compression) !== 0;
  if (end > bytes.length || isCompressed || readInt32(bytes, at + BatchField.recordsCount) !== 1) return undefined;
  // The record's length, one byte of attributes, its two deltas.
  let position = afterVarint(bytes, at + BATCH_HEADER_BYTES, end) + 1;
  position = afterVarint(bytes, afterVarint(bytes, position, end), end);
  const key = position + 1;
  const value = key + KEY_BYTES + 1;
  const isShort = value + VALUE_BYTES_MIN > end || bytes[position] !== KEY_BYTES * 2;
  if (isShort || (bytes[value - 1] as number) < VALUE_BYTES_MIN * 2) return undefined;
  const type = readInt16(bytes, key + 2);
  if (type !== ABORT_TYPE && type !== COMMIT_TYPE) return undefined;
  return { kind: type === COMMIT_TYPE ? 'commit' : 'abort', coordinatorEpoch: readInt32(bytes, value + 2) };
}

/** Where a varint ends that begins at `at`; never beyond `end`. */
function afterVarint(bytes: Uint8Array, at: number, end: number): number {
  let position = at;
  while (position < end && (bytes[position] as number) >= 0x80) position += 1;
  return Math.min(position + 1, end);
}
