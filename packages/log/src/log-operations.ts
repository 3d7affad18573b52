/**
 * What a log still has to do to its files. Everything is done in memory at once; the files follow, in order, when the
 * journal has it for good. So the files are never ahead of a truncation, and hold nothing that the journal does not,
 * but for large appends that are written while they are journaled.
 */
import type { Offset } from '@hapax/base';
import type { LeaderEpochEntry } from './leader-epoch-checkpoint.ts';
import type { FilePool } from './file-pool.ts';
import type { PendingWrite, Segment } from './segment.ts';
import { UnsyncedFiles } from './unsynced-files.ts';

/** What a checkpoint saves of a log beside its segments. */
export interface CheckpointState {
  readonly leaderEpochs: readonly LeaderEpochEntry[];
  readonly startOffset: Offset;
}

interface Operation {
  /** The journal's number of the entry that it belongs to. */
  readonly sequence: number;
  /** A write of batches, or else what to run. */
  readonly write?: PendingWrite;
  readonly run?: () => void;
  /** Of a truncation or a move of the log start: what the log was before it. */
  readonly before?: CheckpointState;
  /** Of a truncation: where the files end after it. */
  readonly filesEnd?: Offset;
}

/** What is still to be done to the files of one log, in the order in which it was decided. */
export class LogOperations {
  private readonly files: FilePool;
  readonly unsynced: UnsyncedFiles;
  private queue: Operation[] = [];
  private changedSinceCheckpoint = false;
  private end: Offset;

  constructor(files: FilePool, directory: string, endOffset: Offset) {
    this.files = files;
    this.unsynced = new UnsyncedFiles(files, directory);
    this.end = endOffset;
  }

  /** Where the files end, as far as the journal has been followed: what a checkpoint's syncs make safe. */
  get filesEnd(): Offset {
    return this.end;
  }

  get pending(): number {
    return this.queue.length;
  }

  /**
   * What the log was before the first cut that waits, at its end or its start. A checkpoint saves this: memory is
   * ahead of the journal then, in a way that a start could not undo. (Appends that wait are no harm: what is saved
   * of them is cut off.)
   */
  get beforeCut(): CheckpointState | undefined {
    return this.queue.find((operation) => operation.before !== undefined)?.before;
  }

  /** Whether files were changed since this was asked last. */
  takeChanged(): boolean {
    const changed = this.changedSinceCheckpoint;
    this.changedSinceCheckpoint = false;
    return changed;
  }

  addWrite(sequence: number, write: PendingWrite): void {
    this.queue.push({ sequence, write });
  }

  add(sequence: number, run: () => void): void {
    this.queue.push({ sequence, run });
  }

  /** `filesEnd`: where the files end afterwards, if that changes. */
  addCut(sequence: number, before: CheckpointState, run: () => void, filesEnd?: Offset): void {
    this.queue.push({ sequence, run, before, ...(filesEnd === undefined ? {} : { filesEnd }) });
  }

  /** After a truncation, writes that wait make nothing durable beyond its end. */
  limitWrittenEnds(endOffset: Offset): void {
    for (const { write } of this.queue) if (write !== undefined) write.endOffset = Math.min(write.endOffset, endOffset);
  }

  /** Does what belongs to entries up to `sequence`. Returns the end of the last batch that was written, or −1. */
  apply(sequence: number): Offset {
    let writtenEnd = -1;
    let at = 0;
    while (at < this.queue.length) {
      const operation = this.queue[at] as Operation;
      if (operation.sequence > sequence) break;
      if (operation.write !== undefined) {
        const run = this.writesFrom(at, sequence);
        writtenEnd = this.writeRun(run);
        at += run.length;
        continue;
      }
      operation.run?.();
      this.end = operation.filesEnd ?? this.end;
      at += 1;
    }
    this.queue = at === this.queue.length ? [] : this.queue.slice(at);
    return writtenEnd;
  }

  /**
   * Sequences of waiting appends of at least a size that may go to the file ahead of the journal: none where anything
   * else waits that is done to the files first (a truncation, a roll), or that may undo them in the same round; and
   * none where together they come to less than `minTotalBytes`.
   */
  sequencesOfLargeWrites(minBytes: number, minTotalBytes: number): readonly number[] {
    const large: number[] = [];
    let sizeBytes = 0;
    for (const { write, sequence } of this.queue) {
      if (write === undefined) return [];
      if (write.bytes.length < minBytes) continue;
      large.push(sequence);
      sizeBytes += write.bytes.length;
    }
    return sizeBytes < minTotalBytes ? [] : large;
  }

  /**
   * Writes the waiting appends up to the last large one that is not beyond a sequence, and those before it, since its
   * place is behind theirs. They are accounted for later, by {@link apply}. Answers whether there was one.
   */
  writeAhead(lastSequence: number, minBytes: number): boolean {
    const isLarge = ({ write, sequence }: Operation): boolean =>
      sequence <= lastSequence && write !== undefined && write.bytes.length >= minBytes;
    const writes = this.queue.slice(0, this.queue.findLastIndex(isLarge) + 1).map((operation) => operation.write);
    const run = writes.filter((write) => write !== undefined);
    const [first] = run;
    if (first === undefined) return false;
    this.writeToFile(first, run);
    for (const write of run) write.isInFile = true;
    return true;
  }

  /** Takes note that a file has bytes that a sync must cover. */
  wrote(path: string): void {
    this.changedSinceCheckpoint = true;
    this.unsynced.wrote(path);
  }

  /** Takes note that names in the log's directory came, went or changed. */
  renamed(): void {
    this.changedSinceCheckpoint = true;
    this.unsynced.renamed();
  }

  /** Writes that follow each other in the queue and in one segment: they become one write, if not yet done. */
  private writesFrom(from: number, sequence: number): PendingWrite[] {
    const run: PendingWrite[] = [];
    for (let at = from; at < this.queue.length; at++) {
      const { write, sequence: own } = this.queue[at] as Operation;
      const { segment, isInFile } = run[0] ?? write ?? {};
      if (write === undefined || own > sequence || write.segment !== segment || write.isInFile !== isInFile) break;
      run.push(write);
    }
    return run;
  }

  private writeRun(run: readonly PendingWrite[]): Offset {
    const first = run[0] as PendingWrite;
    const { segment } = first;
    const last = run.at(-1) as PendingWrite;
    if (!first.isInFile) this.writeToFile(first, run);
    for (const write of run) segment.written(write);
    this.end = last.bytesEndOffset;
    return last.endOffset;
  }

  private writeToFile(first: PendingWrite, run: readonly PendingWrite[]): void {
    const file = this.files.get(first.segment.path, { create: true });
    file.write(first.position, run.map((write) => write.bytes));
    this.wrote(first.segment.path);
  }

  /** Closes and removes files of segments that are gone. */
  removeSegments(segments: readonly Segment[], suffixes: readonly string[]): void {
    for (const segment of segments) {
      for (const suffix of suffixes) this.removeFile(segment.pathOf(suffix));
    }
  }

  removeFile(path: string): void {
    this.files.forget(path);
    this.files.disk.remove(path);
    this.changedSinceCheckpoint = true;
    this.unsynced.removed(path);
  }
}
