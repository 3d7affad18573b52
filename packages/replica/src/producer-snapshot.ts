/**
 * The bytes of a producer snapshot. Kafka's keeps one batch a producer, so that after a restart only a retry of the
 * newest is recognised; this one keeps all five, so that a snapshot and a replay of the log give the same state. [P6]
 *
 * Big-endian: version i16, crc32c u32 (of all that follows), clock f64, count u32; then per producer: producerId f64,
 * producerEpoch i16, coordinatorEpoch i32, currentTxnFirstOffset f64, lastAppendMs f64, lastTimestampMs f64,
 * batches u8; then per batch: baseSequence i32, lastSequence i32, baseOffset f64, lastOffset f64, timestampMs f64.
 * Then, from version 2 on, the transactions whose markers may not be replicated yet: count u32, and for each its
 * firstOffset f64 and markerOffset f64. Version 1 knew no transactions, and is still read.
 * Offsets, ids and times are whole numbers below 2⁵³, which f64 holds exactly.
 */
import { AppError, crc32c } from '@hapax/base';
import type { EndedTransaction } from './open-transactions.ts';
import { ProducerEntry, RETAINED_BATCHES } from './producer-entry.ts';

const VERSION = 2;
/** The version before transactions. */
const VERSION_WITHOUT_ENDED = 1;
const HEADER_BYTES = 18;
const CHECKED_FROM = 6;
const ENTRY_BYTES = 39;
const BATCH_BYTES = 32;
const ENDED_BYTES = 16;

/** All that a snapshot holds. */
export interface ProducerSnapshot {
  readonly clockMs: number;
  /** Longest silent first. */
  readonly entries: readonly ProducerEntry[];
  /** Oldest first. */
  readonly ended: readonly EndedTransaction[];
}

/** Writes a snapshot. */
export function encodeProducers(snapshot: ProducerSnapshot): Uint8Array {
  let sizeBytes = HEADER_BYTES;
  for (const entry of snapshot.entries) sizeBytes += ENTRY_BYTES + entry.batches.length * BATCH_BYTES;
  sizeBytes += 4 + snapshot.ended.length * ENDED_BYTES;
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, VERSION);
  view.setFloat64(6, snapshot.clockMs);
  view.setUint32(14, snapshot.entries.length);
  let at = HEADER_BYTES;
  for (const entry of snapshot.entries) at = writeEntry(view, at, entry);
  view.setUint32(at, snapshot.ended.length);
  snapshot.ended.forEach(({ firstOffset, markerOffset }, index) => {
    view.setFloat64(at + 4 + index * ENDED_BYTES, firstOffset);
    view.setFloat64(at + 12 + index * ENDED_BYTES, markerOffset);
  });
  view.setUint32(2, crc32c(bytes.subarray(CHECKED_FROM)));
  return bytes;
}

/** Reads a snapshot; throws AppError `data-corrupt` where its bytes are damaged, cut short or of another version. */
export function decodeProducers(bytes: Uint8Array): ProducerSnapshot {
  if (bytes.length < HEADER_BYTES) throw corrupt(`it has ${bytes.length} bytes, at least ${HEADER_BYTES} are needed`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getInt16(0);
  if (version !== VERSION && version !== VERSION_WITHOUT_ENDED) {
    throw corrupt(`its version is ${version}, only ${VERSION_WITHOUT_ENDED} and ${VERSION} are known`);
  }
  const stored = view.getUint32(2);
  const computed = crc32c(bytes.subarray(CHECKED_FROM));
  if (stored !== computed) throw corrupt(`its checksum is ${stored}, that of its bytes ${computed}`);
  const entries: ProducerEntry[] = [];
  let at = HEADER_BYTES;
  for (let left = view.getUint32(14); left > 0; left--) {
    const size = at + ENTRY_BYTES <= bytes.length ? entrySize(view, at) : ENTRY_BYTES;
    if (at + size > bytes.length) throw corrupt(`it ends at ${bytes.length}, inside of an entry at ${at}`);
    entries.push(readEntry(view, at));
    at += size;
  }
  const ended = version === VERSION_WITHOUT_ENDED ? [] : readEnded(view, at);
  if (version !== VERSION_WITHOUT_ENDED) at += 4 + ended.length * ENDED_BYTES;
  if (at !== bytes.length) throw corrupt(`it has ${bytes.length} bytes, its entries ${at}`);
  return { clockMs: view.getFloat64(6), entries, ended };
}

function readEnded(view: DataView, start: number): EndedTransaction[] {
  const count = start + 4 <= view.byteLength ? view.getUint32(start) : 0;
  if (start + 4 + count * ENDED_BYTES > view.byteLength) throw corrupt(`it ends inside of ${count} transactions`);
  return Array.from({ length: count }, (_, index) => {
    const at = start + 4 + index * ENDED_BYTES;
    return { firstOffset: view.getFloat64(at), markerOffset: view.getFloat64(at + 8) };
  });
}

function writeEntry(view: DataView, start: number, entry: ProducerEntry): number {
  view.setFloat64(start, entry.producerId);
  view.setInt16(start + 8, entry.producerEpoch);
  view.setInt32(start + 10, entry.coordinatorEpoch);
  view.setFloat64(start + 14, entry.currentTxnFirstOffset);
  view.setFloat64(start + 22, entry.lastAppendMs);
  view.setFloat64(start + 30, entry.lastTimestampMs);
  view.setUint8(start + 38, entry.batches.length);
  let at = start + ENTRY_BYTES;
  for (const batch of entry.batches) {
    view.setInt32(at, batch.baseSequence);
    view.setInt32(at + 4, batch.lastSequence);
    view.setFloat64(at + 8, batch.baseOffset);
    view.setFloat64(at + 16, batch.lastOffset);
    view.setFloat64(at + 24, batch.timestampMs);
    at += BATCH_BYTES;
  }
  return at;
}

function entrySize(view: DataView, start: number): number {
  const batches = view.getUint8(start + 38);
  if (batches > RETAINED_BATCHES) throw corrupt(`a producer has ${batches} batches, more than ${RETAINED_BATCHES}`);
  return ENTRY_BYTES + batches * BATCH_BYTES;
}

function readEntry(view: DataView, start: number): ProducerEntry {
  const entry = new ProducerEntry(view.getFloat64(start), view.getInt16(start + 8));
  entry.coordinatorEpoch = view.getInt32(start + 10);
  entry.currentTxnFirstOffset = view.getFloat64(start + 14);
  entry.lastAppendMs = view.getFloat64(start + 22);
  entry.lastTimestampMs = view.getFloat64(start + 30);
  for (let batch = 0; batch < view.getUint8(start + 38); batch++) {
    const at = start + ENTRY_BYTES + batch * BATCH_BYTES;
    entry.batches.push({
      baseSequence: view.getInt32(at),
      lastSequence: view.getInt32(at + 4),
      baseOffset: view.getFloat64(at + 8),
      lastOffset: view.getFloat64(at + 16),
      timestampMs: view.getFloat64(at + 24),
    });
  }
  return entry;
}

function corrupt(reason: string): AppError {
  return new AppError('data-corrupt', `the producer snapshot cannot be read: ${reason}; replay the log instead`, {
    retriable: false,
    definite: true,
  });
}
