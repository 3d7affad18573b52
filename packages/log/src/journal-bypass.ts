/**
 * Takes large appends past the journal. They are written once: to their segment, which is synced in the round that
 * journals a reference to them.
 */
import type { FilePool } from './file-pool.ts';
import type { Bypass } from './journal.ts';
import type { PartitionLog } from './log.ts';
import type { Task } from './run-tasks.ts';
import { UnsyncedFiles } from './unsynced-files.ts';

export interface JournalBypassOptions {
  readonly files: FilePool;
  /** Appends of at least this many bytes. */
  readonly minBytes: number;
  /** A sync takes as long as writing some hundred KiB: where less would be saved, nothing goes past the journal. */
  readonly minRoundBytes: number;
  /** Logs with operations that wait. */
  readonly waiting: ReadonlySet<PartitionLog>;
}

/** Writes large appends to their segments ahead of the journal, and syncs both sides of a round. */
export class JournalBypass implements Bypass {
  private readonly options: JournalBypassOptions;
  private planned: PartitionLog[] = [];

  constructor(options: JournalBypassOptions) {
    this.options = options;
  }

  plan(): ReadonlySet<number> {
    const { minBytes, minRoundBytes, waiting } = this.options;
    const sequences = new Set<number>();
    this.planned = [];
    for (const log of waiting) {
      const before = sequences.size;
      for (const sequence of log.operations.sequencesOfLargeWrites(minBytes, minRoundBytes)) {
        sequences.add(sequence);
      }
      if (sequences.size > before) this.planned.push(log);
    }
    return sequences;
  }

  /**
   * Everything that a log did before a reference becomes durable with it: the files then hold the log up to there, and
   * a start need not replay what came before.
   */
  write(lastSequence: number): readonly Task[] {
    const { minBytes, files } = this.options;
    const written = this.planned.filter((log) => log.operations.writeAhead(lastSequence, minBytes));
    const unsynced = written.map((log) => log.operations.unsynced);
    return [...unsynced.flatMap((each) => each.syncTasks()), ...UnsyncedFiles.rootTasks(files, unsynced)];
  }
}
