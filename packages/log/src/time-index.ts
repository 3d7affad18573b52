/** The time index of a segment: the greatest timestamp so far and its offset, now and then; Kafka's `.timeindex`. */

/** Bytes of one entry: timestamp (8) and relative offset (4), big-endian. */
export const TIME_INDEX_ENTRY_BYTES = 12;

/** "The batch with the greatest timestamp up to here had this timestamp and ended with this offset." */
export interface TimeIndexEntry {
  readonly timestampMs: number;
  readonly offset: number;
}

/** Entries in memory, ascending in both columns. */
export class TimeIndex {
  private readonly baseOffset: number;
  private list: TimeIndexEntry[] = [];

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
  }

  get entries(): number {
    return this.list.length;
  }

  get sizeBytes(): number {
    return this.list.length * TIME_INDEX_ENTRY_BYTES;
  }

  get last(): TimeIndexEntry | undefined {
    return this.list.at(-1);
  }

  /** Adds an entry if it has a greater timestamp than the last one; else does nothing. */
  maybeAppend(entry: TimeIndexEntry): void {
    const last = this.last;
    if (last === undefined || entry.timestampMs > last.timestampMs) this.list.push(entry);
  }

  /** The last entry with a timestamp below the given one: batches up to its offset are all older. */
  lookupBefore(timestampMs: number): TimeIndexEntry | undefined {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as TimeIndexEntry).timestampMs < timestampMs) low = middle + 1;
      else high = middle;
    }
    return this.list[low - 1];
  }

  /** Forgets entries of offsets from `offset` on. */
  truncateTo(offset: number): void {
    while (this.list.length > 0 && (this.last as TimeIndexEntry).offset >= offset) this.list.pop();
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes);
    const view = new DataView(bytes.buffer);
    this.list.forEach((entry, index) => {
      view.setBigInt64(index * 12, BigInt(entry.timestampMs));
      view.setInt32(index * 12 + 8, entry.offset - this.baseOffset);
    });
    return bytes;
  }

  /** Reads what {@link encode} wrote; undefined where it cannot belong to a segment that ends before `endOffset`. */
  static decode(baseOffset: number, bytes: Uint8Array, endOffset: number): TimeIndex | undefined {
    if (bytes.length % TIME_INDEX_ENTRY_BYTES !== 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = new TimeIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += TIME_INDEX_ENTRY_BYTES) {
      const entry = { timestampMs: Number(view.getBigInt64(at)), offset: baseOffset + view.getInt32(at + 8) };
      const last = index.last;
      if (entry.offset < baseOffset || entry.offset >= endOffset) return undefined;
      const ascends = last === undefined || (entry.timestampMs > last.timestampMs && entry.offset > last.offset);
      if (!ascends) return undefined;
      index.list.push(entry);
    }
    return index;
  }
}
