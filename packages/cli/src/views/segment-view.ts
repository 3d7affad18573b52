/** Segment files as tables and as values. */
import { decodeText } from '@hapax/base';
import { nodeCompression } from '@hapax/client';
import { readRecords, type BatchHeader } from '@hapax/wire/records';
import { formatBytes, groupDigits, type Result, type TableView } from '../output.ts';
import type { SegmentBatch, SegmentContents } from '../segment-reader.ts';

export interface SegmentViewOptions {
  readonly records?: true;
  /** Batches that end before this offset are left out. */
  readonly from: number;
  /** Batches of each file. */
  readonly limit: number;
}

const EXPANDED_BYTES_MAX = 256 * 1024 * 1024;
const SHOWN_CHARACTERS = 60;

/** One line a batch, or one a record. */
export function segmentView(
  segments: readonly (SegmentContents & { readonly file: string })[],
  options: SegmentViewOptions,
): Result {
  const shown = segments.map((segment) => ({
    ...segment,
    chosen: segment.batches.filter(({ header }) => header.lastOffset >= options.from).slice(0, options.limit),
  }));
  const value = shown.map(({ file, fileBytes, spareBytes, batches, chosen, damage }) => ({
    file,
    fileBytes,
    spareBytes,
    batches: batches.length,
    shown: chosen.map((batch) => batchValue(batch, options.records === true)),
    damage: damage ?? null,
  }));
  const tables = shown.map((segment): TableView => {
    const { file, fileBytes, batches, damage, chosen } = segment;
    const rest = batches.length > chosen.length ? `, ${chosen.length} shown` : '';
    const facts = `${file}  ${formatBytes(fileBytes)}, ${groupDigits(batches.length)} batches${rest}`;
    const title = damage === undefined ? facts : `${facts}\n✗ damaged at ${damage}`;
    return { title, ...(options.records ? recordsTable(chosen) : batchesTable(chosen)), empty: 'no batches' };
  });
  return { value, tables };
}

function batchesTable(batches: readonly SegmentBatch[]): Pick<TableView, 'headings' | 'rows'> {
  return {
    headings: [
      'first',
      'last',
      'records',
      'position',
      'bytes',
      'epoch',
      'producer',
      'sequence',
      'codec',
      'kind',
      'time',
    ],
    rows: batches.map(({ header, position }) => [
      header.baseOffset,
      header.lastOffset,
      header.recordsCount,
      position,
      header.sizeBytes,
      header.partitionLeaderEpoch,
      header.producerId < 0 ? '-' : `${header.producerId}/${header.producerEpoch}`,
      header.baseSequence < 0 ? '-' : header.baseSequence,
      header.compression,
      kindOf(header),
      timeOf(header.maxTimestamp),
    ]),
  };
}

function recordsTable(batches: readonly SegmentBatch[]): Pick<TableView, 'headings' | 'rows'> {
  return {
    headings: ['offset', 'time', 'key', 'value', 'kind'],
    rows: batches.flatMap(({ bytes, header }) =>
      readRecords(bytes, nodeCompression, EXPANDED_BYTES_MAX).map((record) => [
        record.offset,
        timeOf(record.timestampMs),
        shorten(textOf(record.key)),
        shorten(textOf(record.value)),
        kindOf(header),
      ]),
    ),
  };
}

function batchValue({ header, position, bytes }: SegmentBatch, withRecords: boolean): object {
  const records = withRecords
    ? readRecords(bytes, nodeCompression, EXPANDED_BYTES_MAX).map((record) => ({
        offset: record.offset,
        timestampMs: record.timestampMs,
        key: textOf(record.key),
        value: textOf(record.value),
        headers: record.headers.map(({ key, value }) => ({ key, value: textOf(value) })),
      }))
    : undefined;
  return { position, ...header, ...(records === undefined ? {} : { records }) };
}

function kindOf(header: BatchHeader): string {
  if (header.isControl) return header.marker === undefined ? 'control' : `${header.marker.kind} marker`;
  return header.isTransactional ? 'transaction' : 'data';
}

function timeOf(timestampMs: number): string {
  return timestampMs < 0 ? '-' : new Date(timestampMs).toISOString();
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decodeText(bytes);
}

/** One line of a text, short enough for a table. */
function shorten(text: string | null): string {
  if (text === null) return '-';
  const line = text.replaceAll(/[\u0000-\u001F\u007F]/gu, '·');
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
