/** The node's journal: every change of every log, in one preallocated pair of files, synced once for many of them. */
import { AppError, assert, type Disk, type DiskDone, type DiskFile } from '@hapax/base';
import { REFERENCE_BYTES, referenceTo } from './append-reference.ts';
import { encodeEntry, entrySizeBytes, type JournalEntry } from './journal-entry.ts';
import {
  encodeJournalHeader, encodeReclaimed, JOURNAL_DIRECTORY, JOURNAL_ENTRIES_AT, JOURNAL_PATHS, RECLAIMED_AT,
  type JournalHeader,
} from './journal-file.ts';
import type { JournalScan } from './journal-scan.ts';
import { runTasks, type Task } from './run-tasks.ts';

const NONE: ReadonlySet<number> = new Set();
const ZEROS = new Uint8Array(1024 * 1024);
/** A lap may refer to this many times the bytes of its file: a start must read them all. */
const REFERENCED_FACTOR = 16;
/** Besides the journal's own. The pool that syncs run in has four threads, and others use it too. */
const SYNCS_IN_FLIGHT = 3;

/** Takes large appends past the journal: to their segments alone, which are synced in the same round. */
export interface Bypass {
  /** At the begin of a round: the sequences of waiting appends that may be journaled as references. */
  plan(): ReadonlySet<number>;
  /** Writes what the references up to a sequence refer to; the tasks make it durable. */
  write(lastSequence: number): readonly Task[];
}

export interface JournalOptions {
  readonly disk: Disk;
  /** Of each of the two files. */
  readonly fileBytes: number;
  readonly bypass: Bypass;
  /** A round is done: entries up to this sequence survive a loss of power. */
  onRound(durableSequence: number): void;
  /**
   * A new lap has begun. What entries of the laps before it did must be synced, and then {@link Journal.reclaim}
   * called, before the next one.
   */
  onLap(): void;
  onFailed(error: AppError): void;
}

/**
 * Laps alternate between the two files. One sync is in flight at a time; what is appended meanwhile rides in the next
 * round. A lap is begun only when the lap before the last one is reclaimed; until then entries wait in memory.
 */
export class Journal {
  private readonly options: JournalOptions;
  private files: DiskFile[] = [];
  private current = 0;
  private header: JournalHeader = { generation: 0, firstSequence: 1, isReclaimed: true };
  private position = JOURNAL_ENTRIES_AT;
  private nextSequence = 1;
  private durable = 0;
  private waiting: JournalEntry[] = [];
  private waitingSizeBytes = 0;
  /** Bytes that the entries of this lap refer to. */
  private referencedBytes = 0;
  private isSyncing = false;
  private markWaits = false;
  private hasFailed = false;

  constructor(options: JournalOptions) {
    this.options = options;
    const { fileBytes } = options;
    assert(fileBytes > JOURNAL_ENTRIES_AT, `a journal file of ${fileBytes} bytes has no room for entries`);
  }

  /** The sequence of the entry that was appended last. */
  get lastSequence(): number {
    return this.nextSequence - 1;
  }

  get durableSequence(): number {
    return this.durable;
  }

  /** Whether something is on its way to the disk, or waits to be. */
  get isBusy(): boolean {
    return this.isSyncing || this.waiting.length > 0 || this.markWaits;
  }

  /** Bytes of entries that are not written yet. */
  get waitingBytes(): number {
    return this.waitingSizeBytes;
  }

  /** The largest payload that an entry may have. */
  get payloadBytesMax(): number {
    return this.options.fileBytes - JOURNAL_ENTRIES_AT - entrySizeBytes(0) - 8;
  }

  /** Adds an entry and returns its sequence. {@link flush} writes it; until then its bytes must not change. */
  append(entry: JournalEntry): number {
    assert(entry.payload.length <= this.payloadBytesMax, () => `a journal entry of ${entry.payload.length} bytes`);
    this.waiting.push(entry);
    this.waitingSizeBytes += entrySizeBytes(entry.payload.length);
    return this.nextSequence++;
  }

  /** Begins a round, if there is anything to do and none is on the way. */
  flush(): void {
    if (this.isSyncing || this.hasFailed) return;
    try {
      this.beginRound();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.fail(error);
    }
  }

  /** The segments hold everything from before the current lap, for good. The other file may be overwritten. */
  reclaim(): void {
    if (this.header.isReclaimed) return;
    this.markWaits = true;
    this.flush();
  }

  /**
   * Makes the journal empty and goes on after what a scan found. Everything that it held must be in synced segments.
   * Takes care that the scan's last lap stays readable until the new one is whole.
   */
  reset(scan: Pick<JournalScan, 'lastSequence' | 'lastGeneration' | 'lastFile'>, done: DiskDone): void {
    const { disk, fileBytes } = this.options;
    disk.makeDirectory(JOURNAL_DIRECTORY);
    this.files = JOURNAL_PATHS.map((path) => disk.open(path, { create: true }));
    const next = scan.lastFile < 0 ? 0 : 1 - scan.lastFile;
    const order = [1 - next, next];
    // Two more: the next generation may have been begun in the last life, and its header lost but not its entries.
    const header = { generation: scan.lastGeneration + 2, firstSequence: scan.lastSequence + 1, isReclaimed: true };
    const last = { generation: scan.lastGeneration, firstSequence: 0, isReclaimed: true };
    const markLast = (ready: DiskDone): void => {
      if (scan.lastFile < 0) return ready();
      this.fileAt(scan.lastFile).write(RECLAIMED_AT, [encodeReclaimed(last)]);
      this.fileAt(scan.lastFile).sync(ready);
    };
    const preallocate = (file: number) => (ready: DiskDone): void => {
      extend(this.fileAt(file), fileBytes);
      this.fileAt(file).sync(ready);
    };
    const begin = (ready: DiskDone): void => {
      this.fileAt(next).write(0, [encodeJournalHeader(header)]);
      this.fileAt(next).sync(ready);
    };
    const names = (ready: DiskDone): void => disk.syncDirectory(JOURNAL_DIRECTORY, ready);
    const root = (ready: DiskDone): void => disk.syncDirectory('', ready);
    const cut = (file: number) => (ready: DiskDone): void => {
      if (this.fileAt(file).size() > fileBytes) this.fileAt(file).truncate(fileBytes);
      ready();
    };
    const tasks = [markLast, ...order.map(preallocate), names, root, begin, ...order.map(cut)];
    runTasks(tasks, { concurrency: 1 }, (error) => {
      this.current = next;
      this.header = header;
      this.position = JOURNAL_ENTRIES_AT;
      this.nextSequence = header.firstSequence;
      this.durable = header.firstSequence - 1;
      done(error);
    });
  }

  /** Begins no further round: something else has failed. */
  halt(): void {
    this.hasFailed = true;
  }

  close(): void {
    for (const file of this.files) file.close();
    this.files = [];
    this.hasFailed = true;
  }

  /** What a scan after a stop would find, for {@link reset}. */
  get end(): Pick<JournalScan, 'lastSequence' | 'lastGeneration' | 'lastFile'> {
    return { lastSequence: this.lastSequence, lastGeneration: this.header.generation, lastFile: this.current };
  }

  private beginRound(): void {
    const marks = this.markWaits;
    if (marks) {
      this.fileAt(this.current).write(RECLAIMED_AT, [encodeReclaimed(this.header)]);
      this.markWaits = false;
    }
    const references = this.waiting.length === 0 ? NONE : this.options.bypass.plan();
    const startsLap = !marks && this.mustStartLap(references);
    if (startsLap) this.startLap();
    const last = this.writeWaiting(references);
    if (last === this.durable && !marks) return;
    const others = references.size === 0 ? [] : this.options.bypass.write(last);
    this.isSyncing = true;
    const own: Task = (done) => this.fileAt(this.current).sync(done);
    // All of it or nothing: a later entry then proves that what earlier references refer to was durable.
    runTasks([own, ...others], { concurrency: 1 + SYNCS_IN_FLIGHT }, (error) => {
      this.isSyncing = false;
      if (this.hasFailed) return;
      if (error !== undefined) return this.fail(error);
      if (marks) this.header = { ...this.header, isReclaimed: true };
      this.durable = last;
      if (startsLap) this.options.onLap();
      this.options.onRound(last);
      this.flush();
    });
  }

  /** Whether the next entry does not fit and the other file is free. */
  private mustStartLap(references: ReadonlySet<number>): boolean {
    const next = this.waiting[0];
    if (next === undefined || !this.header.isReclaimed) return false;
    const { fileBytes } = this.options;
    const sizeBytes = placedSizeBytes(next, references.has(this.durable + 1));
    return this.position + sizeBytes > fileBytes || this.referencedBytes > fileBytes * REFERENCED_FACTOR;
  }

  private startLap(): void {
    const firstSequence = this.durable + 1;
    this.current = 1 - this.current;
    this.header = { generation: this.header.generation + 1, firstSequence, isReclaimed: false };
    this.position = JOURNAL_ENTRIES_AT;
    this.referencedBytes = 0;
    this.fileAt(this.current).write(0, [encodeJournalHeader(this.header)]);
  }

  /** Writes the entries that wait and fit, in one write. Returns the sequence of the last entry that was written. */
  private writeWaiting(references: ReadonlySet<number>): number {
    const { fileBytes } = this.options;
    const durableBelow = this.durable + 1;
    const chunks: Uint8Array[] = [];
    let end = this.position;
    let count = 0;
    for (const entry of this.waiting) {
      const sequence = this.durable + 1 + count;
      const isReference = references.has(sequence);
      const sizeBytes = placedSizeBytes(entry, isReference);
      if (end + sizeBytes > fileBytes) break;
      const written = isReference ? referenceTo(entry) : entry;
      encodeEntry(written, { generation: this.header.generation, sequence, durableBelow }, chunks);
      if (isReference) this.referencedBytes += entry.payload.length;
      this.waitingSizeBytes -= entrySizeBytes(entry.payload.length);
      end += sizeBytes;
      count += 1;
    }
    if (count > 0) this.fileAt(this.current).write(this.position, chunks);
    this.waiting = count === this.waiting.length ? [] : this.waiting.slice(count);
    this.position = end;
    return this.durable + count;
  }

  private fail(error: AppError): void {
    // A failed sync is never tried again: the pages may be gone and the next one would report success. [bug 110]
    this.hasFailed = true;
    this.options.onFailed(error);
  }

  private fileAt(index: number): DiskFile {
    const file = this.files[index];
    assert(file !== undefined, 'the journal is not open');
    return file;
  }
}

function placedSizeBytes(entry: JournalEntry, isReference: boolean): number {
  return entrySizeBytes(isReference ? REFERENCE_BYTES : entry.payload.length);
}

/** Writes zeros up to a size, so that later writes neither grow the file nor allocate blocks. */
function extend(file: DiskFile, sizeBytes: number): void {
  for (let at = file.size(); at < sizeBytes; ) {
    const chunk = ZEROS.subarray(0, Math.min(ZEROS.length, sizeBytes - at));
    file.write(at, [chunk]);
    at += chunk.length;
  }
}
