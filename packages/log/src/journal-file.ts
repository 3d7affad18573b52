/** The two files of the journal: their names, and the two sectors in front of the entries. */
import { crc32c } from '@hapax/base';
import { getUint64, setUint64 } from './journal-entry.ts';

export const JOURNAL_DIRECTORY = 'journal';
export const JOURNAL_PATHS = [`${JOURNAL_DIRECTORY}/0.journal`, `${JOURNAL_DIRECTORY}/1.journal`] as const;
/** Entries begin here. */
export const JOURNAL_ENTRIES_AT = 4096;
/** The second sector: written later than the first, and alone. */
export const RECLAIMED_AT = 512;
const MAGIC = 0x48_58_4a_31;
const VERSION = 2;
const HEADER_BYTES = 32;
const CRC_AT = 28;

/** One lap of a file. */
export interface JournalHeader {
  /** One more than that of the lap before it, in the other file. No two laps ever have the same. */
  readonly generation: number;
  /** The sequence of its first entry; every earlier entry is in the other file's lap before it, or is reclaimed. */
  readonly firstSequence: number;
  /** Whether all earlier entries are in synced segments, so that the other file may be overwritten. */
  readonly isReclaimed: boolean;
}

/** The first sector: magic, version, generation, first sequence, whether reclaimed from the beginning, checksum. */
export function encodeJournalHeader(header: JournalHeader): Uint8Array {
  return encodeMark(header);
}

/** The second sector says: what came before this lap is reclaimed. It is valid for one generation. */
export function encodeReclaimed(header: JournalHeader): Uint8Array {
  return encodeMark({ ...header, isReclaimed: true });
}

/** Reads both sectors; undefined where the first is not whole. */
export function decodeJournalHeader(bytes: Uint8Array): JournalHeader | undefined {
  const header = decodeMark(bytes, 0);
  if (header === undefined || header.isReclaimed) return header;
  return { ...header, isReclaimed: decodeMark(bytes, RECLAIMED_AT)?.generation === header.generation };
}

function encodeMark(header: JournalHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, VERSION);
  setUint64(view, 8, header.generation);
  setUint64(view, 16, header.firstSequence);
  view.setUint32(24, header.isReclaimed ? 1 : 0);
  view.setUint32(CRC_AT, crc32c(bytes.subarray(0, CRC_AT)));
  return bytes;
}

function decodeMark(bytes: Uint8Array, at: number): JournalHeader | undefined {
  if (bytes.length < at + HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  const isWhole = view.getUint32(0) === MAGIC && view.getUint32(4) === VERSION &&
    view.getUint32(CRC_AT) === crc32c(bytes.subarray(at, at + CRC_AT));
  if (!isWhole) return undefined;
  return { generation: getUint64(view, 8), firstSequence: getUint64(view, 16), isReclaimed: view.getUint32(24) === 1 };
}
