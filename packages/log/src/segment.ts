/** One segment: a file of whole record batches, its three indexes, and the writes that are not in the file yet. */
import { assert, type Offset } from '@hapax/base';
import { BATCH_HEADER_BYTES, isBatchIntact, readBatchHeader, type BatchHeader } from '@hapax/wire/records';
import { batchAt, corruptBatch } from './batch-check.ts';
import type { FilePool } from './file-pool.ts';
import type { LogConfig } from './log-config.ts';
import { OffsetIndex } from './offset-index.ts';
import { offsetFileName } from './partition-directory.ts';
import type { ReadLimits } from './tail-cache.ts';
import { TimeIndex } from './time-index.ts';
import { TxnIndex } from './txn-index.ts';

export const LOG_SUFFIX = '.log';
export const OFFSET_INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TXN_INDEX_SUFFIX = '.txnindex';
/** The files beside the batches: a segment has all of them, or is read batch by batch. */
export const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX] as const;
/** How much is read at once where only headers matter. */
const WINDOW_BYTES = 65_536;

/** A write that waits: for the journal to be durable, or for the end of the turn. */
export interface PendingWrite {
  readonly segment: Segment;
  readonly position: number;
  readonly bytes: Uint8Array;
  /**
   * How many of the bytes still count: a truncation makes it less. They are all written nevertheless, and cut off
   * afterwards, because the journal may have the write for good, and forget it, before it has the truncation.
   */
  validBytes: number;
  /** When it is written, the log is whole up to here; less after a truncation. */
  endOffset: Offset;
  /** Where the bytes end, whatever becomes of them later. */
  readonly bytesEndOffset: Offset;
  /** Whether they are in the file already, ahead of the journal. */
  isInFile: boolean;
}

/** A run of whole batches, as read. */
export interface SegmentSlice {
  readonly bytes: Uint8Array;
  readonly firstOffset: Offset;
  readonly nextOffset: Offset;
}

/** One segment of a log: its file of batches and the indexes into it. */
export class Segment {
  readonly baseOffset: Offset;
  readonly directory: string;
  private readonly files: FilePool;
  /** Bytes of the segment, those that are not in the file yet included. */
  sizeBytes = 0;
  /** Bytes that are in the file. Invariant: writtenBytes + bytes of `pending` = sizeBytes. */
  writtenBytes = 0;
  /** The offset after the last one. */
  endOffset: Offset;
  offsetIndex: OffsetIndex;
  timeIndex: TimeIndex;
  txnIndex = new TxnIndex();
  /** −1 where no batch has a timestamp. */
  maxTimestampMs = -1;
  /** The last offset of the first batch with that timestamp. */
  maxTimestampOffset: Offset = -1;
  /** Of the first batch; undefined while the segment is empty. */
  firstTimestampMs: number | undefined;
  private bytesSinceIndex = 0;
  private pending: PendingWrite[] = [];
  /** How many of `pending`, from the first on, are in the file. */
  private writtenCount = 0;

  constructor(files: FilePool, directory: string, baseOffset: Offset) {
    this.files = files;
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.endOffset = baseOffset;
    this.offsetIndex = new OffsetIndex(baseOffset);
    this.timeIndex = new TimeIndex(baseOffset);
  }

  get path(): string {
    return this.pathOf(LOG_SUFFIX);
  }

  pathOf(suffix: string): string {
    return `${this.directory}/${offsetFileName(this.baseOffset, suffix)}`;
  }

  /** Takes note of a batch that begins at `sizeBytes`; its bytes are in the file, or are given to {@link hold}. */
  account(header: BatchHeader, config: LogConfig): void {
    if (this.bytesSinceIndex > config.indexIntervalBytes) {
      this.offsetIndex.append(header.lastOffset, this.sizeBytes);
      if (this.maxTimestampMs >= 0) this.noteTimestamp();
      this.bytesSinceIndex = 0;
    }
    this.bytesSinceIndex += header.sizeBytes;
    this.firstTimestampMs ??= header.maxTimestamp;
    if (header.maxTimestamp > this.maxTimestampMs) {
      this.maxTimestampMs = header.maxTimestamp;
      this.maxTimestampOffset = header.lastOffset;
    }
    this.sizeBytes += header.sizeBytes;
    this.endOffset = header.lastOffset + 1;
  }

  /** Keeps the bytes of the batches that were accounted for last, until {@link written}. */
  hold(bytes: Uint8Array): PendingWrite {
    const position = this.sizeBytes - bytes.length;
    const { endOffset } = this;
    const write = {
      segment: this, position, bytes, validBytes: bytes.length, endOffset, bytesEndOffset: endOffset, isInFile: false,
    };
    this.pending.push(write);
    return write;
  }

  /** The first of the pending writes is in the file now; one that no longer counts is not among them. */
  written(write: PendingWrite): void {
    if (write.validBytes === 0) return;
    const { position } = write;
    assert(position === this.writtenBytes, () => `${this.path}: wrote ${position} at ${this.writtenBytes}`);
    assert(this.pending[this.writtenCount] === write, () => `${this.path}: wrote ${position} out of order`);
    this.writtenCount += 1;
    this.writtenBytes += write.validBytes;
    if (this.writtenCount === this.pending.length) {
      this.pending = [];
      this.writtenCount = 0;
    }
  }

  /** Bytes at a position, from the file and from what waits to be written; shorter only at the end of the segment. */
  readAt(position: number, lengthBytes: number): Uint8Array {
    const end = Math.min(position + lengthBytes, this.sizeBytes);
    if (position >= end) return new Uint8Array(0);
    if (end <= this.writtenBytes) return this.file().read(position, end - position);
    const parts: Uint8Array[] = [];
    if (position < this.writtenBytes) parts.push(this.file().read(position, this.writtenBytes - position));
    for (const write of this.pending) {
      const from = Math.max(position, this.writtenBytes, write.position) - write.position;
      const to = Math.min(end - write.position, write.validBytes);
      if (from < to) parts.push(write.bytes.subarray(from, to));
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : joined(parts, end - position);
  }

  /**
   * Visits the headers from a position on (which must be a batch's) until the visitor answers false. Throws
   * `data-corrupt` where no header is.
   */
  scan(fromPosition: number, visit: (header: BatchHeader, position: number) => boolean): void {
    let position = fromPosition;
    let window = new Uint8Array(0);
    let windowAt = position;
    while (position + BATCH_HEADER_BYTES <= this.sizeBytes) {
      if (position + BATCH_HEADER_BYTES > windowAt + window.length) {
        window = this.readAt(position, WINDOW_BYTES) as Uint8Array<ArrayBuffer>;
        windowAt = position;
        if (window.length < BATCH_HEADER_BYTES) throw corruptBatch(this.path, position);
      }
      let header = this.headerAt(window, position - windowAt, position);
      if (header.isControl && position + header.sizeBytes > windowAt + window.length) {
        // A marker is in the record, which the window cuts off.
        window = this.readAt(position, Math.max(WINDOW_BYTES, header.sizeBytes)) as Uint8Array<ArrayBuffer>;
        windowAt = position;
        header = this.headerAt(window, 0, position);
      }
      if (!visit(header, position)) return;
      position += header.sizeBytes;
    }
  }

  /** As {@link scan}, and no batch is visited that does not pass its checksum. */
  scanIntact(fromPosition: number, visit: (header: BatchHeader) => boolean): void {
    let window = new Uint8Array(0);
    let windowAt = fromPosition;
    for (let position = fromPosition; position < this.sizeBytes; ) {
      let found = batchAt(window, position - windowAt);
      if (found.kind === 'short') {
        window = this.readAt(position, Math.max(WINDOW_BYTES, found.sizeBytes)) as Uint8Array<ArrayBuffer>;
        windowAt = position;
        found = batchAt(window, 0);
      }
      if (found.kind === 'short') {
        window = this.readAt(position, found.sizeBytes) as Uint8Array<ArrayBuffer>;
        found = batchAt(window, 0);
      }
      if (found.kind !== 'batch') throw corruptBatch(this.path, position);
      if (!visit(found.header)) return;
      position += found.header.sizeBytes;
    }
  }

  /** The header of the batch that holds an offset; undefined where the segment ends before it. */
  headerOf(offset: Offset): BatchHeader | undefined {
    let found: BatchHeader | undefined;
    this.scan(this.offsetIndex.lookup(offset).position, (header) => {
      if (header.lastOffset < offset) return true;
      found = header;
      return false;
    });
    return found;
  }

  /** The bytes of a batch, whole and as its checksum wants them. Throws `data-corrupt`. */
  readBatch(header: BatchHeader, position: number): Uint8Array {
    const bytes = this.readAt(position, header.sizeBytes);
    if (bytes.length < header.sizeBytes || !isBatchIntact(bytes, header)) throw corruptBatch(this.path, position);
    return bytes;
  }

  /** The position of the first batch that ends at `offset` or later, or the end where there is none. */
  positionOf(offset: Offset): number {
    let found = this.sizeBytes;
    this.scan(this.offsetIndex.lookup(offset).position, (header, position) => {
      if (header.lastOffset < offset) return true;
      found = position;
      return false;
    });
    return found;
  }

  /**
   * Reads whole batches from the one that holds `fromOffset` on, as many as `maxBytes` allow and end before
   * `endOffset`. Undefined where there is none, or the first is larger and `minOneBatch` is not set. Throws
   * `data-corrupt` where a batch does not pass its checksum: nothing corrupt is served. [S1]
   */
  read(fromOffset: Offset, limits: ReadLimits): SegmentSlice | undefined {
    const from = this.positionOf(fromOffset);
    let bytes = this.readAt(from, Math.max(limits.maxBytes, BATCH_HEADER_BYTES));
    let end = 0;
    let firstOffset = -1;
    let nextOffset = -1;
    while (end < bytes.length) {
      let found = batchAt(bytes, end);
      if (found.kind === 'short' && end === 0 && limits.minOneBatch && from + found.sizeBytes <= this.sizeBytes) {
        bytes = this.readAt(from, found.sizeBytes);
        found = batchAt(bytes, 0);
        if (found.kind === 'short') {
          bytes = this.readAt(from, found.sizeBytes);
          found = batchAt(bytes, 0);
        }
      }
      if (found.kind === 'short' && from + end + found.sizeBytes <= this.sizeBytes) break;
      if (found.kind !== 'batch') throw corruptBatch(this.path, from + end);
      const { header } = found;
      const follows = end === 0 ? header.baseOffset <= fromOffset : header.baseOffset === nextOffset;
      if (!follows) throw corruptBatch(this.path, from + end);
      if (header.lastOffset >= limits.endOffset) break;
      if (end + header.sizeBytes > limits.maxBytes && (end > 0 || !limits.minOneBatch)) break;
      if (end === 0) firstOffset = header.baseOffset;
      end += header.sizeBytes;
      nextOffset = header.lastOffset + 1;
    }
    return end === 0 ? undefined : { bytes: bytes.subarray(0, end), firstOffset, nextOffset };
  }

  /** The end of the batches before a position. */
  endBefore(position: number): Offset {
    let end = this.baseOffset;
    if (position === 0) return end;
    const indexed = this.offsetIndex.lookup(this.endOffset);
    this.scan(indexed.position < position ? indexed.position : 0, (header, at) => {
      if (at >= position) return false;
      end = header.lastOffset + 1;
      return true;
    });
    return end;
  }

  /** The index files as they are to be written, when the segment is full or the node stops. */
  indexFiles(): readonly (readonly [string, Uint8Array])[] {
    return [
      [this.pathOf(OFFSET_INDEX_SUFFIX), this.offsetIndex.encode()],
      [this.pathOf(TIME_INDEX_SUFFIX), this.timeIndex.encode()],
      [this.pathOf(TXN_INDEX_SUFFIX), this.txnIndex.encode()],
    ];
  }

  /** Cuts at a position that is a batch's; answers whether the file has, or will have, bytes beyond it. */
  truncateToPosition(position: number, endOffset: Offset): boolean {
    const cutsFile = this.sizeBytes > position;
    this.pending = this.pending.slice(this.writtenCount);
    this.writtenCount = 0;
    for (const write of this.pending) {
      write.validBytes = Math.max(0, Math.min(write.validBytes, position - write.position));
    }
    this.pending = this.pending.filter((write) => write.validBytes > 0);
    this.writtenBytes = Math.min(this.writtenBytes, position);
    this.sizeBytes = position;
    this.endOffset = endOffset;
    this.offsetIndex.truncateToPosition(position);
    this.timeIndex.truncateTo(endOffset);
    this.txnIndex.truncateTo(endOffset);
    this.recount();
    return cutsFile;
  }

  /** The last entry of a segment's time index names its greatest timestamp, as in Kafka. */
  noteTimestamp(): void {
    if (this.maxTimestampMs < 0) return;
    this.timeIndex.maybeAppend({ timestampMs: this.maxTimestampMs, offset: this.maxTimestampOffset });
  }

  /** Restores what depends on the batches after the last index entry, and the first timestamp. */
  recount(): void {
    const noted = this.timeIndex.last;
    this.maxTimestampMs = noted?.timestampMs ?? -1;
    this.maxTimestampOffset = noted?.offset ?? -1;
    this.firstTimestampMs = undefined;
    this.bytesSinceIndex = 0;
    this.scan(0, (header) => {
      this.firstTimestampMs = header.maxTimestamp;
      return false;
    });
    this.scan(this.offsetIndex.last.position, (header) => {
      if (header.maxTimestamp > this.maxTimestampMs) {
        this.maxTimestampMs = header.maxTimestamp;
        this.maxTimestampOffset = header.lastOffset;
      }
      this.bytesSinceIndex += header.sizeBytes;
      return true;
    });
  }

  private headerAt(window: Uint8Array, at: number, position: number): BatchHeader {
    try {
      return readBatchHeader(window, at);
    } catch (cause) {
      throw corruptBatch(this.path, position, cause);
    }
  }

  private file(): ReturnType<FilePool['get']> {
    return this.files.get(this.path, { create: false });
  }
}

function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
