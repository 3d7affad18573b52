/** Reads the journal back: the entries that count, in order, and whether one is missing in their middle. */
import { type Disk, sometimes } from '@hapax/base';
import { decodeEntry, type PlacedEntry } from './journal-entry.ts';
import { decodeJournalHeader, JOURNAL_ENTRIES_AT, JOURNAL_PATHS, type JournalHeader } from './journal-file.ts';
import { readWholeFile } from './replace-file.ts';

/** A place where entries are missing although later ones are there: damage, not a torn end. [bug 109] */
export interface JournalDamage {
  readonly path: string;
  readonly position: number;
  /** The first entry that is missing. */
  readonly sequence: number;
}

export interface JournalScan {
  /** Contiguous in sequence. Their payloads are views of what was read. */
  readonly entries: readonly PlacedEntry[];
  readonly damage?: JournalDamage;
  /** Entries after the damage: not applied, but not thrown away either. */
  readonly stranded: readonly PlacedEntry[];
  /** Every entry below this sequence was durable, with what it refers to: a later one says so. */
  readonly provenBelow: number;
  /** No sequence up to this one may be used again. */
  readonly lastSequence: number;
  readonly lastGeneration: number;
  /** The file of the last lap, 0 or 1; −1 where there is none. */
  readonly lastFile: number;
}

interface Lap {
  readonly file: number;
  readonly path: string;
  readonly header: JournalHeader;
  readonly bytes: Uint8Array;
}

interface LapScan {
  readonly entries: readonly PlacedEntry[];
  readonly damage?: JournalDamage;
  readonly stranded: readonly PlacedEntry[];
}

const EMPTY: JournalScan = {
  entries: [], stranded: [], provenBelow: 0, lastSequence: 0, lastGeneration: 0, lastFile: -1,
};

/** Reads both files. Throws what the disk throws; what the bytes say is all in the answer. */
export function scanJournal(disk: Disk): JournalScan {
  const laps = JOURNAL_PATHS.map((path, file) => readLap(disk, path, file)).filter((lap) => lap !== undefined);
  laps.sort((a, b) => b.header.generation - a.header.generation);
  const [newest, older] = laps;
  if (newest === undefined) return EMPTY;
  const last = scanLap(newest, newest.header.firstSequence, undefined);
  const before = scanBefore(newest, older);
  const isWhole = before.damage === undefined;
  const damage = before.damage ?? last.damage;
  const entries = isWhole ? [...before.entries, ...last.entries] : before.entries;
  const stranded = isWhole ? last.stranded : [...before.stranded, ...last.entries, ...last.stranded];
  const sequences = [newest.header.firstSequence - 1, entries.at(-1)?.sequence ?? 0, stranded.at(-1)?.sequence ?? 0];
  return {
    entries,
    ...(damage === undefined ? {} : { damage }),
    stranded,
    provenBelow: [...entries, ...stranded].reduce(
      (below, entry) => Math.max(below, entry.durableBelow), newest.header.firstSequence,
    ),
    lastSequence: Math.max(...sequences),
    lastGeneration: newest.header.generation,
    lastFile: newest.file,
  };
}

/** The lap before the newest one, unless it is reclaimed. It was durable as a whole before the newest was begun. */
function scanBefore(newest: Lap, older: Lap | undefined): LapScan {
  if (newest.header.isReclaimed) return { entries: [], stranded: [] };
  if (older === undefined || older.header.generation !== newest.header.generation - 1) {
    const path = JOURNAL_PATHS[1 - newest.file] as string;
    return { entries: [], stranded: [], damage: { path, position: 0, sequence: -1 } };
  }
  return scanLap(older, older.header.firstSequence, newest.header.firstSequence);
}

/** `endSequence` is where the lap must end, where that is known; else it ends at its first entry that is not whole. */
function scanLap(lap: Lap, firstSequence: number, endSequence: number | undefined): LapScan {
  const { bytes, header, path } = lap;
  const entries: PlacedEntry[] = [];
  let position = JOURNAL_ENTRIES_AT;
  let sequence = firstSequence;
  while (sequence !== endSequence) {
    const entry = decodeEntry(bytes, position, header.generation);
    if (entry === undefined || entry.sequence !== sequence) break;
    entries.push(entry);
    position += entry.sizeBytes;
    sequence += 1;
  }
  if (sequence === endSequence) return { entries, stranded: [] };
  const stranded = entriesAfter(lap, position, sequence);
  // Of the last round of writes any part may be missing: nobody was told that it is durable. An entry that says that
  // the missing one was durable tells damage from a torn end.
  const isDamaged = endSequence !== undefined || stranded.some((entry) => entry.durableBelow > sequence);
  sometimes(!isDamaged && stranded.length > 0, 'log: a journal replay drops entries behind a torn one');
  return isDamaged ? { entries, stranded, damage: { path, position, sequence } } : { entries, stranded: [] };
}

/** Whole entries of the lap with greater sequences, wherever they are. */
function entriesAfter(lap: Lap, from: number, sequence: number): PlacedEntry[] {
  const found: PlacedEntry[] = [];
  let at = from;
  while (at < lap.bytes.length) {
    const entry = decodeEntry(lap.bytes, at, lap.header.generation);
    const isLater = entry !== undefined && entry.sequence > sequence;
    if (isLater) found.push(entry);
    at += isLater ? entry.sizeBytes : 8;
  }
  return found;
}

function readLap(disk: Disk, path: string, file: number): Lap | undefined {
  const bytes = readWholeFile(disk, path);
  const header = bytes === undefined ? undefined : decodeJournalHeader(bytes);
  return bytes === undefined || header === undefined ? undefined : { file, path, header, bytes };
}
