/** Reads a segment's file at start: by its index files where they can be trusted, else batch by batch. */
import { AppError, type Disk, type Offset } from '@hapax/base';
import { BATCH_HEADER_BYTES, BatchField, CURRENT_MAGIC, type BatchHeader } from '@hapax/wire/records';
import { batchAt } from './batch-check.ts';
import type { LogConfig } from './log-config.ts';
import { OffsetIndex } from './offset-index.ts';
import { readWholeFile } from './replace-file.ts';
import { OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, type Segment } from './segment.ts';
import { TimeIndex } from './time-index.ts';
import { TxnIndex } from './txn-index.ts';

const WINDOW_BYTES = 1024 * 1024;

/** How a segment's valid part ends. */
export type LoadEnd =
  | { readonly kind: 'whole' }
  /** At a batch that the journal overrules. */
  | { readonly kind: 'cut' }
  /** At bytes that are no valid batch; `hasMore`: a valid batch is found behind them. */
  | { readonly kind: 'bad'; readonly hasMore: boolean };

export interface LoadLimits {
  /** Batches that end at this offset or later do not count. */
  readonly cutAt: Offset;
  /** No batch may have an epoch below this one. */
  readonly minLeaderEpoch: number;
  onBatch(header: BatchHeader): void;
}

/** Loads the index files if they fit the segment; answers false, and leaves the segment empty, where they do not. */
export function loadByIndex(disk: Disk, segment: Segment, endOffset: Offset | undefined): boolean {
  const sizeBytes = fileSize(disk, segment.path);
  const offsets = readWholeFile(disk, segment.pathOf(OFFSET_INDEX_SUFFIX));
  const times = readWholeFile(disk, segment.pathOf(TIME_INDEX_SUFFIX));
  const aborted = readWholeFile(disk, segment.pathOf(TXN_INDEX_SUFFIX));
  if (offsets === undefined || times === undefined || aborted === undefined || sizeBytes === 0) return false;
  const offsetIndex = OffsetIndex.decode(segment.baseOffset, offsets, sizeBytes);
  const timeIndex = TimeIndex.decode(segment.baseOffset, times, endOffset ?? Number.MAX_SAFE_INTEGER);
  if (offsetIndex === undefined || timeIndex === undefined) return false;
  segment.offsetIndex = offsetIndex;
  segment.timeIndex = timeIndex;
  segment.sizeBytes = sizeBytes;
  segment.writtenBytes = sizeBytes;
  const end = walkToEnd(segment);
  const txnIndex = end === undefined ? undefined : TxnIndex.decode(aborted, segment.baseOffset, end);
  const isWhole = end !== undefined && txnIndex !== undefined && (endOffset === undefined || end === endOffset);
  if (isWhole && recounts(segment)) {
    segment.endOffset = end;
    segment.txnIndex = txnIndex;
    return true;
  }
  segment.offsetIndex = new OffsetIndex(segment.baseOffset);
  segment.timeIndex = new TimeIndex(segment.baseOffset);
  segment.sizeBytes = 0;
  segment.writtenBytes = 0;
  return false;
}

/** Checks every batch from the start of the file on, and indexes those that count. */
export function loadByScan(disk: Disk, segment: Segment, config: LogConfig, limits: LoadLimits): LoadEnd {
  const file = disk.open(segment.path, { create: false });
  const fileBytes = file.size();
  let leaderEpoch = limits.minLeaderEpoch;
  let window = file.read(0, WINDOW_BYTES);
  let windowAt = 0;
  let end: LoadEnd = { kind: 'whole' };
  while (segment.sizeBytes < fileBytes) {
    // What follows a truncation is void, whatever it is: old batches, new ones, or torn.
    if (segment.endOffset >= limits.cutAt) {
      end = { kind: 'cut' };
      break;
    }
    const position = segment.sizeBytes;
    let found = batchAt(window, position - windowAt);
    if (found.kind === 'short' && windowAt + window.length < fileBytes) {
      window = file.read(position, Math.max(WINDOW_BYTES, found.sizeBytes));
      windowAt = position;
      found = batchAt(window, 0);
    }
    if (found.kind === 'short' && position + found.sizeBytes <= fileBytes) {
      window = file.read(position, found.sizeBytes);
      found = batchAt(window, 0);
    }
    const header = found.kind === 'batch' ? found.header : undefined;
    if (header === undefined || header.baseOffset !== segment.endOffset || header.partitionLeaderEpoch < leaderEpoch) {
      end = { kind: 'bad', hasMore: hasBatchAfter(file.read(position, fileBytes - position), segment.endOffset) };
      break;
    }
    if (header.lastOffset >= limits.cutAt) {
      end = { kind: 'cut' };
      break;
    }
    leaderEpoch = header.partitionLeaderEpoch;
    segment.account(header, config);
    limits.onBatch(header);
  }
  file.close();
  segment.writtenBytes = segment.sizeBytes;
  return end;
}

/** The size of a file, 0 where it is absent. */
export function fileSize(disk: Disk, path: string): number {
  if (!disk.exists(path)) return 0;
  const file = disk.open(path, { create: false });
  const sizeBytes = file.size();
  file.close();
  return sizeBytes;
}

/** Follows the batches from the last index entry on; undefined where they do not lead to the end of the file. */
function walkToEnd(segment: Segment): Offset | undefined {
  const { last, entries } = segment.offsetIndex;
  let end: Offset | undefined;
  let position = last.position;
  let isSound = true;
  try {
    segment.scan(last.position, (header, at) => {
      const expected = end ?? (entries === 0 ? segment.baseOffset : header.baseOffset);
      const isIndexed = at !== last.position || entries === 0 || header.lastOffset === last.offset;
      isSound = header.baseOffset === expected && isIndexed;
      end = header.lastOffset + 1;
      position = at + header.sizeBytes;
      return isSound;
    });
  } catch {
    return undefined;
  }
  return isSound && position === segment.sizeBytes ? end : undefined;
}

/** Where the first header makes no sense, the segment is read batch by batch, and is cut there. */
function recounts(segment: Segment): boolean {
  try {
    segment.recount();
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'data-corrupt') throw error;
    return false;
  }
}

/** Whether a valid batch of a later offset begins anywhere in the bytes after the first. */
function hasBatchAfter(bytes: Uint8Array, offset: Offset): boolean {
  for (let at = 1; at + BATCH_HEADER_BYTES <= bytes.length; at++) {
    if (bytes[at + BatchField.magic] !== CURRENT_MAGIC) continue;
    const found = batchAt(bytes, at);
    if (found.kind === 'batch' && found.header.baseOffset > offset) return true;
  }
  return false;
}
