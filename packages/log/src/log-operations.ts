/**
 * What a log still has to do to its files. Everything is done in memory at once; the files follow, in order, when the
 * journal has it for good. So the files never hold what the journal does not, and are never ahead of a truncation.
 */
import type { Offset } from '@hapax/base';
import type { LeaderEpochEntry } from './leader-epoch-checkpoint.ts';
import type { FilePool } from './file-pool.ts';
import type { PendingWrite, Segment } from './segment.ts';

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
}

export class LogOperations {
  private readonly files: FilePool;
  private queue: Operation[] = [];
  /** Paths that were written to since they were last given out to be synced. */
  private unsynced = new Set<string>();
  private namesChanged = false;

  constructor(files: FilePool) {
    this.files = files;
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

  /** Whether files were changed since they were last given out to be synced. */
  get isDirty(): boolean {
    return this.unsynced.size > 0 || this.namesChanged;
  }

  addWrite(sequence: number, write: PendingWrite): void {
    this.queue.push({ sequence, write });
  }

  add(sequence: number, run: () => void): void {
    this.queue.push({ sequence, run });
  }

  addCut(sequence: number, before: CheckpointState, run: () => void): void {
    this.queue.push({ sequence, run, before });
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
      at += 1;
    }
    this.queue = at === this.queue.length ? [] : this.queue.slice(at);
    return writtenEnd;
  }

  /** Takes note that a file has bytes that a sync must cover. */
  wrote(path: string): void {
    this.unsynced.add(path);
  }

  /** Takes note that names in the log's directory came, went or changed. */
  renamed(): void {
    this.namesChanged = true;
  }

  /** Gives out what must be synced, and counts it as clean. */
  takeUnsynced(): { readonly paths: readonly string[]; readonly names: boolean } {
    const taken = { paths: [...this.unsynced], names: this.namesChanged };
    this.unsynced = new Set();
    this.namesChanged = false;
    return taken;
  }

  /** Writes that follow each other in the queue and in one segment: they become one write. */
  private writesFrom(from: number, sequence: number): PendingWrite[] {
    const run: PendingWrite[] = [];
    for (let at = from; at < this.queue.length; at++) {
      const { write, sequence: own } = this.queue[at] as Operation;
      if (write === undefined || own > sequence || write.segment !== (run[0] ?? write).segment) break;
      run.push(write);
    }
    return run;
  }

  private writeRun(run: readonly PendingWrite[]): Offset {
    const first = run[0] as PendingWrite;
    const { segment } = first;
    const file = this.files.get(segment.path, { create: true });
    file.write(first.position, run.map((write) => write.bytes));
    for (const write of run) segment.written(write);
    this.wrote(segment.path);
    return (run.at(-1) as PendingWrite).endOffset;
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
    this.unsynced.delete(path);
    this.renamed();
  }
}
