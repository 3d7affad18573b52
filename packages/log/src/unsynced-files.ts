/** Which files and names of a log a sync must still cover. Whoever syncs them, they count as clean only afterwards. */
import type { FilePool } from './file-pool.ts';
import type { Task } from './run-tasks.ts';

/** Which files and names of a log were changed since their last sync. */
export class UnsyncedFiles {
  private readonly files: FilePool;
  private readonly directory: string;
  private changes = 0;
  /** Which change of each path was the last one. */
  private readonly paths = new Map<string, number>();
  /** The last change of a name; 0 where all are safe. */
  private namesChange = 0;
  /** Whether the name of the directory itself is not safe. */
  private isDirectoryNew = false;

  constructor(files: FilePool, directory: string) {
    this.files = files;
    this.directory = directory;
  }

  /** Takes note that a file has bytes that a sync must cover. */
  wrote(path: string): void {
    this.changes += 1;
    this.paths.set(path, this.changes);
  }

  /** Takes note that names in the log's directory came, went or changed. */
  renamed(): void {
    this.changes += 1;
    this.namesChange = this.changes;
  }

  madeDirectory(): void {
    this.isDirectoryNew = true;
  }

  /** The file is gone; its name must be. */
  removed(path: string): void {
    this.paths.delete(path);
    this.renamed();
  }

  /** Make durable everything that was done until now: all but the name of the directory. */
  syncTasks(): Task[] {
    const tasks: Task[] = [];
    for (const [path, change] of this.paths) {
      const clean = (): void => {
        if (this.paths.get(path) === change) this.paths.delete(path);
      };
      tasks.push((done) => this.files.sync(path, (error) => {
        if (error === undefined) clean();
        done(error);
      }));
    }
    const names = this.namesChange;
    if (names === 0) return tasks;
    const sync: Task = (done) => this.files.disk.syncDirectory(this.directory, (error) => {
      if (error === undefined && this.namesChange === names) this.namesChange = 0;
      done(error);
    });
    return [...tasks, sync];
  }

  /** Makes the names of directories durable, where one of these logs has a new one. */
  static rootTasks(files: FilePool, logs: readonly UnsyncedFiles[]): Task[] {
    const fresh = logs.filter((each) => each.isDirectoryNew);
    if (fresh.length === 0) return [];
    const sync: Task = (done) => files.disk.syncDirectory('', (error) => {
      if (error === undefined) for (const each of fresh) each.isDirectoryNew = false;
      done(error);
    });
    return [sync];
  }
}
