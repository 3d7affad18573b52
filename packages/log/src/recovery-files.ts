/** The files of one log while it is recovered: what is removed, kept aside and cut, and what must be synced for it. */
import type { Offset } from '@hapax/base';
import type { FilePool } from './file-pool.ts';
import { CORRUPT_SUFFIX, offsetFileName, parseOffsetFileName } from './partition-directory.ts';
import { INDEX_SUFFIXES, LOG_SUFFIX, type Segment } from './segment.ts';

const COPY_BYTES = 1024 * 1024;

/** The files of one log as recovery reads, cuts and keeps them. */
export class RecoveryFiles {
  readonly pool: FilePool;
  /** Files that recovery has changed and that must be synced. */
  readonly touched = new Set<string>();
  changesNames = false;
  private readonly directory: string;

  constructor(pool: FilePool, directory: string) {
    this.pool = pool;
    this.directory = directory;
  }

  /** Offsets that have a file of this kind, ascending. */
  basesOf(suffix: string): Offset[] {
    const names = this.pool.disk.list(this.directory);
    return names.map((name) => parseOffsetFileName(name, suffix)).filter((offset) => offset !== undefined);
  }

  pathOf(base: Offset, suffix: string): string {
    return `${this.directory}/${offsetFileName(base, suffix)}`;
  }

  removeSegment(base: Offset): void {
    this.remove(offsetFileName(base, LOG_SUFFIX));
    this.removeIndexes(base);
  }

  removeIndexes(base: Offset): void {
    for (const suffix of INDEX_SUFFIXES) this.remove(offsetFileName(base, suffix));
  }

  remove(name: string): void {
    const path = `${this.directory}/${name}`;
    this.pool.forget(path);
    if (!this.pool.disk.exists(path)) return;
    this.pool.disk.remove(path);
    this.changesNames = true;
  }

  /** Cuts a segment's file where its valid part ends. */
  cut(segment: Segment): void {
    this.pool.get(segment.path, { create: false }).truncate(segment.sizeBytes);
    this.touched.add(segment.path);
    this.removeIndexes(segment.baseOffset);
  }

  /** Keeps a copy of the damaged file aside, and cuts it where its valid part ends. */
  keepPrefix(segment: Segment): void {
    const { disk } = this.pool;
    const aside = this.freeName(segment.path);
    const source = disk.open(segment.path, { create: false });
    const copy = disk.open(aside, { create: true });
    for (let at = 0; at < source.size(); at += COPY_BYTES) copy.write(at, [source.read(at, COPY_BYTES)]);
    source.close();
    copy.close();
    this.touched.add(aside);
    this.cut(segment);
  }

  /** Keeps segments out of the log, but not out of the reach of people. */
  setAside(bases: readonly Offset[]): void {
    const { disk } = this.pool;
    for (const base of bases) {
      const path = this.pathOf(base, LOG_SUFFIX);
      this.pool.forget(path);
      if (disk.exists(path)) disk.rename(path, this.freeName(path));
      this.changesNames = true;
      this.removeIndexes(base);
    }
  }

  freeName(path: string): string {
    const { disk } = this.pool;
    let name = path + CORRUPT_SUFFIX;
    for (let at = 1; disk.exists(name); at++) name = `${path}.${at}${CORRUPT_SUFFIX}`;
    return name;
  }
}
