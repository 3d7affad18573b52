/** The disk port over the file system: everything below one data directory. */
import { assert, type Disk, type DiskDone, type DiskFile } from '@hapax/base';
import {
  close, constants, existsSync, fsync, mkdirSync, open, openSync, readdirSync, renameSync, rmSync, statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { diskFailure, systemCode } from './disk-failure.ts';
import { FsFile, type SyncCounter } from './fs-file.ts';

/**
 * Files under a directory, which is made where it is absent. Who else may use it is {@link openDataDirectory}'s matter.
 */
export class FsDisk implements Disk {
  private readonly root: string;
  private readonly counter: SyncCounter = { inFlight: 0 };

  constructor(root: string) {
    this.root = root;
    run('make directory', root, () => mkdirSync(root, { recursive: true }));
  }

  /** Syncs that were asked for and are not reported yet. */
  get syncsInFlight(): number {
    return this.counter.inFlight;
  }

  open(path: string, options: { readonly create: boolean }): DiskFile {
    const full = this.resolve(path);
    const flags = constants.O_RDWR | (options.create ? constants.O_CREAT : 0);
    const descriptor = run('open', full, () => openSync(full, flags, 0o644));
    return new FsFile(full, descriptor, this.counter);
  }

  exists(path: string): boolean {
    return existsSync(this.resolve(path));
  }

  list(directory: string): readonly string[] {
    const full = this.resolve(directory);
    try {
      const names = readdirSync(full, { encoding: 'buffer' });
      return names.sort((a, b) => Buffer.compare(a, b)).map((name) => name.toString('utf8'));
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return [];
      throw diskFailure('list', full, cause);
    }
  }

  makeDirectory(directory: string): void {
    const full = this.resolve(directory);
    run('make directory', full, () => mkdirSync(full, { recursive: true }));
  }

  rename(from: string, to: string): void {
    run('rename', this.resolve(from), () => renameSync(this.resolve(from), this.resolve(to)));
  }

  remove(path: string): void {
    const full = this.resolve(path);
    run('remove', full, () => rmSync(full, { recursive: true, force: true }));
  }

  syncDirectory(directory: string, done: DiskDone): void {
    const full = this.resolve(directory);
    this.counter.inFlight++;
    const finish = (cause: Error | null): void => {
      this.counter.inFlight--;
      done(cause === null ? undefined : diskFailure('sync', full, cause));
    };
    open(full, constants.O_RDONLY, (openFailed, descriptor) => {
      if (openFailed !== null) return finish(openFailed);
      fsync(descriptor, (syncFailed) => close(descriptor, (closeFailed) => finish(syncFailed ?? closeFailed ?? null)));
    });
  }

  freeBytes(): number {
    const { bavail, bsize } = run('statfs', this.root, () => statfsSync(this.root));
    return bavail * bsize;
  }

  private resolve(path: string): string {
    assert(!path.startsWith('/') && !path.split('/').includes('..'), () => `${path} leads out of the data directory`);
    return join(this.root, path);
  }
}

function run<T>(call: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw diskFailure(call, path, cause);
  }
}
