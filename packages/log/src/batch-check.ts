/** Is there a whole, unchanged record batch at a place of some bytes? */
import { AppError } from '@hapax/base';
import {
  BATCH_HEADER_BYTES, BatchField, batchSizeAt, CURRENT_MAGIC, isBatchIntact, readBatchHeader, type BatchHeader,
} from '@hapax/wire/records';

/** What is at a place: a batch, the beginning of one that needs more bytes, or something else. */
export type BatchAt =
  | { readonly kind: 'batch'; readonly header: BatchHeader }
  | { readonly kind: 'short'; readonly sizeBytes: number }
  | { readonly kind: 'bad' };

const BAD: BatchAt = { kind: 'bad' };

/** Looks at the bytes from `at` on: length, version, counts and checksum. */
export function batchAt(bytes: Uint8Array, at: number): BatchAt {
  if (bytes.length - at < BATCH_HEADER_BYTES) return { kind: 'short', sizeBytes: BATCH_HEADER_BYTES };
  const sizeBytes = batchSizeAt(bytes, at);
  if (sizeBytes < BATCH_HEADER_BYTES || bytes[at + BatchField.magic] !== CURRENT_MAGIC) return BAD;
  if (bytes.length - at < sizeBytes) return { kind: 'short', sizeBytes };
  const header = readBatchHeader(bytes, at);
  if (header.baseOffset < 0 || header.lastOffsetDelta < 0 || !isBatchIntact(bytes, header, at)) return BAD;
  return { kind: 'batch', header };
}

/** The failure to answer with where a stored batch does not pass. */
export function corruptBatch(path: string, position: number, cause?: unknown): AppError {
  const message = `${path} has no valid batch at byte ${position}; the replica must be restored from another one`;
  const details = { path, position };
  return new AppError('data-corrupt', message, { retriable: false, definite: true, cause, details });
}
