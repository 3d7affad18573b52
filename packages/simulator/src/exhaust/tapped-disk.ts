/** Ports to a disk and a store that tell of every durable effect: before it, when it is written, and when synced. */
import type { Disk, DiskFile, KeyValueChange, KeyValueStore } from '@hapax/base';
import type { Moment } from './fault-point.ts';

/** Hears of effects. What it throws leaves the write or the sync, as the death of the process does. */
export interface EffectTap {
  /** The names of what a write makes durable; none where it is of no account. */
  namesOf(path: string, position: number, chunks: readonly Uint8Array[]): readonly string[];
  /** The same for the store. */
  namesOfStored(changes: readonly KeyValueChange[]): readonly string[];
  reach(moment: Moment, names: readonly string[]): void;
}

/** A disk that is watched. */
export function tappedDisk(disk: Disk, tap: EffectTap): Disk {
  return {
    open: (path, options) => tappedFile(disk.open(path, options), tap),
    exists: (path) => disk.exists(path),
    list: (directory) => disk.list(directory),
    makeDirectory: (directory) => disk.makeDirectory(directory),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: (directory, done) => disk.syncDirectory(directory, done),
    freeBytes: () => disk.freeBytes(),
  };
}

/** A store that is watched. */
export function tappedStore(store: KeyValueStore, tap: EffectTap): KeyValueStore {
  return {
    readRange: (from, to, done) => store.readRange(from, to, done),
    write: (changes, options, done) => {
      const names = tap.namesOfStored(changes);
      tap.reach('before', names);
      store.write(changes, options, (error) => {
        if (error === undefined) tap.reach('synced', names);
        done(error);
      });
      tap.reach('written', names);
    },
  };
}

function tappedFile(file: DiskFile, tap: EffectTap): DiskFile {
  let unsynced: string[] = [];
  return {
    path: file.path,
    size: () => file.size(),
    read: (positionBytes, lengthBytes) => file.read(positionBytes, lengthBytes),
    write: (positionBytes, chunks) => {
      const names = tap.namesOf(file.path, positionBytes, chunks);
      tap.reach('before', names);
      file.write(positionBytes, chunks);
      unsynced.push(...names);
      tap.reach('written', names);
    },
    sync: (done) => {
      const covered = unsynced;
      unsynced = [];
      file.sync((error) => {
        if (error === undefined) tap.reach('synced', covered);
        done(error);
      });
    },
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
  };
}
