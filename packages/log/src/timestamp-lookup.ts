/** Finds batches by timestamp, for ListOffsets. Which record of a batch it is, the caller must look. */
import type { Offset } from '@hapax/base';
import type { BatchHeader } from '@hapax/wire/records';
import type { Segment } from './segment.ts';

/** A batch of the log. */
export interface BatchFound {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

export interface OffsetRange {
  readonly startOffset: Offset;
  /** Exclusive. */
  readonly endOffset: Offset;
}

/** The first batch whose greatest timestamp is `timestampMs` or more. */
export function findBatchByTimestamp(
  segments: readonly Segment[], timestampMs: number, range: OffsetRange,
): BatchFound | undefined {
  for (const segment of segments) {
    if (segment.maxTimestampMs < timestampMs || segment.endOffset <= range.startOffset) continue;
    const older = segment.timeIndex.lookupBefore(timestampMs);
    const from = older === undefined ? 0 : segment.positionOf(older.offset);
    const found = firstBatch(segment, from, (header) =>
      header.maxTimestamp >= timestampMs && header.lastOffset >= range.startOffset);
    if (found !== undefined) return found.header.lastOffset < range.endOffset ? found : undefined;
  }
  return undefined;
}

/** The first of the batches with the greatest timestamp of all. */
export function findBatchOfMaxTimestamp(segments: readonly Segment[], range: OffsetRange): BatchFound | undefined {
  let newest: Segment | undefined;
  for (const segment of segments) {
    if (segment.maxTimestampOffset < range.startOffset) continue;
    if (newest === undefined || segment.maxTimestampMs > newest.maxTimestampMs) newest = segment;
  }
  if (newest === undefined || newest.maxTimestampOffset >= range.endOffset) return undefined;
  return firstBatch(newest, newest.positionOf(newest.maxTimestampOffset), () => true);
}

function firstBatch(segment: Segment, from: number, accept: (header: BatchHeader) => boolean): BatchFound | undefined {
  let found: BatchFound | undefined;
  segment.scan(from, (header, position) => {
    if (!accept(header)) return true;
    found = { header, bytes: segment.readBatch(header, position) };
    return false;
  });
  return found;
}
