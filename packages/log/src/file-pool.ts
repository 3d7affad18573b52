/** Open files of the store, least recently used closed first: many partitions stay within few descriptors. */
import { type AppError, assert, type Disk, type DiskDone, type DiskFile } from '@hapax/base';
import { attempt } from './run-tasks.ts';

/** A file is used at once, within the turn in which it was asked for: the next call may close it. */
export class FilePool {
  readonly disk: Disk;
  private readonly max: number;
  /** Least recently used first. */
  private readonly open = new Map<string, DiskFile>();
  /** Paths that are being synced, with those who wait for the next sync of the path. */
  private readonly syncing = new Map<string, DiskDone[]>();

  constructor(disk: Disk, options: { readonly max: number }) {
    assert(options.max >= 1, `at most ${options.max} open files leave none to use`);
    this.disk = disk;
    this.max = options.max;
  }

  get size(): number {
    return this.open.size;
  }

  /** The file of this path, opened where it is not. Throws `disk-missing` where it is absent and not to be made. */
  get(path: string, options: { readonly create: boolean }): DiskFile {
    let file = this.open.get(path);
    if (file === undefined) file = this.disk.open(path, options);
    else this.open.delete(path);
    this.open.set(path, file);
    if (this.open.size > this.max) this.closeOldest();
    return file;
  }

  /**
   * Syncs a file; a file that was removed meanwhile needs none, and is reported as done. One sync of a file is in
   * flight at a time: of two at once the kernel may tell only one that it failed.
   */
  sync(path: string, done: DiskDone): void {
    const waiting = this.syncing.get(path);
    if (waiting === undefined) this.beginSync(path, [done]);
    else waiting.push(done);
  }

  /** Closes a file, before it is removed or gets another name. */
  forget(path: string): void {
    this.open.get(path)?.close();
    this.open.delete(path);
  }

  /** Closes the files of a directory. */
  forgetDirectory(directory: string): void {
    for (const path of this.open.keys()) if (path.startsWith(`${directory}/`)) this.forget(path);
  }

  closeAll(): void {
    for (const path of this.open.keys()) this.forget(path);
  }

  private beginSync(path: string, dones: readonly DiskDone[]): void {
    const report = (error?: AppError): void => {
      for (const done of dones) done(error);
    };
    if (!this.disk.exists(path)) return report();
    this.get(path, { create: false }).sync((error) => {
      const waiting = this.syncing.get(path) ?? [];
      this.syncing.delete(path);
      const failed = (cause?: AppError): void => {
        for (const done of waiting) done(cause);
      };
      // A failed sync is never tried again.
      if (error !== undefined) failed(error);
      else if (waiting.length > 0) attempt(() => this.beginSync(path, waiting), failed);
      report(error);
    });
    this.syncing.set(path, []);
  }

  private closeOldest(): void {
    for (const path of this.open.keys()) {
      this.forget(path);
      return;
    }
  }
}
