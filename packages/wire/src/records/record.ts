/** Records out of batches. */
import { AppError, decodeText, type Compression, type Offset } from '@hapax/base';
import { BATCH_HEADER_BYTES, MIN_RECORD_BYTES } from './batch-format.ts';
import { isBatchIntact, malformedBatch, readBatchHeader, type BatchHeader } from './batch-header.ts';
import { VarintReader } from './varint.ts';

/** A named value beside key and value. Names may come more than once. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A record as a producer gives it. */
export interface NewRecord {
  /** Milliseconds since 1970; −1 for none. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
}

/** A record as it lies in a log. Bytes are views of the batch. */
export interface LogRecord {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/**
 * The records of a whole batch, expanded to at most `maxBytes`. Throws `batch-malformed` where the checksum does not
 * match or the records contradict the header, and `compression-failed`.
 */
export function readRecords(batchBytes: Uint8Array, compression: Compression, maxBytes: number): LogRecord[] {
  const header = readBatchHeader(batchBytes);
  if (!isBatchIntact(batchBytes, header)) throw malformedBatch(`the checksum at offset ${header.baseOffset} is wrong`);
  return decodeRecords(header, expandRecords(header, batchBytes, compression, maxBytes));
}

/** The records section of a whole batch, decompressed where need be. Throws `compression-failed`. */
function expandRecords(
  header: BatchHeader,
  batchBytes: Uint8Array,
  compression: Compression,
  maxBytes: number,
): Uint8Array {
  const section = batchBytes.subarray(BATCH_HEADER_BYTES, header.sizeBytes);
  if (header.compression === 'none') return section;
  if (header.compression === 'unknown') {
    const message = `attributes ${header.attributes} name no compression`;
    throw new AppError('compression-failed', message, { retriable: false, definite: true });
  }
  return compression.decompress(header.compression, section, maxBytes);
}

/** Reads the records of a batch out of its decompressed records section. Throws `batch-malformed`. */
export function decodeRecords(header: BatchHeader, section: Uint8Array): LogRecord[] {
  const { recordsCount } = header;
  if (recordsCount < 0 || recordsCount * MIN_RECORD_BYTES > section.length) {
    throw malformedBatch(`${recordsCount} records do not fit into ${section.length} bytes`);
  }
  const appendTime = header.timestampType === 'log-append-time' ? header.maxTimestamp : undefined;
  const reader = new VarintReader(section);
  const records: LogRecord[] = [];
  for (let index = 0; index < recordsCount; index++) records.push(decodeRecord(reader, header, appendTime));
  if (reader.at !== section.length) {
    throw malformedBatch(`${section.length - reader.at} bytes are left over behind ${recordsCount} records`);
  }
  return records;
}

function decodeRecord(reader: VarintReader, header: BatchHeader, appendTime: number | undefined): LogRecord {
  const sizeBytes = reader.varint();
  const sectionEnd = reader.end;
  if (sizeBytes < 0 || sizeBytes > sectionEnd - reader.at) {
    throw malformedBatch(`a record of ${sizeBytes} bytes at byte ${reader.at} goes beyond ${sectionEnd}`);
  }
  reader.end = reader.at + sizeBytes;
  // The attributes of a record have no meaning yet. [KIP-98]
  reader.byte();
  const timestampMs = header.baseTimestamp + reader.varlong();
  const offset = header.baseOffset + reader.varint();
  const key = reader.nullableView();
  const value = reader.nullableView();
  const headers = decodeHeaders(reader);
  if (reader.at !== reader.end) throw malformedBatch(`the record at offset ${offset} is shorter than its length`);
  reader.end = sectionEnd;
  return { offset, timestampMs: appendTime ?? timestampMs, key, value, headers };
}

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);

function decodeHeaders(reader: VarintReader): readonly RecordHeader[] {
  const count = reader.varint();
  if (count === 0) return NO_HEADERS;
  // A header takes two bytes at the least.
  if (count < 0 || count * 2 > reader.end - reader.at) throw malformedBatch(`a record has ${count} headers`);
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) {
    const key = decodeText(reader.view(reader.varint()));
    headers.push({ key, value: reader.nullableView() });
  }
  return headers;
}
