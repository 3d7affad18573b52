/** The aborted transactions whose markers are in a segment; Kafka's `.txnindex` format. [KIP-98, L4, L6] */
import type { Offset, ProducerId } from '@hapax/base';

/** Bytes of one entry: version (2), producer id, first offset, last offset, last stable offset (8 each), big-endian. */
const TXN_INDEX_ENTRY_BYTES = 34;
const VERSION = 0;

/** "The records of this producer from the first to the last of these offsets are of a transaction that was aborted." */
export interface AbortedTransaction {
  readonly producerId: ProducerId;
  readonly firstOffset: Offset;
  /** Of the marker. */
  readonly lastOffset: Offset;
  /** Every transaction that began before this offset was over at the marker. */
  readonly lastStableOffset: Offset;
}

/** Entries in memory, ascending by `lastOffset`. */
export class TxnIndex {
  private list: AbortedTransaction[] = [];

  get entries(): readonly AbortedTransaction[] {
    return this.list;
  }

  get sizeBytes(): number {
    return this.list.length * TXN_INDEX_ENTRY_BYTES;
  }

  /** Adds an entry, unless it is one of those that a replay finds here already. */
  maybeAppend(entry: AbortedTransaction): void {
    const last = this.list.at(-1);
    if (last === undefined || entry.lastOffset > last.lastOffset) this.list.push(entry);
  }

  /**
   * Adds to `found` the transactions that have records in `[fromOffset, endOffset)`, as far as this segment knows.
   * Answers whether later segments know of no more. [L6]
   */
  collect(fromOffset: Offset, endOffset: Offset, found: AbortedTransaction[]): boolean {
    for (let at = this.firstEndingAt(fromOffset); at < this.list.length; at++) {
      const entry = this.list[at] as AbortedTransaction;
      if (entry.firstOffset < endOffset) found.push(entry);
      if (entry.lastStableOffset >= endOffset) return true;
    }
    return false;
  }

  /** Forgets entries with markers from `offset` on. */
  truncateTo(offset: Offset): void {
    this.list = this.list.slice(0, this.firstEndingAt(offset));
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes);
    const view = new DataView(bytes.buffer);
    this.list.forEach((entry, index) => {
      const at = index * TXN_INDEX_ENTRY_BYTES;
      view.setInt16(at, VERSION);
      view.setBigInt64(at + 2, BigInt(entry.producerId));
      view.setBigInt64(at + 10, BigInt(entry.firstOffset));
      view.setBigInt64(at + 18, BigInt(entry.lastOffset));
      view.setBigInt64(at + 26, BigInt(entry.lastStableOffset));
    });
    return bytes;
  }

  /** Reads what {@link encode} wrote; undefined where it cannot belong to a segment of these offsets. */
  static decode(bytes: Uint8Array, baseOffset: Offset, endOffset: Offset): TxnIndex | undefined {
    if (bytes.length % TXN_INDEX_ENTRY_BYTES !== 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = new TxnIndex();
    let least = baseOffset;
    for (let at = 0; at < bytes.length; at += TXN_INDEX_ENTRY_BYTES) {
      const [producerId, firstOffset, lastOffset, lastStableOffset] =
        [2, 10, 18, 26].map((field) => Number(view.getBigInt64(at + field))) as [number, number, number, number];
      const isInSegment = lastOffset >= least && lastOffset < endOffset;
      const isSound = producerId >= 0 && firstOffset >= 0 && firstOffset < lastOffset &&
        lastStableOffset >= 0 && lastStableOffset <= lastOffset + 1;
      if (view.getInt16(at) !== VERSION || !isInSegment || !isSound) return undefined;
      index.list.push({ producerId, firstOffset, lastOffset, lastStableOffset });
      least = lastOffset + 1;
    }
    return index;
  }

  /** The position of the first entry whose marker is at `offset` or later. */
  private firstEndingAt(offset: Offset): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as AbortedTransaction).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The transactions that have records in `[fromOffset, endOffset)`, from the segment of `fromOffset` on. */
export function collectAborted(
  segments: Iterable<{ readonly txnIndex: TxnIndex }>, fromOffset: Offset, endOffset: Offset,
): AbortedTransaction[] {
  const found: AbortedTransaction[] = [];
  for (const { txnIndex } of segments) if (txnIndex.collect(fromOffset, endOffset, found)) break;
  return found;
}
