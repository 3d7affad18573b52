/** The newest batches of every log, in memory: what consumers and followers that keep up read. */
import { assert, type Offset } from '@hapax/base';
import { readBatchHeader } from '@hapax/wire/records';

/** The batches of one append. */
interface TailEntry {
  readonly log: LogTail;
  readonly baseOffset: Offset;
  lastOffset: Offset;
  bytes: Uint8Array;
}

/** What an entry costs besides its bytes: small batches would else take several times the memory that was given. */
const ENTRY_BYTES = 400;

/** How much a read may take. */
export interface ReadLimits {
  readonly maxBytes: number;
  /** Batches that end at this offset or later are not read. */
  readonly endOffset: Offset;
  /** Whether the first batch is read even where it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

/** What a read found: whole batches, in chunks that are sent back to back. */
export interface TailRead {
  readonly chunks: Uint8Array[];
  readonly sizeBytes: number;
  readonly firstOffset: Offset;
  readonly nextOffset: Offset;
}

/** The budget of all tails together. What was appended first is dropped first, whatever log it belongs to. */
export class TailCache {
  private readonly maxBytes: number;
  private queue: TailEntry[] = [];
  private head = 0;
  private heldBytes = 0;

  constructor(options: { readonly maxBytes: number }) {
    assert(options.maxBytes >= 0, `a tail cache of ${options.maxBytes} bytes`);
    this.maxBytes = options.maxBytes;
  }

  get sizeBytes(): number {
    return this.heldBytes;
  }

  admit(entry: TailEntry): void {
    this.queue.push(entry);
    this.heldBytes += entry.bytes.length + ENTRY_BYTES;
    while (this.heldBytes > this.maxBytes && this.head < this.queue.length) {
      const oldest = this.queue[this.head++] as TailEntry;
      this.release(oldest.bytes.length + ENTRY_BYTES);
      oldest.log.dropFirst(oldest);
    }
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }

  /** Bytes went away by a truncation; their entries leave the queue in their turn. */
  release(bytes: number): void {
    this.heldBytes -= bytes;
  }
}

/** Takes the place of entries that are gone, so that their bytes can go too. */
const NOTHING = { baseOffset: -1, lastOffset: -1, bytes: new Uint8Array(0) } as TailEntry;

/** The tail of one log. Invariant: its entries are contiguous and the last one ends where the log ends. */
export class LogTail {
  private readonly cache: TailCache;
  private entries: TailEntry[] = [];
  private head = 0;

  constructor(cache: TailCache) {
    this.cache = cache;
  }

  /** The first offset that can be read from here; Infinity where there is none. */
  get startOffset(): Offset {
    return this.entries[this.head]?.baseOffset ?? Number.POSITIVE_INFINITY;
  }

  append(bytes: Uint8Array, baseOffset: Offset, lastOffset: Offset): void {
    const entry = { log: this, baseOffset, lastOffset, bytes };
    this.entries.push(entry);
    this.cache.admit(entry);
  }

  /** Forgets everything from `endOffset` on. */
  truncateTo(endOffset: Offset): void {
    while (this.entries.length > this.head) {
      const entry = this.entries[this.entries.length - 1] as TailEntry;
      if (entry.lastOffset < endOffset) return;
      const keep = entry.baseOffset >= endOffset ? 0 : positionIn(entry.bytes, endOffset);
      this.cache.release(entry.bytes.length - keep);
      entry.bytes = entry.bytes.subarray(0, keep);
      entry.lastOffset = endOffset - 1;
      if (keep > 0) return;
      this.entries.pop();
    }
  }

  /** Called by the cache, with the oldest entry of this log or one that a truncation has emptied. */
  dropFirst(entry: TailEntry): void {
    if (this.entries[this.head] !== entry) return;
    this.entries[this.head] = NOTHING;
    this.head += 1;
    if (this.head > 64 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
  }

  /** Reads from the batch that holds `fromOffset` on; undefined where the tail begins later or nothing may be read. */
  read(fromOffset: Offset, limits: ReadLimits): TailRead | undefined {
    if (fromOffset < this.startOffset) return undefined;
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    let firstOffset = -1;
    let nextOffset = -1;
    for (let index = this.findEntry(fromOffset); index < this.entries.length; index++) {
      const { bytes } = this.entries[index] as TailEntry;
      const from = firstOffset < 0 ? positionIn(bytes, fromOffset) : 0;
      let end = from;
      while (end < bytes.length) {
        const header = readBatchHeader(bytes, end);
        const isFirst = firstOffset < 0;
        const fits = sizeBytes + (end - from) + header.sizeBytes <= limits.maxBytes || (isFirst && limits.minOneBatch);
        if (!fits || header.lastOffset >= limits.endOffset) break;
        if (isFirst) firstOffset = header.baseOffset;
        nextOffset = header.lastOffset + 1;
        end += header.sizeBytes;
      }
      if (end > from) chunks.push(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
      sizeBytes += end - from;
      if (end < bytes.length) break;
    }
    return chunks.length === 0 ? undefined : { chunks, sizeBytes, firstOffset, nextOffset };
  }

  private findEntry(offset: Offset): number {
    let low = this.head;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as TailEntry).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where the first batch begins that ends at `offset` or later; the length of the bytes where there is none. */
export function positionIn(bytes: Uint8Array, offset: Offset): number {
  let at = 0;
  while (at < bytes.length) {
    const header = readBatchHeader(bytes, at);
    if (header.lastOffset >= offset) return at;
    at += header.sizeBytes;
  }
  return at;
}
