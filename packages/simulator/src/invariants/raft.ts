/**
 * R1–R9: what Raft promises, checked on a ghost of the cluster: what was voted, sent, made durable and applied, as it
 * was seen from outside. No node can forget here what it forgets in a crash. [Raft, figure 3]
 */
import { decodeText, type KeyValueChange, type KeyValuePair, type LogIndex, type NodeId, type Term } from '@hapax/base';
import type { Entry, RaftMessage } from '@hapax/raft';
import { demand } from './violation.ts';

interface CommittedEntry {
  readonly term: Term;
  readonly digest: number;
}

/** What a node's store is known to hold whatever happens, as of the syncs that it has reported. */
interface DurableRaft {
  term: Term;
  votedFor: NodeId;
  snapshotIndex: LogIndex;
  readonly entries: Set<LogIndex>;
}

const HARD_STATE = 'raft/hard-state';
const SNAPSHOT_METADATA = 'raft/snapshot-metadata';
const ENTRY = 'raft/entry/';

/** A role, as a node takes it. */
export interface RaftRoleSeen {
  readonly isLeader: boolean;
  readonly term: Term;
}

/** Where a node's Raft stands. */
export interface RaftPosition {
  readonly term: Term;
  readonly isLeader: boolean;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
}

/** The ghost of Raft. */
export class RaftInvariants {
  /** The highest index that any node has applied. */
  maxApplied: LogIndex = 0;
  private readonly leaders = new Map<Term, NodeId>();
  private readonly votes = new Map<string, NodeId>();
  /** By index and term: what the entry is, and the term of the one before it where that was seen. */
  private readonly entries = new Map<string, { readonly digest: number; previousTerm: Term }>();
  private readonly applied = new Map<LogIndex, CommittedEntry>();
  private readonly appliedTerms = new Map<LogIndex, Term>();
  private readonly durable = new Map<NodeId, DurableRaft>();
  private readonly commitOf = new Map<NodeId, LogIndex>();

  /** Who leads the highest term that had a leader; undefined before the first. */
  get newestLeader(): NodeId | undefined {
    return this.leaders.get(Math.max(...this.leaders.keys()));
  }

  /** A process begins: its commit index may be lower than that of the one before it. */
  onLife(node: NodeId): void {
    this.commitOf.delete(node);
  }

  /**
   * A process has read its store: all that was durable must be there. What is there besides is durable from now on: a
   * store makes what it recovers safe before it gives it out, as LevelDB does.
   */
  onLoaded(node: NodeId, pairs: readonly KeyValuePair[]): void {
    const before = this.durableOf(node);
    this.durable.delete(node);
    this.onStored(node, pairs.map(({ key, value }) => ({ type: 'put', key, value })), true);
    const now = this.durableOf(node);
    demand(now.term >= before.term, 'R3', () =>
      `node ${node} comes back in term ${now.term}, it was in ${before.term}`);
    demand(now.term > before.term || before.votedFor === -1 || now.votedFor === before.votedFor, 'R2', () =>
      `node ${node} comes back with a vote for ${now.votedFor} in term ${now.term}, it voted for ${before.votedFor}`);
  }

  /** A batch of a node's store is done. */
  onStored(node: NodeId, changes: readonly KeyValueChange[], isSynced: boolean): void {
    if (!isSynced) return;
    const durable = this.durableOf(node);
    for (const change of changes) {
      if (change.key.startsWith(ENTRY)) {
        const index = Number.parseInt(change.key.slice(ENTRY.length), 16);
        if (change.type === 'put') durable.entries.add(index);
        else durable.entries.delete(index);
      } else if (change.type === 'put' && change.key === HARD_STATE) {
        this.onHardState(node, durable, JSON.parse(decodeText(change.value)) as { term: Term; votedFor: NodeId });
      } else if (change.type === 'put' && change.key === SNAPSHOT_METADATA) {
        durable.snapshotIndex = (JSON.parse(decodeText(change.value)) as { index: LogIndex }).index;
      }
    }
  }

  /** A node sends a message to another one. */
  onSent(node: NodeId, message: RaftMessage): void {
    if (message.type === 'vote') this.onVote(node, message.term, node);
    if (message.type === 'vote-response' && !message.rejected) this.onVote(node, message.term, message.to);
    if (message.type === 'append-response' && !message.rejected) this.onAcknowledged(node, message.index, message.term);
    if (message.type === 'append') this.onAppend(node, message);
  }

  /** A node has another role. */
  onRole(node: NodeId, role: RaftRoleSeen, position: RaftPosition): void {
    if (!role.isLeader) return;
    const other = this.leaders.get(role.term) ?? node;
    demand(other === node, 'R1', () => `nodes ${other} and ${node} lead term ${role.term}`);
    this.leaders.set(role.term, node);
    // A node that learns late of an election that is history may lack what was committed since.
    if (role.term < Math.max(...this.leaders.keys())) return;
    demand(position.lastIndex >= this.maxApplied, 'R5', () =>
      `leader ${node} of term ${role.term} ends at ${position.lastIndex}, committed is up to ${this.maxApplied}`);
  }

  /** A node applies committed commands. */
  onApply(node: NodeId, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const digest = digestOf(entry);
      const known = this.applied.get(entry.index);
      demand(known === undefined || (known.digest === digest && known.term === entry.term), 'R6', () =>
        `node ${node} applies ${entry.index}/${entry.term}, another one applied ${entry.index}/${known?.term}`);
      if (known === undefined) this.applied.set(entry.index, { term: entry.term, digest });
    }
  }

  /** A node has applied everything up to an index. */
  onApplied(node: NodeId, index: LogIndex, term: Term, position: RaftPosition): void {
    const before = this.commitOf.get(node) ?? 0;
    demand(position.commitIndex >= before, 'R7', () =>
      `commit index of node ${node} fell from ${before} to ${position.commitIndex}`);
    this.commitOf.set(node, position.commitIndex);
    const known = this.appliedTerms.get(index) ?? term;
    demand(known === term, 'R6', () => `node ${node} applied ${index}/${term}, another one ${index}/${known}`);
    if (position.isLeader && index === position.commitIndex && index > this.maxApplied) {
      demand(term === position.term, 'R8', () =>
        `leader ${node} of term ${position.term} commits entry ${index} of term ${term} by counting replicas`);
    }
    this.appliedTerms.set(index, term);
    this.maxApplied = Math.max(this.maxApplied, index);
  }

  private onVote(node: NodeId, term: Term, candidate: NodeId): void {
    const key = `${node}@${term}`;
    const before = this.votes.get(key) ?? candidate;
    demand(before === candidate, 'R2', () => `node ${node} votes for ${before} and ${candidate} in term ${term}`);
    this.votes.set(key, candidate);
    const durable = this.durableOf(node);
    const isDurable = durable.term > term || (durable.term === term && durable.votedFor === candidate);
    demand(isDurable, 'R9', () =>
      `node ${node} votes for ${candidate} in term ${term}, durable is a vote for ${durable.votedFor} in term ` +
      `${durable.term}`);
  }

  private onAcknowledged(node: NodeId, index: LogIndex, term: Term): void {
    const durable = this.durableOf(node);
    demand(index <= durable.snapshotIndex || durable.entries.has(index), 'R9', () =>
      `node ${node} acknowledges entry ${index}, which is not durable there`);
    demand(durable.term >= term, 'R9', () =>
      `node ${node} acknowledges in term ${term}, durable is term ${durable.term}`);
  }

  private onAppend(node: NodeId, message: Extract<RaftMessage, { type: 'append' }>): void {
    const leader = this.leaders.get(message.term) ?? node;
    demand(leader === node, 'R1', () => `node ${node} appends in term ${message.term}, whose leader is ${leader}`);
    let previousTerm = message.previousTerm;
    for (const entry of message.entries) {
      const key = `${entry.index}/${entry.term}`;
      const digest = digestOf(entry);
      const known = this.entries.get(key);
      demand(known === undefined || (known.digest === digest && known.previousTerm === previousTerm), 'R4', () =>
        `entry ${key} of node ${node} differs from one of the same index and term, or follows another one`);
      if (known === undefined) this.entries.set(key, { digest, previousTerm });
      const committedTerm = this.appliedTerms.get(entry.index);
      demand(committedTerm === undefined || committedTerm === entry.term || committedTerm > message.term, 'R5', () =>
        `leader ${node} of term ${message.term} has ${key} where ${entry.index}/${committedTerm} is committed`);
      previousTerm = entry.term;
    }
  }

  private onHardState(node: NodeId, durable: DurableRaft, next: { term: Term; votedFor: NodeId }): void {
    demand(next.term >= durable.term, 'R3', () =>
      `the term of node ${node} falls from ${durable.term} to ${next.term}`);
    durable.term = next.term;
    durable.votedFor = next.votedFor;
  }

  private durableOf(node: NodeId): DurableRaft {
    const known = this.durable.get(node);
    if (known !== undefined) return known;
    const empty: DurableRaft = { term: 0, votedFor: -1, snapshotIndex: 0, entries: new Set() };
    this.durable.set(node, empty);
    return empty;
  }
}

/** Two entries of the same digest are taken for the same. */
function digestOf(entry: Entry): number {
  let hash = entry.type.length;
  for (let at = 0; at < entry.data.length; at++) hash = Math.imul(hash ^ (entry.data[at] as number), 0x01000193);
  return hash ^ entry.data.length;
}
