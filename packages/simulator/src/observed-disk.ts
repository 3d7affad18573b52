/** A disk that tells of every write, and of every sync that is done before its owner hears of it. */
import type { Disk, DiskFile } from '@hapax/base';

/** Hears of what happens to files. */
export interface DiskWatcher {
  onWritten(): void;
  onSynced(): void;
}

/** The disk, watched. */
export function observedDisk(disk: Disk, watcher: DiskWatcher): Disk {
  return {
    open: (path, options) => observedFile(disk.open(path, options), watcher),
    exists: (path) => disk.exists(path),
    list: (directory) => disk.list(directory),
    makeDirectory: (directory) => disk.makeDirectory(directory),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: (directory, done) => disk.syncDirectory(directory, done),
    freeBytes: () => disk.freeBytes(),
  };
}

function observedFile(file: DiskFile, watcher: DiskWatcher): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    read: (positionBytes, lengthBytes) => file.read(positionBytes, lengthBytes),
    write: (positionBytes, chunks) => {
      file.write(positionBytes, chunks);
      watcher.onWritten();
    },
    sync: (done) =>
      file.sync((error) => {
        if (error === undefined) watcher.onSynced();
        done(error);
      }),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
  };
}
