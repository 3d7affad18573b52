/** What is committed in one partition, as a leader first said it: nothing may ever contradict it. */
import type { Offset } from '@hapax/base';
import { iterateBatches, readBatchHeader, type BatchHeader, type BatchView } from '@hapax/wire/records';

/** A committed batch. */
export interface CommittedBatch {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
  /** The values of its records, by offset; none for the logs that the cluster keeps for itself. */
  readonly values: ReadonlyMap<Offset, string>;
}

/** A log that batches are read from. */
export interface ReadableLog {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  read(
    fromOffset: Offset, limits: { maxBytes: number; endOffset: Offset; minOneBatch: boolean },
  ): { readonly chunks: readonly Uint8Array[]; readonly nextOffset: Offset } | undefined;
}

/** The truth about one partition. */
export class CommittedLog {
  readonly name: string;
  readonly batches: CommittedBatch[] = [];
  /** Exclusive. */
  endOffset: Offset = 0;
  /** Who led in which leader epoch. */
  readonly leaders = new Map<number, number>();
  newestEpoch = -1;

  constructor(name: string) {
    this.name = name;
  }

  append(batch: CommittedBatch): void {
    this.batches.push(batch);
    this.endOffset = batch.header.lastOffset + 1;
  }

  /** The index of the first batch that ends at or after an offset. */
  indexOf(offset: Offset): number {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.batches[middle] as CommittedBatch).header.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The batches of a log from an offset (or the batch around it) up to another one; fewer where the log has a hole. */
export function batchesOf(log: ReadableLog, from: Offset, to: Offset): BatchView[] {
  const found: BatchView[] = [];
  for (let next = from; next < to; ) {
    const read = log.read(next, { maxBytes: READ_BYTES, endOffset: to, minOneBatch: true });
    if (read === undefined) break;
    for (const chunk of read.chunks) found.push(...iterateBatches(chunk));
    if (read.nextOffset <= next) break;
    next = read.nextOffset;
  }
  return found;
}

/** Whether two batches are the same, byte for byte. */
export function isSameBatch(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** A batch in words. */
export function describeBatch(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'nothing';
  const { baseOffset, lastOffset, partitionLeaderEpoch, producerId, baseSequence, crc } = readBatchHeader(bytes);
  const producer = `producer ${producerId} sequence ${baseSequence}`;
  return `[${baseOffset}..${lastOffset} epoch ${partitionLeaderEpoch} ${producer} crc ${crc}]`;
}

const READ_BYTES = 1 << 20;
