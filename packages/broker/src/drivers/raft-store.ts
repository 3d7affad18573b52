/** Raft's durable state in the key-value store: hard state, entries after the snapshot, and the snapshot itself. */
import {
  AppError,
  crc32c,
  decodeText,
  encodeText,
  type KeyValueChange,
  type KeyValuePair,
  type KeyValueStore,
  type LogIndex,
} from '@hapax/base';
import type { Entry, HardState, Ready, RestoredState, Snapshot, SnapshotMetadata } from '@hapax/raft';

const HARD_STATE = 'raft/hard-state';
const SNAPSHOT_METADATA = 'raft/snapshot-metadata';
const SNAPSHOT_DATA = 'raft/snapshot-data';
const SNAPSHOT_CHECKSUM = 'raft/snapshot-checksum';
const ENTRY = 'raft/entry/';
const ALL_FROM = 'raft/';
const ALL_TO = 'raft0';
const ENTRY_TYPES = ['command', 'membership', 'empty'] as const;
/** Term (8), type (1), and since entries have one, their checksum (4): of index, term, type and data. */
const ENTRY_HEADER_BYTES = 9;
const CHECKED_HEADER_BYTES = 13;
/** Added to the type of an entry that has a checksum. More than one bit tells it from one without. */
const CHECKED = 0x50;
const CHECKSUM_SEPARATOR = '\n';

/** What the store held at start. */
export interface StoredRaft {
  readonly state: Omit<RestoredState, 'appliedIndex'>;
  readonly snapshotData: Uint8Array | undefined;
  /** Whether this node never ran before. */
  readonly isEmpty: boolean;
}

/** Writes what a `Ready` says, in one durable batch, and reads it back at start. */
export class RaftStore {
  private readonly store: KeyValueStore;
  /** The index of the last entry in the store: entries after a shorter, newer tail must be deleted. */
  private lastStoredIndex: LogIndex = 0;
  private firstStoredIndex: LogIndex = 1;

  constructor(store: KeyValueStore) {
    this.store = store;
  }

  /**
   * Reads everything. Fails with `data-corrupt` where something does not pass its checksum, or the entries have a gap
   * or do not follow the snapshot: a node that took less than it has promised to keep could vote twice. [bugs 51, 104]
   */
  load(done: (error: AppError | undefined, stored?: StoredRaft) => void): void {
    this.store.readRange(ALL_FROM, ALL_TO, (error, pairs) => {
      if (error !== undefined) return done(error);
      try {
        done(undefined, this.restore(pairs));
      } catch (failure) {
        if (!(failure instanceof AppError)) throw failure;
        done(failure);
      }
    });
  }

  /** Writes the state that a first voter begins with. */
  bootstrap(state: RestoredState, snapshotData: Uint8Array, done: (error?: AppError) => void): void {
    if (state.snapshot === undefined) return done();
    const changes = [put(HARD_STATE, encodeJson(HARD_STATE, state.hardState))];
    this.replaceBySnapshot({ metadata: state.snapshot, data: snapshotData }, changes);
    this.store.write(changes, { sync: true }, done);
  }

  /** Makes hard state, snapshot and entries of a Ready durable, all or none. */
  persist(ready: Ready, done: (error?: AppError) => void): void {
    const changes: KeyValueChange[] = [];
    if (ready.hardState !== undefined) changes.push(put(HARD_STATE, encodeJson(HARD_STATE, ready.hardState)));
    if (ready.snapshot !== undefined) this.replaceBySnapshot(ready.snapshot, changes);
    this.putEntries(ready.entries, changes);
    this.store.write(changes, { sync: ready.mustSync }, done);
  }

  /** Makes a snapshot of applied state durable and forgets the entries that it covers. */
  compact(snapshot: Snapshot, done: (error?: AppError) => void): void {
    const changes: KeyValueChange[] = [];
    putSnapshot(snapshot, changes);
    const last = Math.min(snapshot.metadata.index, this.lastStoredIndex);
    for (let index = this.firstStoredIndex; index <= last; index++) changes.push(remove(index));
    this.firstStoredIndex = Math.max(this.firstStoredIndex, snapshot.metadata.index + 1);
    this.store.write(changes, { sync: true }, done);
  }

  private restore(pairs: readonly KeyValuePair[]): StoredRaft {
    const values = new Map(pairs.map((pair) => [pair.key, pair.value]));
    const entries = pairs.filter((pair) => pair.key.startsWith(ENTRY)).map(decodeEntry);
    const snapshot = decodeSnapshot(values);
    const after = entries.filter((entry) => entry.index > (snapshot?.index ?? 0));
    after.forEach((entry, at) => {
      const expected = (snapshot?.index ?? 0) + 1 + at;
      if (entry.index === expected) return;
      throw damaged(`log holds entry ${entry.index} where entry ${expected} must stand`);
    });
    this.firstStoredIndex = entries[0]?.index ?? (snapshot?.index ?? 0) + 1;
    this.lastStoredIndex = entries.at(-1)?.index ?? snapshot?.index ?? 0;
    const hardState = values.get(HARD_STATE);
    return {
      state: {
        hardState: hardState === undefined ? NEW_HARD_STATE : (decodeJson(HARD_STATE, hardState) as HardState),
        snapshot,
        entries: after,
      },
      snapshotData: values.get(SNAPSHOT_DATA),
      isEmpty: pairs.length === 0,
    };
  }

  private replaceBySnapshot(snapshot: Snapshot, changes: KeyValueChange[]): void {
    putSnapshot(snapshot, changes);
    for (let index = this.firstStoredIndex; index <= this.lastStoredIndex; index++) changes.push(remove(index));
    this.firstStoredIndex = snapshot.metadata.index + 1;
    this.lastStoredIndex = snapshot.metadata.index;
  }

  private putEntries(entries: readonly Entry[], changes: KeyValueChange[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    for (const entry of entries) changes.push(put(entryKey(entry.index), encodeEntry(entry)));
    for (let index = last.index + 1; index <= this.lastStoredIndex; index++) changes.push(remove(index));
    this.lastStoredIndex = last.index;
  }
}

const NEW_HARD_STATE: HardState = { term: 0, votedFor: -1, commitIndex: 0 };

function put(key: string, value: Uint8Array): KeyValueChange {
  return { type: 'put', key, value };
}

function remove(index: LogIndex): KeyValueChange {
  return { type: 'delete', key: entryKey(index) };
}

function putSnapshot(snapshot: Snapshot, changes: KeyValueChange[]): void {
  const metadata = encodeJson(SNAPSHOT_METADATA, snapshot.metadata);
  const checksum = encodeText(checksumOf(metadata, snapshot.data));
  changes.push(put(SNAPSHOT_METADATA, metadata), put(SNAPSHOT_DATA, snapshot.data), put(SNAPSHOT_CHECKSUM, checksum));
}

/** Sixteen hexadecimal digits, so that the order of keys is the order of indexes. */
function entryKey(index: LogIndex): string {
  return ENTRY + index.toString(16).padStart(16, '0');
}

/** Undefined where there is none. One that was written before snapshots had checksums is taken as it is. */
function decodeSnapshot(values: ReadonlyMap<string, Uint8Array>): SnapshotMetadata | undefined {
  const metadata = values.get(SNAPSHOT_METADATA);
  if (metadata === undefined) return undefined;
  const data = values.get(SNAPSHOT_DATA);
  const checksum = values.get(SNAPSHOT_CHECKSUM);
  const isWhole = data !== undefined && (checksum === undefined || decodeText(checksum) === checksumOf(metadata, data));
  if (!isWhole) throw damaged('snapshot is not the one that was written');
  return decodeJson(SNAPSHOT_METADATA, metadata) as SnapshotMetadata;
}

function encodeEntry(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(CHECKED_HEADER_BYTES + entry.data.length);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, entry.term);
  bytes[8] = CHECKED + ENTRY_TYPES.indexOf(entry.type);
  bytes.set(entry.data, CHECKED_HEADER_BYTES);
  view.setUint32(ENTRY_HEADER_BYTES, entryChecksum(entryKey(entry.index), bytes));
  return bytes;
}

function decodeEntry({ key, value }: KeyValuePair): Entry {
  const code = value[8] ?? ENTRY_TYPES.length;
  const isChecked = code >= CHECKED;
  const type = ENTRY_TYPES[isChecked ? code - CHECKED : code];
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const isWhole = type !== undefined &&
    (!isChecked || (value.length >= CHECKED_HEADER_BYTES && view.getUint32(9) === entryChecksum(key, value)));
  if (!isWhole) throw damaged(`entry ${key} is cut short, of an unknown type, or not as it was written`);
  return {
    index: Number.parseInt(key.slice(ENTRY.length), 16),
    term: view.getFloat64(0),
    type,
    data: value.subarray(isChecked ? CHECKED_HEADER_BYTES : ENTRY_HEADER_BYTES),
  };
}

function entryChecksum(key: string, bytes: Uint8Array): number {
  const header = crc32c(bytes.subarray(0, ENTRY_HEADER_BYTES), crc32c(encodeText(key)));
  return crc32c(bytes.subarray(CHECKED_HEADER_BYTES), header);
}

/** The text of a value, and its checksum behind it. */
function encodeJson(key: string, value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return encodeText(text + CHECKSUM_SEPARATOR + checksumOf(encodeText(key), encodeText(text)));
}

/** What was written before values had checksums is taken as it is. */
function decodeJson(key: string, bytes: Uint8Array): unknown {
  const [text = '', checksum] = decodeText(bytes).split(CHECKSUM_SEPARATOR);
  if (checksum !== undefined && checksum !== checksumOf(encodeText(key), encodeText(text))) {
    throw damaged(`${key} is not as it was written`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(`${key} cannot be read`);
  }
}

function checksumOf(first: Uint8Array, second: Uint8Array): string {
  return crc32c(second, crc32c(first)).toString(16).padStart(8, '0');
}

function damaged(what: string): AppError {
  const advice = 'restore this node from its peers: stop it, move its data directory away, start it';
  return new AppError('data-corrupt', `Raft's ${what}; ${advice}`, { retriable: false, definite: true });
}
