/**
 * What the store of each node is known to hold whatever happens, as of the syncs that it has reported. R2, R3 and R7
 * over crashes; S3: what was acknowledged stays; R10: a log goes on where its snapshot ends.
 */
import { decodeText, type KeyValueChange, type KeyValuePair, type LogIndex, type NodeId, type Term } from '@hapax/base';
import { demand } from './violation.ts';

/** A store, as far as it is durable. */
export interface DurableRaft {
  readonly term: Term;
  readonly votedFor: NodeId;
  readonly snapshotIndex: LogIndex;
  /** The terms of the entries, by index. */
  readonly entries: ReadonlyMap<LogIndex, Term>;
}

/** What a node has said to have, to the leader of a term. */
export interface Acknowledged {
  readonly term: Term;
  readonly index: LogIndex;
}

interface OwnDurableRaft {
  term: Term;
  votedFor: NodeId;
  snapshotIndex: LogIndex;
  readonly entries: Map<LogIndex, Term>;
}

/** What a process has given to a store, and what may be on its disk before anybody is told. */
interface GivenToStore {
  snapshotIndex: LogIndex;
  /** Entries that are taken away. */
  readonly leaving: Set<LogIndex>;
}

/** A snapshot, as it is given to a store. */
export interface StoredSnapshot {
  readonly index: LogIndex;
  readonly term: Term;
  readonly data: Uint8Array;
}

/** What stores are compared with. */
export interface CommitView {
  /** How far the process that runs on a node has said that it knows to be committed. */
  commitIndexOf(node: NodeId): LogIndex;
  /** The term of the entry that some node has applied at an index; undefined where none has. */
  appliedTermAt(index: LogIndex): Term | undefined;
}

const HARD_STATE = 'raft/hard-state';
const SNAPSHOT_METADATA = 'raft/snapshot-metadata';
const SNAPSHOT_DATA = 'raft/snapshot-data';
const ENTRY = 'raft/entry/';

/** The stores of all nodes. */
export class DurableRafts {
  private readonly nodes = new Map<NodeId, OwnDurableRaft>();
  private readonly promises = new Map<NodeId, Acknowledged>();
  private readonly given = new Map<NodeId, GivenToStore>();
  private readonly firsts = new Map<Term, LogIndex>();
  private readonly commits: CommitView;

  constructor(commits: CommitView) {
    this.commits = commits;
  }

  of(node: NodeId): DurableRaft {
    return this.own(node);
  }

  /**
   * A process has read its store: all that was durable must be there. What is there besides is durable from now on: a
   * store makes what it recovers safe before it gives it out, as LevelDB does.
   */
  onLoaded(node: NodeId, pairs: readonly KeyValuePair[]): void {
    const before = this.own(node);
    this.nodes.delete(node);
    this.onStored(node, pairs.map(({ key, value }) => ({ type: 'put', key, value })));
    const now = this.own(node);
    const leaving = this.given.get(node)?.leaving;
    this.given.delete(node);
    const mayLack = (index: LogIndex): boolean => index <= now.snapshotIndex || leaving?.has(index) === true;
    const lost = [...before.entries.keys()].find((index) => !now.entries.has(index) && !mayLack(index));
    demand(lost === undefined && now.snapshotIndex >= before.snapshotIndex, 'S3', () =>
      `node ${node} comes back without entry ${lost}, which was durable; its snapshot is of ${now.snapshotIndex}`);
    demand(now.term >= before.term, 'R3', () =>
      `node ${node} comes back in term ${now.term}, it was in ${before.term}`);
    demand(now.term > before.term || before.votedFor === -1 || now.votedFor === before.votedFor, 'R2', () =>
      `node ${node} comes back with a vote for ${now.votedFor} in term ${now.term}, it voted for ${before.votedFor}`);
  }

  /** Whether any store has an entry, or a snapshot of it. */
  isAnywhere(index: LogIndex): boolean {
    for (const { snapshotIndex, entries } of this.nodes.values()) {
      if (index <= snapshotIndex || entries.has(index)) return true;
    }
    return false;
  }

  /** S3, R3: a process that has read its store begins to take part with all that was durable. */
  onRecovered(node: NodeId, position: { readonly lastIndex: LogIndex; readonly term: Term }): void {
    const { term, snapshotIndex, entries } = this.own(node);
    const last = Math.max(snapshotIndex, ...entries.keys());
    demand(position.lastIndex >= last, 'S3', () =>
      `node ${node} takes part with entries up to ${position.lastIndex}, durable are entries up to ${last}`);
    demand(position.term >= term, 'R3', () => `node ${node} takes part in term ${position.term}, durable is ${term}`);
  }

  /** A node tells the leader of a term that it has everything up to an index. */
  onAcknowledged(node: NodeId, term: Term, index: LogIndex): void {
    const before = this.promises.get(node);
    const known = before?.term === term ? before.index : 0;
    if (before === undefined || term >= before.term) this.promises.set(node, { term, index: Math.max(known, index) });
  }

  /** The most that a node has told the leader of the last term in which it told anything. */
  acknowledgedBy(node: NodeId): Acknowledged | undefined {
    return this.promises.get(node);
  }

  /** The first entry of a term that was seen, in a store or on its way. */
  firstOfTerm(term: Term): LogIndex {
    return this.firsts.get(term) ?? 0;
  }

  /** An entry was seen. */
  onSeen(index: LogIndex, term: Term): void {
    this.firsts.set(term, Math.min(index, this.firsts.get(term) ?? index));
  }

  /** A batch is given to a store. R7: what its node knows to be committed by now stays. */
  onStoring(node: NodeId, changes: readonly KeyValueChange[]): void {
    if (changes.length === 0) return;
    const given = this.given.get(node) ?? { snapshotIndex: this.own(node).snapshotIndex, leaving: new Set() };
    this.given.set(node, given);
    given.snapshotIndex = snapshotIn(changes)?.index ?? given.snapshotIndex;
    const commitIndex = this.commits.commitIndexOf(node);
    for (const change of changes) {
      if (!change.key.startsWith(ENTRY)) continue;
      const index = Number.parseInt(change.key.slice(ENTRY.length), 16);
      if (change.type === 'put') {
        this.checkPut(node, index, termOf(change.value));
        continue;
      }
      given.leaving.add(index);
      demand(index <= given.snapshotIndex || index > commitIndex, 'R7', () =>
        `node ${node} drops ${index}; ${commitIndex} is committed, its snapshot is at ${given.snapshotIndex}`);
    }
  }

  /** A batch is durable. */
  onStored(node: NodeId, changes: readonly KeyValueChange[]): void {
    const durable = this.own(node);
    for (const change of changes) {
      if (change.type === 'put' && change.key === HARD_STATE) this.onHardState(node, durable, change.value);
    }
    durable.snapshotIndex = snapshotIn(changes)?.index ?? durable.snapshotIndex;
    for (const change of changes) {
      if (!change.key.startsWith(ENTRY)) continue;
      const index = Number.parseInt(change.key.slice(ENTRY.length), 16);
      if (change.type === 'put') this.onEntry(node, durable, index, termOf(change.value));
      else durable.entries.delete(index);
    }
    this.checkPromise(node, durable);
  }

  private checkPut(node: NodeId, index: LogIndex, term: Term): void {
    const committed = this.commits.appliedTermAt(index);
    const isKnown = index <= this.commits.commitIndexOf(node) && committed !== undefined;
    demand(!isKnown || committed === term, 'R7', () =>
      `node ${node} puts ${index}/${term} in the place of ${index}/${committed}, which it knows to be committed`);
  }

  private onEntry(node: NodeId, durable: OwnDurableRaft, index: LogIndex, term: Term): void {
    const before = durable.entries.get(index) ?? term;
    demand(before === term || index > this.promisedTo(node, durable), 'S3', () =>
      `node ${node} puts ${index}/${term} in the place of ${index}/${before}, which it acknowledged in this term`);
    durable.entries.set(index, term);
    this.given.get(node)?.leaving.delete(index);
    this.onSeen(index, term);
    demand(index <= durable.snapshotIndex + 1 || durable.entries.has(index - 1), 'R10', () =>
      `the log of node ${node} has entry ${index}, not ${index - 1}, and a snapshot at ${durable.snapshotIndex}`);
  }

  /** S3: what was acknowledged to the leader of this very term stays. A later leader may take it back. */
  private checkPromise(node: NodeId, durable: OwnDurableRaft): void {
    const promised = this.promisedTo(node, durable);
    demand(promised <= durable.snapshotIndex || durable.entries.has(promised), 'S3', () =>
      `node ${node} acknowledged ${promised} in term ${durable.term}, and does not have it any more`);
  }

  private promisedTo(node: NodeId, { term }: DurableRaft): LogIndex {
    const promise = this.promises.get(node);
    return promise?.term === term ? promise.index : 0;
  }

  private onHardState(node: NodeId, durable: OwnDurableRaft, value: Uint8Array): void {
    const { term, votedFor } = parse(value) as { readonly term: Term; readonly votedFor: NodeId };
    demand(term >= durable.term, 'R3', () => `the term of node ${node} falls from ${durable.term} to ${term}`);
    const isKept = term > durable.term || durable.votedFor === -1 || votedFor === durable.votedFor;
    demand(isKept, 'R2', () =>
      `node ${node} forgets in term ${term} that it voted for ${durable.votedFor}: now it is ${votedFor}`);
    durable.term = term;
    durable.votedFor = votedFor;
  }

  private own(node: NodeId): OwnDurableRaft {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const empty: OwnDurableRaft = { term: 0, votedFor: -1, snapshotIndex: 0, entries: new Map() };
    this.nodes.set(node, empty);
    return empty;
  }
}

/** The snapshot in a batch of a store; undefined where there is none. */
export function snapshotIn(changes: readonly KeyValueChange[]): StoredSnapshot | undefined {
  const valueOf = (key: string): Uint8Array | undefined => {
    const change = changes.find((one) => one.key === key);
    return change?.type === 'put' ? change.value : undefined;
  };
  const metadata = valueOf(SNAPSHOT_METADATA);
  const data = valueOf(SNAPSHOT_DATA);
  if (metadata === undefined || data === undefined) return undefined;
  const { index, term } = parse(metadata) as { readonly index: LogIndex; readonly term: Term };
  return { index, term, data };
}

/** A value of a store without its checksum. */
function parse(value: Uint8Array): unknown {
  return JSON.parse(decodeText(value).split('\n')[0] ?? '');
}

/** The term in an entry as it is stored. */
function termOf(value: Uint8Array): Term {
  return new DataView(value.buffer, value.byteOffset).getFloat64(0);
}

/** The commit index in a batch of a store; undefined where it says nothing of it. */
export function commitIndexIn(changes: readonly KeyValueChange[]): LogIndex | undefined {
  const change = changes.find(({ key }) => key === HARD_STATE);
  if (change?.type !== 'put') return undefined;
  return (parse(change.value) as { readonly commitIndex: LogIndex }).commitIndex;
}
