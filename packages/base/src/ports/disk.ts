/**
 * Files under one data directory, with the guarantees of a POSIX page cache and no more.
 *
 * Writes are seen by reads at once and survive a crash of the process, but only what was synced survives a loss of
 * power. A new, renamed or removed name is only safe once its directory was synced. Every failure is an `AppError` with
 * code `disk-full` (nothing was written) or `disk-failed` (unknown; after a failed sync the pages may be gone, so the
 * node must stop: see "fsyncgate", Rebello et al., ATC 2020).
 */
import type { AppError } from '../errors.ts';

/**
 * Hears that an asynchronous call is done, or why it failed. Called from the event loop, never from within the call.
 */
export type DiskDone = (error?: AppError) => void;

/** An open file. Positions are bytes from its start. */
export interface DiskFile {
  readonly path: string;
  /** Bytes in the file now. */
  size(): number;
  /** Reads up to `lengthBytes` at a position; shorter only at the end of the file. The bytes are the caller's. */
  read(positionBytes: number, lengthBytes: number): Uint8Array;
  /** Writes chunks back to back into the page cache, before it returns. Extends the file as needed. */
  write(positionBytes: number, chunks: readonly Uint8Array[]): void;
  /** Makes all that was written before this call survive a loss of power (fdatasync). */
  sync(done: DiskDone): void;
  /** Cuts (or extends with zeros) to a size. Durable only after a {@link sync}. */
  truncate(sizeBytes: number): void;
  /** Gives the descriptor back. What was written stays written. No call may follow. */
  close(): void;
}

/** The files of one node. Paths are relative to its data directory, with `/` between names. */
export interface Disk {
  /**
   * Opens a file for reading and writing, made empty if it is absent and `create` is set; throws `disk-missing` else.
   */
  open(path: string, options: { readonly create: boolean }): DiskFile;
  /** Whether a file or directory of this name exists. */
  exists(path: string): boolean;
  /** Names in a directory, in byte order; none when the directory is absent. */
  list(directory: string): readonly string[];
  /** Makes a directory and its parents; does nothing where it exists. */
  makeDirectory(directory: string): void;
  /** Gives a file or directory a new name, in one step; a file of that name is replaced. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all below it; does nothing where it is absent. */
  remove(path: string): void;
  /** Makes names in a directory survive a loss of power. */
  syncDirectory(directory: string, done: DiskDone): void;
  /** Bytes that may still be written, as the file system says. */
  freeBytes(): number;
}
