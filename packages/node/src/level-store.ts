/** The key-value port over LevelDB. The one place where `level` is imported. */
import { AppError, type KeyValueChange, type KeyValuePair, type KeyValueStore } from '@hapax/base';
import { Level } from 'level';

type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

interface PendingWrite {
  readonly changes: readonly KeyValueChange[];
  readonly sync: boolean;
  readonly done: (error?: AppError) => void;
}

/** Pairs that one call reads from LevelDB. */
const PAIRS_PER_READ = 1000;

/**
 * A LevelDB database.
 *
 * One batch is written at a time; what is asked for meanwhile goes into the next one, synced once for all of it. After
 * a
 * failed write nothing more is written: a later batch without an earlier one would be a hole.
 */
export class LevelStore implements KeyValueStore {
  private readonly database: Level<string, Uint8Array>;
  private waiting: PendingWrite[] = [];
  private writing = false;
  private failure: AppError | undefined;

  private constructor(database: Level<string, Uint8Array>) {
    this.database = database;
  }

  /** Opens or makes a database. Throws `disk-locked` where another process has it open, else `store-failed`. */
  static async open(directory: string): Promise<LevelStore> {
    const database = new Level<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
    try {
      await database.open();
      return new LevelStore(database);
    } catch (cause) {
      if (isLocked(cause)) {
        const message = `another process has ${directory} open`;
        throw new AppError('disk-locked', message, { retriable: true, definite: true, cause });
      }
      throw storeFailed(`opening ${directory}`, cause);
    }
  }

  readRange(
    from: string,
    to: string,
    done: (error: AppError | undefined, pairs: readonly KeyValuePair[]) => void,
  ): void {
    this.collect(from, to).then(
      (pairs) => done(undefined, pairs),
      (cause: unknown) => done(storeFailed(`reading from ${from} to ${to}`, cause), []),
    );
  }

  write(
    changes: readonly KeyValueChange[],
    options: { readonly sync: boolean },
    done: (error?: AppError) => void,
  ): void {
    this.waiting.push({ changes, sync: options.sync, done });
    if (!this.writing) void this.writeAll();
  }

  /** Closes the database after what was asked for is written. */
  async close(): Promise<void> {
    while (this.writing) await new Promise((resolve) => setImmediate(resolve));
    await this.database.close();
  }

  private async collect(from: string, to: string): Promise<KeyValuePair[]> {
    const pairs: KeyValuePair[] = [];
    const iterator = this.database.iterator({ gte: from, lt: to });
    try {
      for (;;) {
        const some = await iterator.nextv(PAIRS_PER_READ);
        if (some.length === 0) return pairs;
        for (const [key, value] of some) pairs.push({ key, value });
      }
    } finally {
      await iterator.close();
    }
  }

  /** Writes until nothing waits. Runs once at a time; callers are told after it looked for more work. */
  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const round = this.waiting;
      this.waiting = [];
      const error = this.failure ?? (await this.writeRound(round));
      this.failure = error;
      // `done` is never called from within `write`, also when the store failed long ago.
      await new Promise((resolve) => setImmediate(resolve));
      for (const write of round) write.done(error);
    }
    this.writing = false;
  }

  private async writeRound(round: readonly PendingWrite[]): Promise<AppError | undefined> {
    const operations: Operation[] = [];
    let sync = false;
    for (const write of round) {
      sync ||= write.sync;
      for (const change of write.changes) operations.push(toOperation(change));
    }
    try {
      await this.database.batch(operations, { sync });
      return undefined;
    } catch (cause) {
      return storeFailed(`a batch of ${operations.length} changes`, cause);
    }
  }
}

function toOperation(change: KeyValueChange): Operation {
  return change.type === 'put' ? change : { type: 'del', key: change.key };
}

function isLocked(cause: unknown): boolean {
  for (let at: unknown = cause; at instanceof Error; at = at.cause) {
    if ('code' in at && at.code === 'LEVEL_LOCKED') return true;
  }
  return false;
}

function storeFailed(what: string, cause: unknown): AppError {
  const reasons: string[] = [];
  for (let at: unknown = cause; at instanceof Error; at = at.cause) reasons.push(at.message);
  const message = `${what} failed: ${reasons.join(': ')}`;
  return new AppError('store-failed', message, { retriable: false, definite: false, cause });
}
