/** Record batches that lie one after the other. */
import { LOG_OVERHEAD_BYTES, BATCH_HEADER_BYTES, BatchField, CURRENT_MAGIC } from './batch-format.ts';
import { batchSizeAt, malformedBatch, readBatchHeader, type BatchHeader } from './batch-header.ts';

/** One batch: its header, and a view of all its bytes. */
export interface BatchView {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

/**
 * The whole batches in bytes. A last batch that is cut short, as a fetch may return it, is left out. Throws
 * `batch-malformed` where a length is too small for a header or the magic is not 2. Checksums are not looked at.
 */
export function iterateBatches(bytes: Uint8Array): BatchView[] {
  const batches: BatchView[] = [];
  let at = 0;
  while (bytes.length - at >= LOG_OVERHEAD_BYTES) {
    const sizeBytes = batchSizeAt(bytes, at);
    if (bytes.length - at > BatchField.magic && bytes[at + BatchField.magic] !== CURRENT_MAGIC) {
      throw malformedBatch(`magic ${bytes[at + BatchField.magic]} at byte ${at} is not ${CURRENT_MAGIC}`);
    }
    if (sizeBytes < BATCH_HEADER_BYTES) throw malformedBatch(`${sizeBytes} bytes at byte ${at} are less than a header`);
    if (sizeBytes > bytes.length - at) break;
    batches.push({ header: readBatchHeader(bytes, at), bytes: bytes.subarray(at, at + sizeBytes) });
    at += sizeBytes;
  }
  return batches;
}
