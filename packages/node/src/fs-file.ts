/** An open file of the real disk. */
import { assert, type DiskDone, type DiskFile } from '@hapax/base';
import { closeSync, fdatasync, fstatSync, ftruncateSync, readSync, writeSync, writevSync } from 'node:fs';
import { diskFailure } from './disk-failure.ts';

/** What one writev may be given (IOV_MAX on Linux). */
const CHUNKS_PER_CALL = 1024;

/**
 * A file that this process alone writes, through one handle at a time: its size is kept, not asked for.
 *
 * Calls are synchronous but for `sync`: what is below about 128 KiB is in the page cache before a hop to the thread
 * pool
 * would have begun.
 */
export class FsFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;
  private readonly counter: SyncCounter;
  private sizeBytes: number;
  private syncsInFlight = 0;
  private closed = false;

  constructor(path: string, descriptor: number, counter: SyncCounter) {
    this.path = path;
    this.descriptor = descriptor;
    this.counter = counter;
    this.sizeBytes = fstatSync(descriptor).size;
  }

  size(): number {
    return this.sizeBytes;
  }

  read(positionBytes: number, lengthBytes: number): Uint8Array {
    this.checkOpen();
    const wanted = Math.min(lengthBytes, this.sizeBytes - positionBytes);
    if (wanted <= 0) return new Uint8Array(0);
    // Not filled with zeros, and no slice of a pool that a small read would keep alive.
    const bytes = Buffer.allocUnsafeSlow(wanted);
    let filled = 0;
    try {
      while (filled < wanted) {
        const count = readSync(this.descriptor, bytes, filled, wanted - filled, positionBytes + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch (cause) {
      throw diskFailure('read', this.path, cause);
    }
    return filled === wanted ? bytes : bytes.subarray(0, filled);
  }

  write(positionBytes: number, chunks: readonly Uint8Array[]): void {
    this.checkOpen();
    const sizeBefore = this.sizeBytes;
    let position = positionBytes;
    try {
      for (let from = 0; from < chunks.length; from += CHUNKS_PER_CALL) {
        const some = chunks.length <= CHUNKS_PER_CALL ? chunks : chunks.slice(from, from + CHUNKS_PER_CALL);
        position = this.writeAll(position, some);
      }
    } catch (cause) {
      this.takeBack(sizeBefore);
      throw diskFailure('write', this.path, cause);
    }
    this.sizeBytes = Math.max(sizeBefore, position);
  }

  sync(done: DiskDone): void {
    this.checkOpen();
    this.syncsInFlight++;
    this.counter.inFlight++;
    fdatasync(this.descriptor, (cause) => {
      this.syncsInFlight--;
      this.counter.inFlight--;
      if (this.closed && this.syncsInFlight === 0) this.closeDescriptor();
      done(cause === null ? undefined : diskFailure('sync', this.path, cause));
    });
  }

  truncate(sizeBytes: number): void {
    this.checkOpen();
    try {
      ftruncateSync(this.descriptor, sizeBytes);
    } catch (cause) {
      throw diskFailure('truncate', this.path, cause);
    }
    this.sizeBytes = sizeBytes;
  }

  close(): void {
    this.checkOpen();
    this.closed = true;
    // A descriptor that is closed under a running sync could be another file's by the time the sync begins.
    if (this.syncsInFlight === 0) this.closeDescriptor();
  }

  /** Writes everything, however little the system takes at once; returns the position behind it. */
  private writeAll(positionBytes: number, chunks: readonly Uint8Array[]): number {
    let position = positionBytes;
    let rest: readonly Uint8Array[] = chunks.length === 1 ? chunks : chunks.filter((chunk) => chunk.byteLength > 0);
    while (rest.length > 0) {
      const first = rest[0] as Uint8Array;
      const count =
        rest.length === 1
          ? writeSync(this.descriptor, first, 0, first.byteLength, position)
          : writevSync(this.descriptor, rest, position);
      position += count;
      rest = after(rest, count);
    }
    return position;
  }

  /** A full disk may take a part: what was appended is cut off again, so that `disk-full` means "nothing". */
  private takeBack(sizeBefore: number): void {
    try {
      if (fstatSync(this.descriptor).size > sizeBefore) ftruncateSync(this.descriptor, sizeBefore);
    } catch {
      // The failure of the write itself is the one to report.
    }
  }

  private closeDescriptor(): void {
    try {
      closeSync(this.descriptor);
    } catch (cause) {
      throw diskFailure('close', this.path, cause);
    }
  }

  private checkOpen(): void {
    assert(!this.closed, () => `${this.path} was closed`);
  }
}

/** Syncs that were asked for on one disk and are not reported yet. */
export interface SyncCounter {
  inFlight: number;
}

/** The chunks behind the first `count` bytes. */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count;
  for (const [index, chunk] of chunks.entries()) {
    if (skip < chunk.byteLength) return [chunk.subarray(skip), ...chunks.slice(index + 1)];
    skip -= chunk.byteLength;
  }
  return [];
}
