/** Which of the batches that a broker sent belong to transactions that were aborted. */
import { readControlBatch, type BatchHeader } from '@hapax/wire/records';

/** A transaction that was aborted, as a fetch answer tells of it. It may have begun before the fetch. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/**
 * Goes through the batches of one answer in the order of their offsets. A producer's batches are left out from the
 * first offset of an aborted transaction on to the marker that ends it. Brokers tell of every aborted transaction that
 * ends behind the fetched offset, so that it does not matter where in a transaction a fetch begins. [L6, L9]
 */
export class AbortedTransactions {
  readonly #waiting: AbortedTransaction[];
  readonly #open = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset);
  }

  /** Whether the next batch shows no records: a control batch, or one of an aborted transaction. */
  hides(header: BatchHeader, batchBytes: Uint8Array): boolean {
    for (let first = this.#waiting[0]; first !== undefined && first.firstOffset <= header.lastOffset; ) {
      this.#open.add(first.producerId);
      this.#waiting.shift();
      first = this.#waiting[0];
    }
    if (!header.isControl) return header.isTransactional && this.#open.has(header.producerId);
    if (this.#open.has(header.producerId) && isAbortMarker(header, batchBytes)) this.#open.delete(header.producerId);
    return true;
  }
}

function isAbortMarker(header: BatchHeader, batchBytes: Uint8Array): boolean {
  // Compaction may have taken the record out of a control batch that it kept for its producer's sake.
  if (header.recordsCount === 0) return false;
  const control = readControlBatch(header, batchBytes);
  return control.kind === 'end-txn' && control.outcome === 'abort';
}
