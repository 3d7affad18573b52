/** Small files that are read and replaced as a whole: never in place, so that no crash leaves half of one. */
import { runTasks } from './run-tasks.ts';
import type { Disk, DiskDone } from '@hapax/base';

/** Ends the names of files that are not in their place yet. */
export const TEMPORARY_SUFFIX = '.tmp';

/** Writes beside, syncs, renames, syncs the directory: then the new content is there for good. [S4, bugs 96, 108] */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array, done: DiskDone): void {
  const temporary = path + TEMPORARY_SUFFIX;
  const file = disk.open(temporary, { create: true });
  file.truncate(0);
  file.write(0, [bytes]);
  const rename = (next: DiskDone): void => {
    file.close();
    disk.rename(temporary, path);
    disk.syncDirectory(directoryOf(path), next);
  };
  runTasks([(next) => file.sync(next), rename], { concurrency: 1 }, done);
}

/** Replaces several files, one after the other. */
export function replaceFiles(disk: Disk, files: ReadonlyMap<string, Uint8Array>, done: DiskDone): void {
  const tasks = [...files].map(([path, bytes]) => (next: DiskDone) => replaceFile(disk, path, bytes, next));
  runTasks(tasks, { concurrency: 1 }, done);
}

/** Removes a file for good. */
export function removeFile(disk: Disk, path: string, done: DiskDone): void {
  disk.remove(path);
  disk.syncDirectory(directoryOf(path), done);
}

/** All of a file, or undefined where it is absent. */
export function readWholeFile(disk: Disk, path: string): Uint8Array | undefined {
  if (!disk.exists(path)) return undefined;
  const file = disk.open(path, { create: false });
  const bytes = file.read(0, file.size());
  file.close();
  return bytes;
}

/** Writes a file in place, without a sync: for files that can be made again from others. */
export function overwriteFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, { create: true });
  file.truncate(0);
  file.write(0, [bytes]);
  file.close();
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
