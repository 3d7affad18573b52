/** Raft's durable state in the key-value store: hard state, entries after the snapshot, and the snapshot itself. */
import {
  AppError,
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
const ENTRY = 'raft/entry/';
const ALL_FROM = 'raft/';
const ALL_TO = 'raft0';
const ENTRY_TYPES = ['command', 'membership', 'empty'] as const;
const ENTRY_HEADER_BYTES = 9;

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

  /** Reads everything. Fails with `data-corrupt` where the entries have a gap or do not follow the snapshot. */
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
    const changes = [put(HARD_STATE, encodeJson(state.hardState))];
    this.replaceBySnapshot({ metadata: state.snapshot, data: snapshotData }, changes);
    this.store.write(changes, { sync: true }, done);
  }

  /** Makes hard state, snapshot and entries of a Ready durable, all or none. */
  persist(ready: Ready, done: (error?: AppError) => void): void {
    const changes: KeyValueChange[] = [];
    if (ready.hardState !== undefined) changes.push(put(HARD_STATE, encodeJson(ready.hardState)));
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
    const metadataBytes = values.get(SNAPSHOT_METADATA);
    const snapshot = metadataBytes === undefined ? undefined : (decodeJson(metadataBytes) as SnapshotMetadata);
    const after = entries.filter((entry) => entry.index > (snapshot?.index ?? 0));
    after.forEach((entry, at) => {
      const expected = (snapshot?.index ?? 0) + 1 + at;
      if (entry.index === expected) return;
      throw new AppError(
        'data-corrupt',
        `Raft's log holds entry ${entry.index} where entry ${expected} must stand; restore this node from its peers: ` +
          'stop it, move its data directory away, start it',
        { retriable: false, definite: true },
      );
    });
    this.firstStoredIndex = entries[0]?.index ?? (snapshot?.index ?? 0) + 1;
    this.lastStoredIndex = entries.at(-1)?.index ?? snapshot?.index ?? 0;
    const hardState = values.get(HARD_STATE);
    return {
      state: {
        hardState: hardState === undefined ? NEW_HARD_STATE : (decodeJson(hardState) as HardState),
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
  changes.push(put(SNAPSHOT_METADATA, encodeJson(snapshot.metadata)), put(SNAPSHOT_DATA, snapshot.data));
}

/** Sixteen hexadecimal digits, so that the order of keys is the order of indexes. */
function entryKey(index: LogIndex): string {
  return ENTRY + index.toString(16).padStart(16, '0');
}

function encodeEntry(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_HEADER_BYTES + entry.data.length);
  new DataView(bytes.buffer).setFloat64(0, entry.term);
  bytes[8] = ENTRY_TYPES.indexOf(entry.type);
  bytes.set(entry.data, ENTRY_HEADER_BYTES);
  return bytes;
}

function decodeEntry(pair: KeyValuePair): Entry {
  const { key, value } = pair;
  const type = ENTRY_TYPES[value[8] ?? ENTRY_TYPES.length];
  if (type === undefined) {
    throw new AppError('data-corrupt', `Raft's entry ${key} is cut short or of an unknown type`, {
      retriable: false,
      definite: true,
    });
  }
  return {
    index: Number.parseInt(key.slice(ENTRY.length), 16),
    term: new DataView(value.buffer, value.byteOffset).getFloat64(0),
    type,
    data: value.subarray(ENTRY_HEADER_BYTES),
  };
}

function encodeJson(value: unknown): Uint8Array {
  return encodeText(JSON.stringify(value));
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(decodeText(bytes));
}
