/** One file of the in-memory disk: what the page cache shows, what is durable, and what a loss of power may leave. */
import type { Random } from '@hapax/base';

const PAGE_BYTES = 4096;
/** What a disk writes in one step: a torn write is made of whole sectors, old and new. */
const SECTOR_BYTES = 512;

type Pages = Map<number, Uint8Array>;

/** The bytes that one write has changed: where they begin, and where they end (exclusive). */
type Extent = readonly [from: number, to: number];

/**
 * What a loss of power leaves of writes that no sync has covered. `any`: each sector is old or new, as it happens.
 * `torn`: the writes up to one that is cut between two sectors. `lost`: all but some of them, each as a whole.
 * `reordered`: the later ones and not the earlier ones. `misdirected`: as `any`, and one sector lies in the place of
 * another one.
 */
export type WriteFate = 'any' | 'torn' | 'lost' | 'reordered' | 'misdirected';

/** What a sync set out to make durable when it was called. */
export interface FileSync {
  readonly pages: ReadonlyMap<number, Uint8Array | undefined>;
  readonly sizeBytes: number;
  readonly extents: readonly Extent[];
}

/**
 * The content of a file, as pages. Pages of zeros are absent, so that preallocated files cost nothing. A page that is
 * durable, or that a sync has in hand, is never written to again: a write makes a copy.
 */
export class MemoryFile {
  sizeBytes = 0;
  /** Bytes that read otherwise than they were written, by position: what is combined with them by exclusive or. */
  readonly rot = new Map<number, number>();
  private current: Pages = new Map();
  private durable: Pages = new Map();
  private durableSizeBytes = 0;
  /** Pages that the next sync must write. After a failed sync they are no longer here, though they were not written. */
  private dirty = new Set<number>();
  /** Pages that only `current` refers to, so that they may be written in place. */
  private owned = new Set<number>();
  private syncing: FileSync[] = [];
  /** Writes since the last sync began, oldest first. */
  private extents: Extent[] = [];

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

  /** Reads what {@link rot} has left. */
  readRotten(positionBytes: number, lengthBytes: number): Uint8Array {
    const bytes = this.read(positionBytes, lengthBytes);
    for (const [position, bits] of this.rot) {
      const at = position - positionBytes;
      if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] as number) ^ bits;
    }
    return bytes;
  }

  /** Reads as if pages that were never durable had not been written: zeros stand in their place. */
  readStale(positionBytes: number, lengthBytes: number): Uint8Array {
    const bytes = this.read(positionBytes, lengthBytes);
    for (let done = 0; done < bytes.length; ) {
      const at = positionBytes + done;
      const take = Math.min(PAGE_BYTES - (at % PAGE_BYTES), bytes.length - done);
      if (!this.durable.has(Math.floor(at / PAGE_BYTES))) bytes.fill(0, done, done + take);
      done += take;
    }
    return bytes;
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
    if (at > positionBytes) this.extents.push([positionBytes, at]);
    for (const rotten of this.rot.keys()) if (rotten >= positionBytes && rotten < at) this.rot.delete(rotten);
    this.sizeBytes = Math.max(this.sizeBytes, at);
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      this.extents.push([sizeBytes, this.sizeBytes]);
      const last = Math.floor(sizeBytes / PAGE_BYTES);
      for (const index of this.current.keys()) {
        if (index > last || (index === last && sizeBytes % PAGE_BYTES === 0)) this.drop(index);
      }
      const rest = sizeBytes % PAGE_BYTES;
      if (rest > 0 && this.current.has(last)) this.ownedPage(last).fill(0, rest);
    }
    for (const rotten of this.rot.keys()) if (rotten >= sizeBytes) this.rot.delete(rotten);
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
    const sync = { pages, sizeBytes: this.sizeBytes, extents: this.extents };
    this.extents = [];
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

  /** Goes back to what a loss of power leaves: durable bytes, and of the others what their fate is. */
  losePower(random: Random, fate: WriteFate = 'any'): void {
    const sizeBytes = this.sizeAfter(random);
    const touched = new Set(this.dirty);
    for (const sync of this.syncing) for (const index of sync.pages.keys()) touched.add(index);
    const survivors: Pages = new Map(this.durable);
    const keep = random.nextFloat();
    const isKept = fate === 'any' || fate === 'misdirected' ? undefined : this.keptSectors(fate, random);
    for (const index of [...touched].sort((a, b) => a - b)) {
      const versions = [this.current.get(index)];
      if (isKept !== undefined) {
        setPage(survivors, index, pageOfSectors(this.durable.get(index), versions[0], index, isKept));
        continue;
      }
      for (const sync of this.syncing) if (sync.pages.has(index)) versions.push(sync.pages.get(index));
      setPage(survivors, index, tornPage(this.durable.get(index), versions, keep, random));
    }
    if (fate === 'misdirected') misdirect(survivors, this.current, this.unsyncedExtents(), random);
    this.reset(survivors, sizeBytes);
  }

  /** The process died, the machine did not: the page cache stays, and what syncs had in hand is to be synced again. */
  forgetSyncs(): void {
    this.extents = this.unsyncedExtents();
    for (const sync of this.syncing) for (const index of sync.pages.keys()) this.dirty.add(index);
    this.syncing = [];
  }

  /** What is written now becomes durable at once. */
  makeDurable(): void {
    this.reset(this.current, this.sizeBytes);
  }

  private sizeAfter(random: Random): number {
    const lastSize = this.sizeBytes;
    const low = Math.min(lastSize, this.durableSizeBytes);
    const between = low + random.nextInt(Math.abs(lastSize - this.durableSizeBytes) + 1);
    const cut = [this.durableSizeBytes, lastSize, low, between];
    return cut[random.nextInt(cut.length)] as number;
  }

  private unsyncedExtents(): Extent[] {
    return [...this.syncing.flatMap((sync) => sync.extents), ...this.extents];
  }

  /** The sectors that writes which survive have changed, where whole writes survive or not. */
  private keptSectors(fate: 'torn' | 'lost' | 'reordered', random: Random): (sector: number) => boolean {
    const extents = this.unsyncedExtents();
    const cut = random.nextInt(extents.length + 1);
    const keep = random.nextFloat();
    const kept = extents.filter((_, at) => {
      if (fate === 'lost') return random.nextFloat() < keep;
      return fate === 'torn' ? at < cut : at >= cut;
    });
    const last = fate === 'torn' ? extents[cut] : undefined;
    if (last !== undefined) kept.push([last[0], last[0] + random.nextInt(last[1] - last[0] + 1)]);
    const sectors = new Set<number>();
    for (const [from, to] of kept) {
      const end = fate === 'torn' ? Math.floor(to / SECTOR_BYTES) : Math.ceil(to / SECTOR_BYTES);
      for (let sector = Math.floor(from / SECTOR_BYTES); sector < end; sector++) sectors.add(sector);
    }
    return (sector) => sectors.has(sector);
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
    this.extents = [];
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

/** The newest sectors where they are kept, the old ones elsewhere. */
function pageOfSectors(
  old: Uint8Array | undefined, newest: Uint8Array | undefined, index: number, isKept: (sector: number) => boolean,
): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  for (let at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
    const source = isKept((index * PAGE_BYTES + at) / SECTOR_BYTES) ? newest : old;
    if (source !== undefined) page.set(source.subarray(at, at + SECTOR_BYTES), at);
  }
  return page;
}

/** Puts what was written to one sector into the place of another one, where nothing durable stands. */
function misdirect(pages: Pages, written: Pages, extents: readonly Extent[], random: Random): void {
  const whole = extents.filter(([from, to]) => sectorAfter(from) + SECTOR_BYTES <= to);
  if (whole.length === 0) return;
  const drawSector = (): number => {
    const [from, to] = whole[random.nextInt(whole.length)] as Extent;
    return sectorAfter(from) + random.nextInt(Math.floor((to - sectorAfter(from)) / SECTOR_BYTES)) * SECTOR_BYTES;
  };
  const [from, to] = [drawSector(), drawSector()];
  const target = Math.floor(to / PAGE_BYTES);
  const source = written.get(Math.floor(from / PAGE_BYTES));
  const before = pages.get(target)?.subarray(to % PAGE_BYTES, (to % PAGE_BYTES) + SECTOR_BYTES);
  if (source === undefined || (before !== undefined && !isZero(before))) return;
  const page = new Uint8Array(pages.get(target) ?? new Uint8Array(PAGE_BYTES));
  const at = from % PAGE_BYTES;
  page.set(source.subarray(at, at + SECTOR_BYTES), to % PAGE_BYTES);
  pages.set(target, page);
}

function sectorAfter(position: number): number {
  return Math.ceil(position / SECTOR_BYTES) * SECTOR_BYTES;
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
