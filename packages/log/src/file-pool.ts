/** Open files of the store, least recently used closed first: many partitions stay within few descriptors. */
import { assert, type Disk, type DiskDone, type DiskFile } from '@hapax/base';

/** A file is used at once, within the turn in which it was asked for: the next call may close it. */
export class FilePool {
  readonly disk: Disk;
  private readonly max: number;
  /** Least recently used first. */
  private readonly open = new Map<string, DiskFile>();

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

  /** Syncs a file; a file that was removed meanwhile needs none, and is reported as done. */
  sync(path: string, done: DiskDone): void {
    if (!this.disk.exists(path)) done();
    else this.get(path, { create: false }).sync(done);
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

  private closeOldest(): void {
    for (const path of this.open.keys()) {
      this.forget(path);
      return;
    }
  }
}
