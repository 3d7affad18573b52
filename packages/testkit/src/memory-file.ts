/** One file of the in-memory disk: what the page cache shows, what is durable, and what a loss of power may leave. */
import type { Random } from '@hapax/base';

const PAGE_BYTES = 4096;
/** What a disk writes in one step: a torn write is made of whole sectors, old and new. */
const SECTOR_BYTES = 512;

type Pages = Map<number, Uint8Array>;

/** What a sync set out to make durable when it was called. */
export interface FileSync {
  readonly pages: ReadonlyMap<number, Uint8Array | undefined>;
  readonly sizeBytes: number;
}

/**
 * The content of a file, as pages. Pages of zeros are absent, so that preallocated files cost nothing. A page that is
 * durable, or that a sync has in hand, is never written to again: a write makes a copy.
 */
export class MemoryFile {
  sizeBytes = 0;
  private current: Pages = new Map();
  private durable: Pages = new Map();
  private durableSizeBytes = 0;
  /** Pages that the next sync must write. After a failed sync they are no longer here, though they were not written. */
  private dirty = new Set<number>();
  /** Pages that only `current` refers to, so that they may be written in place. */
  private owned = new Set<number>();
  private syncing: FileSync[] = [];

  read(positionBytes: number, lengthBytes: number): Uint8Array {
    const length = Math.max(0, Math.min(lengthBytes, this.sizeBytes - positionBytes));
    const result = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = positionBytes + done;
      const page = this.current.get(Math.floor(at / PAGE_BYTES));
      const offset = at % PAGE_BYTES;
      const take = Math.min(PAGE_BYTES - offset, length - done);
      if (page !== undefined) result.set(page.subarray(offset, offset + take), done);
      done += take;
    }
    return result;
  }

  write(positionBytes: number, chunks: readonly Uint8Array[]): void {
    let at = positionBytes;
    for (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) {
        const offset = at % PAGE_BYTES;
        const take = Math.min(PAGE_BYTES - offset, chunk.length - done);
        this.writePage(Math.floor(at / PAGE_BYTES), offset, chunk.subarray(done, done + take));
        done += take;
        at += take;
      }
    }
    this.sizeBytes = Math.max(this.sizeBytes, at);
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      const last = Math.floor(sizeBytes / PAGE_BYTES);
      for (const index of this.current.keys()) {
        if (index > last || (index === last && sizeBytes % PAGE_BYTES === 0)) this.drop(index);
      }
      const rest = sizeBytes % PAGE_BYTES;
      if (rest > 0 && this.current.has(last)) this.ownedPage(last).fill(0, rest);
    }
    this.sizeBytes = sizeBytes;
  }

  /** Takes hold of what must become durable; {@link finishSync} or {@link failSync} must follow, in order. */
  beginSync(): FileSync {
    const pages = new Map<number, Uint8Array | undefined>();
    for (const index of this.dirty) {
      pages.set(index, this.current.get(index));
      this.owned.delete(index);
    }
    this.dirty.clear();
    const sync = { pages, sizeBytes: this.sizeBytes };
    this.syncing.push(sync);
    return sync;
  }

  finishSync(sync: FileSync): void {
    this.syncing = this.syncing.filter((other) => other !== sync);
    for (const [index, page] of sync.pages) setPage(this.durable, index, page);
    this.durableSizeBytes = sync.sizeBytes;
  }

  /** The pages count as written from now on, though they were not [Rebello et al., ATC 2020]. */
  failSync(sync: FileSync): void {
    this.syncing = this.syncing.filter((other) => other !== sync);
  }

  /** Goes back to what a loss of power leaves: durable bytes, and of the others a random choice of sectors. */
  losePower(random: Random): void {
    const lastSize = this.sizeBytes;
    const cut = [this.durableSizeBytes, lastSize, Math.min(lastSize, this.durableSizeBytes)];
    const low = Math.min(lastSize, this.durableSizeBytes);
    cut.push(low + random.nextInt(Math.abs(lastSize - this.durableSizeBytes) + 1));
    const sizeBytes = cut[random.nextInt(cut.length)] as number;
    const touched = new Set(this.dirty);
    for (const sync of this.syncing) for (const index of sync.pages.keys()) touched.add(index);
    const survivors: Pages = new Map(this.durable);
    const keep = random.nextFloat();
    for (const index of [...touched].sort((a, b) => a - b)) {
      const versions = [this.current.get(index)];
      for (const sync of this.syncing) if (sync.pages.has(index)) versions.push(sync.pages.get(index));
      setPage(survivors, index, tornPage(this.durable.get(index), versions, keep, random));
    }
    this.reset(survivors, sizeBytes);
  }

  /** The process died, the machine did not: the page cache stays, and what syncs had in hand is to be synced again. */
  forgetSyncs(): void {
    for (const sync of this.syncing) for (const index of sync.pages.keys()) this.dirty.add(index);
    this.syncing = [];
  }

  /** What is written now becomes durable at once. */
  makeDurable(): void {
    this.reset(this.current, this.sizeBytes);
  }

  private reset(pages: Pages, sizeBytes: number): void {
    this.current = pages;
    this.owned.clear();
    this.sizeBytes = Number.MAX_SAFE_INTEGER;
    this.truncate(sizeBytes);
    this.durable = new Map(this.current);
    this.durableSizeBytes = sizeBytes;
    this.dirty.clear();
    this.owned.clear();
    this.syncing = [];
  }

  private writePage(index: number, offset: number, bytes: Uint8Array): void {
    if (!this.current.has(index) && isZero(bytes)) return;
    this.ownedPage(index).set(bytes, offset);
  }

  private ownedPage(index: number): Uint8Array {
    this.dirty.add(index);
    const page = this.current.get(index);
    if (page !== undefined && this.owned.has(index)) return page;
    const copy = new Uint8Array(PAGE_BYTES);
    if (page !== undefined) copy.set(page);
    this.current.set(index, copy);
    this.owned.add(index);
    return copy;
  }

  private drop(index: number): void {
    this.current.delete(index);
    this.owned.delete(index);
    this.dirty.add(index);
  }
}

function setPage(pages: Pages, index: number, page: Uint8Array | undefined): void {
  if (page === undefined) pages.delete(index);
  else pages.set(index, page);
}

/** Each sector is the old one or one of the newer ones; `keep` is the chance that it is a newer one. */
function tornPage(
  old: Uint8Array | undefined, versions: readonly (Uint8Array | undefined)[], keep: number, random: Random,
): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  for (let at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
    const source = random.nextFloat() < keep ? versions[random.nextInt(versions.length)] : old;
    if (source !== undefined) page.set(source.subarray(at, at + SECTOR_BYTES), at);
  }
  return page;
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
