/** The sparse index of a segment: from the last offset of some batches to their position; Kafka's `.index` format. */

/** Bytes of one entry: relative offset and position, four each, big-endian. */
export const OFFSET_INDEX_ENTRY_BYTES = 8;

/** Entries in memory, ascending in both columns. */
export class OffsetIndex {
  private readonly baseOffset: number;
  private relativeOffsets = new Int32Array(64);
  private positions = new Int32Array(64);
  private count = 0;

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
  }

  get entries(): number {
    return this.count;
  }

  get sizeBytes(): number {
    return this.count * OFFSET_INDEX_ENTRY_BYTES;
  }

  /** The last entry, or the beginning of the segment where there is none. */
  get last(): { readonly offset: number; readonly position: number } {
    return this.entryAt(this.count - 1);
  }

  /** Adds the batch that ends with `lastOffset` and begins at `position`. */
  append(lastOffset: number, position: number): void {
    if (this.count === this.positions.length) this.grow();
    this.relativeOffsets[this.count] = lastOffset - this.baseOffset;
    this.positions[this.count] = position;
    this.count += 1;
  }

  /** Where to begin to look for an offset: the position of the last indexed batch that does not begin after it. */
  lookup(offset: number): { readonly offset: number; readonly position: number } {
    const relative = offset - this.baseOffset;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.relativeOffsets[middle] as number) <= relative) low = middle + 1;
      else high = middle;
    }
    return this.entryAt(low - 1);
  }

  /** Forgets the batches at `position` and after. */
  truncateToPosition(position: number): void {
    while (this.count > 0 && (this.positions[this.count - 1] as number) >= position) this.count -= 1;
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < this.count; at++) {
      view.setInt32(at * 8, this.relativeOffsets[at] as number);
      view.setInt32(at * 8 + 4, this.positions[at] as number);
    }
    return bytes;
  }

  /** Reads what {@link encode} wrote; undefined where it cannot belong to a segment of this base and size. */
  static decode(baseOffset: number, bytes: Uint8Array, segmentBytes: number): OffsetIndex | undefined {
    if (bytes.length % OFFSET_INDEX_ENTRY_BYTES !== 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = new OffsetIndex(baseOffset);
    let lastRelative = -1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += OFFSET_INDEX_ENTRY_BYTES) {
      const relative = view.getInt32(at);
      const position = view.getInt32(at + 4);
      if (relative <= lastRelative || position <= lastPosition || position >= segmentBytes) return undefined;
      index.append(baseOffset + relative, position);
      lastRelative = relative;
      lastPosition = position;
    }
    return index;
  }

  private entryAt(at: number): { readonly offset: number; readonly position: number } {
    if (at < 0) return { offset: this.baseOffset, position: 0 };
    return { offset: this.baseOffset + (this.relativeOffsets[at] as number), position: this.positions[at] as number };
  }

  private grow(): void {
    const relativeOffsets = new Int32Array(this.count * 2);
    const positions = new Int32Array(this.count * 2);
    relativeOffsets.set(this.relativeOffsets);
    positions.set(this.positions);
    this.relativeOffsets = relativeOffsets;
    this.positions = positions;
  }
}
