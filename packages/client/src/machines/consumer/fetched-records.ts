/**
 * Records out of what a broker sent for a partition: markers are left out, and what was aborted, and what lies before
 * the position.
 */
import type { Compression } from '@hapax/base';
import { iterateBatches, readRecords } from '@hapax/wire/records';
import type { TopicPartition } from '../leader-fan-out.ts';
import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts';
import type { BufferedBatch } from './partition-position.ts';

/** A batch may expand to this much. */
const EXPANDED_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Batches from `fetchOffset` on. Control batches and those of `aborted` transactions give no records, but move the
 * position; so do records that compaction removed. Throws `batch-malformed` and `compression-failed`.
 */
export function readFetched(
  { topic, partition }: TopicPartition,
  bytes: Uint8Array,
  fetchOffset: number,
  aborted: readonly AbortedTransaction[],
  compression: Compression,
): BufferedBatch[] {
  const fetched: BufferedBatch[] = [];
  const transactions = new AbortedTransactions(aborted);
  for (const batch of iterateBatches(bytes)) {
    const { header } = batch;
    const isHidden = transactions.hides(header, batch.bytes);
    if (header.lastOffset < fetchOffset) continue;
    const all = isHidden ? [] : readRecords(batch.bytes, compression, EXPANDED_BYTES_MAX);
    // A batch is sent whole, also where the position lies within it.
    const records = all
      .filter((record) => record.offset >= fetchOffset)
      .map((record) => ({ topic, partition, ...record }));
    fetched.push({
      records,
      sizeBytes: batch.bytes.length,
      nextOffset: header.lastOffset + 1,
      leaderEpoch: header.partitionLeaderEpoch,
    });
  }
  return fetched;
}
