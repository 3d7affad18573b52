/** A reader of committed data, as clients are built, and what it must show. [L9] */
import type { Offset } from '@hapax/base';
import type { BatchHeader } from '@hapax/wire/records';
import type { PartitionLog } from '../src/index.ts';
import { headersOf } from './batches.ts';

/** The data batches that a consumer shows of `[fromOffset, endOffset)`, fetch by fetch. */
export function readCommitted(
  log: PartitionLog, fromOffset: Offset, endOffset: Offset, maxBytes: number,
): BatchHeader[] {
  const shown: BatchHeader[] = [];
  let offset = fromOffset;
  while (offset < endOffset) {
    const read = log.read(offset, { maxBytes, endOffset, minOneBatch: true });
    if (read === undefined) break;
    const aborted = [...log.abortedTransactions(offset, read.nextOffset)];
    aborted.sort((one, other) => one.firstOffset - other.firstOffset);
    const hidden = new Set<number>();
    for (const header of read.chunks.flatMap((chunk) => headersOf(chunk))) {
      while (aborted[0] !== undefined && aborted[0].firstOffset <= header.lastOffset) {
        hidden.add((aborted.shift() as { producerId: number }).producerId);
      }
      if (header.marker?.kind === 'abort') hidden.delete(header.producerId);
      const isHidden = header.isTransactional && hidden.has(header.producerId);
      if (!header.isControl && !isHidden) shown.push(header);
    }
    offset = read.nextOffset;
  }
  return shown;
}

/** The data batches that nobody may take back: outside of transactions, or of one that was committed. */
export function committedBatches(batches: readonly BatchHeader[]): BatchHeader[] {
  const outcomes = new Map<number, string>();
  const committed: BatchHeader[] = [];
  for (const batch of [...batches].reverse()) {
    if (batch.marker !== undefined) outcomes.set(batch.producerId, batch.marker.kind);
    else if (!batch.isTransactional || outcomes.get(batch.producerId) === 'commit') committed.push(batch);
  }
  return committed.reverse();
}

/** Where each open transaction begins, as far as these batches tell. */
export function openTransactions(batches: readonly BatchHeader[]): Offset[] {
  const open = new Map<number, Offset>();
  for (const { isTransactional, marker, producerId, baseOffset } of batches) {
    if (!isTransactional) continue;
    if (marker !== undefined) open.delete(producerId);
    else if (!open.has(producerId)) open.set(producerId, baseOffset);
  }
  return [...open.values()];
}
