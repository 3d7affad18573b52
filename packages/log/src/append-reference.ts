/** What the journal has of an append whose bytes are in the segment alone: how many, their checksum, where they end. */
import { assert, crc32c, type Offset } from '@hapax/base';
import { iterateBatches } from '@hapax/wire/records';
import { EntryKind, getUint64, setUint64, type JournalEntry } from './journal-entry.ts';

export interface AppendReference {
  readonly sizeBytes: number;
  /** CRC-32C of the bytes. */
  readonly crc: number;
  /** The offset after the last record. */
  readonly endOffset: Offset;
}

/** The payload of a reference: size (4), checksum (4), end offset (8). */
export const REFERENCE_BYTES = 16;

/** The entry that stands for an append in the journal. */
export function referenceTo(append: JournalEntry): JournalEntry {
  const { payload, place } = append;
  assert(place !== undefined, 'a reference to an append without a place');
  const bytes = new Uint8Array(REFERENCE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, crc32c(payload));
  setUint64(view, 8, endOffsetOf(append));
  return { ...append, kind: EntryKind.reference, payload: bytes };
}

/** The reference that an entry of the journal carries. Throws `data-corrupt` where its payload is none. */
export function referenceOf(entry: JournalEntry): AppendReference {
  const { payload } = entry;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return { sizeBytes: view.getUint32(0), crc: view.getUint32(4), endOffset: getUint64(view, 8) };
}

/** The offset after the last record of an append that the journal has as a whole. */
export function endOffsetOf(append: JournalEntry): Offset {
  const last = iterateBatches(append.payload).at(-1);
  return last === undefined ? append.offset : last.header.lastOffset + 1;
}
