/** Finds a record by its time in a batch that the log found. */
import type { Compression, LeaderEpoch, Offset } from '@hapax/base';
import type { BatchFound } from '@hapax/log';
import { readRecords } from '@hapax/wire/records';

/** A record that a look-up by time found. */
export interface RecordFound {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** What one batch may expand to when it is looked into. */
const MAX_UNCOMPRESSED_BYTES = 128 << 20;

/** The first record of at least this time within bounds. Throws where the batch's records cannot be read. */
export function firstRecordSince(
  { header, bytes }: BatchFound,
  timestampMs: number,
  within: { readonly startOffset: Offset; readonly endOffset: Offset; readonly compression: Compression },
): RecordFound | undefined {
  const leaderEpoch = header.partitionLeaderEpoch;
  if (header.timestampType === 'log-append-time') {
    return { offset: header.baseOffset, timestampMs: header.maxTimestamp, leaderEpoch };
  }
  for (const record of readRecords(bytes, within.compression, MAX_UNCOMPRESSED_BYTES)) {
    if (record.offset >= within.endOffset) return undefined;
    if (record.offset >= within.startOffset && record.timestampMs >= timestampMs) {
      return { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch };
    }
  }
  return undefined;
}
