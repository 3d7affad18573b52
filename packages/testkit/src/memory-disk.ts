/** The simulator's disk: a page cache over durable sectors, with crashes, losses of power and injected faults. */
import {
  AppError, assert, type Disk, type DiskDone, type DiskFile, type FailureCode, type Scheduler,
} from '@hapax/base';
import { MemoryFile } from './memory-file.ts';
import { survivingNames, type DiskCrash } from './power-loss.ts';

interface Directory {
  readonly entries: Map<string, Node>;
  readonly durable: Map<string, Node>;
  /** Changes of names since the last sync of the directory, in order; a loss of power keeps a first part of them. */
  changes: NameChange[];
}
type Node = MemoryFile | Directory;
/** A name is given to a node, or taken away where there is none. A rename is two changes that happen together. */
type NameChange = readonly { readonly name: string; readonly node: Node | undefined }[];

/** What a fault may be put on. */
export type DiskOperation = 'read' | 'write' | 'sync';

export interface MemoryDiskOptions {
  /** Bytes that all files together may have. */
  readonly capacityBytes?: number;
  /** Completes syncs by itself, after a delay; without it they wait for {@link MemoryDisk.completeSyncs}. */
  readonly scheduler?: Scheduler;
  /** How long the next sync takes. */
  readonly syncDelayMs?: () => number;
  /** A fault that was asked for is about to be told to whoever uses the disk. */
  readonly onFailure?: (operation: DiskOperation) => void;
}

/** A disk in memory: deterministic, and cheap for files that are mostly zeros. */
export class MemoryDisk implements Disk {
  capacityBytes: number;
  private readonly options: MemoryDiskOptions;
  private readonly root: Directory = newDirectory();
  private readonly faults = new Map<DiskOperation, { after: number; code: FailureCode }>();
  private syncs: (() => void)[] = [];
  private areSyncsStalled = false;
  private stalled: (() => void)[] = [];
  /** Reads show what was written, whatever became of it, and no fault strikes them: somebody looks from outside. */
  private isObserved = false;
  private staleRead: { readonly isOf: (path: string) => boolean; after: number } | undefined;
  /** Counts crashes: what was opened or asked for before one is dead after it. */
  private life = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.options = options;
    this.capacityBytes = options.capacityBytes ?? Number.MAX_SAFE_INTEGER;
  }

  open(path: string, options: { readonly create: boolean }): DiskFile {
    const { directory, name } = this.parent(path);
    let node = directory?.entries.get(name);
    if (node === undefined) {
      if (!options.create || directory === undefined) throw missing(path);
      node = new MemoryFile();
      change(directory, [{ name, node }]);
    }
    if (!(node instanceof MemoryFile)) throw failed(`${path} is a directory`);
    return this.handle(path, node);
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined;
  }

  list(directory: string): readonly string[] {
    const node = this.find(directory);
    if (node === undefined || node instanceof MemoryFile) return [];
    return [...node.entries.keys()].sort();
  }

  makeDirectory(directory: string): void {
    let at = this.root;
    for (const name of split(directory)) {
      let next = at.entries.get(name);
      if (next === undefined) {
        next = newDirectory();
        change(at, [{ name, node: next }]);
      }
      if (next instanceof MemoryFile) throw failed(`${directory} passes through a file`);
      at = next;
    }
  }

  rename(from: string, to: string): void {
    const source = this.parent(from);
    const target = this.parent(to);
    const node = source.directory?.entries.get(source.name);
    if (node === undefined || source.directory === undefined) throw missing(from);
    assert(source.directory === target.directory, `${from} would move to another directory by ${to}`);
    const removed = { name: source.name, node: undefined };
    change(source.directory, from === to ? [] : [removed, { name: target.name, node }]);
  }

  remove(path: string): void {
    const { directory, name } = this.parent(path);
    if (directory?.entries.has(name)) change(directory, [{ name, node: undefined }]);
  }

  syncDirectory(directory: string, done: DiskDone): void {
    const node = this.find(directory);
    if (node === undefined || node instanceof MemoryFile) throw missing(directory);
    const last = node.changes.at(-1);
    this.later(done, (fails) => {
      // Syncs of one directory may overlap: what an earlier one has made durable is no longer among the changes.
      const count = fails || last === undefined ? 0 : node.changes.indexOf(last) + 1;
      for (const each of node.changes.slice(0, count)) applyChange(node.durable, each);
      node.changes = node.changes.slice(count);
    });
  }

  freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.usedBytes());
  }

  /** Bytes of all files, zeros included. */
  usedBytes(): number {
    let sum = 0;
    forEachFile(this.root, (file) => (sum += file.sizeBytes));
    return sum;
  }

  /** Completes the syncs that wait, oldest first: all of them, or at most `count`. Returns how many. */
  completeSyncs(count: number = Number.MAX_SAFE_INTEGER): number {
    const now = this.syncs.splice(0, count);
    const life = this.life;
    for (const complete of now) if (this.life === life) complete();
    return now.length;
  }

  /** Syncs that were asked for and are not done. */
  get syncsPending(): number {
    return this.syncs.length;
  }

  /** Lets the operation fail once, after `after` more of its kind have gone well. */
  failOnce(operation: DiskOperation, after: number, code: FailureCode = 'disk-failed'): void {
    this.faults.set(operation, { after, code });
  }

  /** Whether a fault waits for its moment. */
  hasFault(operation: DiskOperation): boolean {
    return this.faults.has(operation);
  }

  /** Takes faults back that did not strike yet. */
  clearFaults(): void {
    this.faults.clear();
    this.staleRead = undefined;
  }

  /** Lets one read of a file that is named, after `after` others, find zeros where pages were not yet written back. */
  readStaleOnce(isOf: (path: string) => boolean, after: number): void {
    this.staleRead = { isOf, after };
  }

  /** Syncs hang from now on, those that are under way too, until {@link resumeSyncs}. */
  stallSyncs(): void {
    this.areSyncsStalled = true;
  }

  /** The disk answers again: what hung is done, in order. */
  resumeSyncs(): void {
    this.areSyncsStalled = false;
    const { stalled } = this;
    this.stalled = [];
    for (const finish of stalled) finish();
  }

  /**
   * The process dies: open files and syncs in flight are gone. With a loss of power so is what was not synced, but for
   * what {@link WriteFate} and {@link NameFate} leave of it.
   */
  crash(how: DiskCrash): void {
    this.life += 1;
    this.syncs = [];
    this.stalled = [];
    this.areSyncsStalled = false;
    this.clearFaults();
    if (how.powerLoss) losePower(this.root, how, new Set());
    else forEachFile(this.root, (file) => file.forgetSyncs());
  }

  /** Changes one byte of a durable file, as a failing disk does: `bits` is combined with it by exclusive or. */
  flip(path: string, positionBytes: number, bits: number): void {
    const byte = this.fileAt(path).read(positionBytes, 1)[0];
    assert(byte !== undefined, `${path} has no byte ${positionBytes}`);
    this.damage(path, (file) => file.write(positionBytes, [Uint8Array.of(byte ^ bits)]));
  }

  /**
   * Lets a byte read otherwise than it was written, until it is written anew or the returned function is called: what
   * is written is still known, so that an observer can compare.
   */
  rot(path: string, positionBytes: number, bits: number): () => void {
    const file = this.fileAt(path);
    file.rot.set(positionBytes, bits);
    return () => {
      if (file.rot.get(positionBytes) === bits) file.rot.delete(positionBytes);
    };
  }

  /** Runs an observer's reads: they see what was written, and no fault strikes them. */
  asWritten<T>(read: () => T): T {
    const before = this.isObserved;
    this.isObserved = true;
    try {
      return read();
    } finally {
      this.isObserved = before;
    }
  }

  /** Cuts a durable file, as a repair of a file system does. */
  cut(path: string, sizeBytes: number): void {
    this.damage(path, (file) => file.truncate(sizeBytes));
  }

  /** Takes a durable file away, name and all. */
  lose(path: string): void {
    const { directory, name } = this.parent(path);
    const node = this.fileAt(path);
    if (directory === undefined) return;
    directory.entries.delete(name);
    directory.durable.delete(name);
    directory.changes = directory.changes.filter((each) => !each.some((one) => one.node === node));
  }

  private damage(path: string, how: (file: MemoryFile) => void): void {
    const file = this.fileAt(path);
    how(file);
    file.makeDurable();
  }

  private fileAt(path: string): MemoryFile {
    const node = this.find(path);
    if (!(node instanceof MemoryFile)) throw missing(path);
    return node;
  }

  private handle(path: string, file: MemoryFile): DiskFile {
    const life = this.life;
    let open = true;
    const check = (): void => assert(open && life === this.life, `${path} is used after it was closed`);
    return {
      path,
      size: () => file.sizeBytes,
      read: (positionBytes, lengthBytes) => {
        check();
        if (this.isObserved) return file.read(positionBytes, lengthBytes);
        this.maybeFail('read', path);
        const isStale = this.takesStale(path);
        return isStale ? file.readStale(positionBytes, lengthBytes) : file.readRotten(positionBytes, lengthBytes);
      },
      write: (positionBytes, chunks) => {
        check();
        const end = chunks.reduce((sum, chunk) => sum + chunk.length, positionBytes);
        this.requireSpace(end - file.sizeBytes, path);
        this.maybeFail('write', path);
        file.write(positionBytes, chunks);
      },
      sync: (done) => {
        check();
        const sync = file.beginSync();
        this.later(done, (fails) => (fails ? file.failSync(sync) : file.finishSync(sync)));
      },
      truncate: (sizeBytes) => {
        check();
        this.requireSpace(sizeBytes - file.sizeBytes, path);
        file.truncate(sizeBytes);
      },
      close: () => {
        open = false;
      },
    };
  }

  private requireSpace(moreBytes: number, path: string): void {
    if (moreBytes <= 0 || this.capacityBytes === Number.MAX_SAFE_INTEGER) return;
    const free = this.freeBytes();
    if (moreBytes <= free) return;
    const message = `${path} needs ${moreBytes} bytes and ${free} are free; free some space`;
    throw new AppError('disk-full', message, { retriable: true, definite: true });
  }

  private maybeFail(operation: DiskOperation, path: string): void {
    const fault = this.faults.get(operation);
    if (fault === undefined || fault.after-- > 0) return;
    this.faults.delete(operation);
    this.options.onFailure?.(operation);
    const message = `${operation} of ${path} failed, as the fault asked for`;
    throw new AppError(fault.code, message, { retriable: false, definite: false });
  }

  private syncFailure(): AppError | undefined {
    const fault = this.faults.get('sync');
    if (fault === undefined || fault.after-- > 0) return undefined;
    this.faults.delete('sync');
    const message = 'sync of pages failed, as the fault asked for';
    return new AppError(fault.code, message, { retriable: false, definite: false });
  }

  private takesStale(path: string): boolean {
    const { staleRead } = this;
    if (staleRead?.isOf(path) !== true || staleRead.after-- > 0) return false;
    this.staleRead = undefined;
    return true;
  }

  private later(done: DiskDone, complete: (fails: boolean) => void): void {
    const life = this.life;
    const error = this.syncFailure();
    const finish = (): void => {
      if (life !== this.life) return;
      if (this.areSyncsStalled) {
        this.stalled.push(finish);
        return;
      }
      complete(error !== undefined);
      if (error !== undefined) this.options.onFailure?.('sync');
      done(error);
    };
    const { scheduler, syncDelayMs } = this.options;
    if (scheduler === undefined) this.syncs.push(finish);
    else scheduler.after(syncDelayMs?.() ?? 0, finish);
  }

  private parent(path: string): { directory: Directory | undefined; name: string } {
    const names = split(path);
    const name = names.pop();
    assert(name !== undefined, 'the data directory itself was named');
    const node = this.find(names.join('/'));
    return { directory: node instanceof MemoryFile ? undefined : node, name };
  }

  private find(path: string): Node | undefined {
    let at: Node = this.root;
    for (const name of split(path)) {
      if (at instanceof MemoryFile) return undefined;
      const next: Node | undefined = at.entries.get(name);
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }
}

function newDirectory(): Directory {
  return { entries: new Map(), durable: new Map(), changes: [] };
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function change(directory: Directory, what: NameChange): void {
  applyChange(directory.entries, what);
  directory.changes.push(what);
}

function applyChange(names: Map<string, Node>, what: NameChange): void {
  for (const { name, node } of what) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

function losePower(directory: Directory, how: DiskCrash, seen: Set<Node>): void {
  for (const each of survivingNames(directory.changes, how)) applyChange(directory.durable, each);
  directory.changes = [];
  directory.entries.clear();
  for (const name of [...directory.durable.keys()].sort()) {
    const node = directory.durable.get(name) as Node;
    directory.entries.set(name, node);
    if (seen.has(node)) continue;
    seen.add(node);
    if (node instanceof MemoryFile) node.losePower(how.random, how.writes);
    else losePower(node, how, seen);
  }
}

function forEachFile(directory: Directory, visit: (file: MemoryFile) => void): void {
  for (const node of directory.entries.values()) {
    if (node instanceof MemoryFile) visit(node);
    else forEachFile(node, visit);
  }
}

function missing(path: string): AppError {
  return new AppError('disk-missing', `${path} does not exist`, { retriable: false, definite: true });
}

function failed(message: string): AppError {
  return new AppError('disk-failed', message, { retriable: false, definite: true });
}
