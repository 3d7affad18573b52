/** Reads a segment file batch by batch, and says where and why it stops making sense. */
import { AppError } from '@hapax/base';
import {
  BATCH_HEADER_BYTES,
  isBatchIntact,
  LOG_OVERHEAD_BYTES,
  readBatchHeader,
  type BatchHeader,
} from '@hapax/wire/records';

/** A batch and where it lies in the file. */
export interface SegmentBatch {
  readonly position: number;
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

export interface SegmentContents {
  readonly fileBytes: number;
  /** The whole, intact batches from the start on. */
  readonly batches: readonly SegmentBatch[];
  /** Zeros behind the last batch: room that was set aside, and no damage. */
  readonly spareBytes: number;
  /** Where the file goes bad, in a sentence; undefined where it does not. */
  readonly damage?: string;
}

/** Reads a whole file's bytes. Never throws for what is in them. */
export function readSegment(bytes: Uint8Array): SegmentContents {
  const batches: SegmentBatch[] = [];
  let position = 0;
  let damage: string | undefined;
  while (position < bytes.length) {
    if (isZero(bytes, position)) break;
    const found = batchAt(bytes, position, batches.at(-1)?.header.lastOffset ?? -1);
    if (typeof found === 'string') {
      damage = `byte ${position}: ${found}`;
      break;
    }
    batches.push(found);
    position += found.header.sizeBytes;
  }
  const read = { fileBytes: bytes.length, batches, spareBytes: damage === undefined ? bytes.length - position : 0 };
  return damage === undefined ? read : { ...read, damage };
}

/** The batch at a position, or what is wrong with it. */
function batchAt(bytes: Uint8Array, position: number, lastOffset: number): SegmentBatch | string {
  const left = bytes.length - position;
  if (left < LOG_OVERHEAD_BYTES || left < BATCH_HEADER_BYTES) return `${left} bytes are too few for a batch header`;
  let header: BatchHeader;
  try {
    header = readBatchHeader(bytes, position);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  if (header.sizeBytes > left) return `a batch of ${header.sizeBytes} bytes is cut short: ${left} are here`;
  if (!isBatchIntact(bytes, header, position))
    return `the checksum of the batch at offset ${header.baseOffset} is wrong`;
  if (header.baseOffset <= lastOffset) return `offset ${header.baseOffset} follows ${lastOffset}`;
  return { position, header, bytes: bytes.subarray(position, position + header.sizeBytes) };
}

function isZero(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
