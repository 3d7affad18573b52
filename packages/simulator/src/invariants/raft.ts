/**
 * R1–R9 (with `raft-durable.ts`): what Raft promises, checked on a ghost of the cluster: what was voted, sent, made
 * durable and applied, as it was seen from outside. No node can forget here what it forgets in a crash. [Raft, figure
 * 3]
 */
import type { KeyValueChange, KeyValuePair, LogIndex, NodeId, Term } from '@hapax/base';
import type { Entry, Membership, RaftMessage } from '@hapax/raft';
import { type CommitView, type DurableRaft, DurableRafts, commitIndexIn, snapshotIn } from './raft-durable.ts';
import { QuorumInvariants, type QuorumView } from './raft-quorums.ts';
import { SnapshotInvariants } from './raft-snapshots.ts';
import { demand } from './violation.ts';

interface CommittedEntry {
  readonly term: Term;
  readonly digest: number;
}

/** A role, as a node takes it. */
export interface RaftRoleSeen {
  readonly isLeader: boolean;
  readonly term: Term;
  /** −1 while it is not known. */
  readonly leaderId: NodeId;
}

/** Where a node's Raft stands. */
export interface RaftPosition {
  readonly term: Term;
  readonly isLeader: boolean;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** The first entry that is not compacted. */
  readonly firstIndex: LogIndex;
  readonly membership: Membership;
  /** What a leader knows of the others. */
  readonly progress: readonly { readonly id: NodeId; readonly matchIndex: LogIndex }[];
}

/** The ghost of Raft. */
export class RaftInvariants implements CommitView, QuorumView {
  /** The highest index that any node has applied. */
  maxApplied: LogIndex = 0;
  /** The highest index of a command that any node has applied: Raft's own entries say nothing of the metadata. */
  maxCommand: LogIndex = 0;
  readonly quorums = new QuorumInvariants(this);
  readonly snapshots = new SnapshotInvariants();
  private readonly leaders = new Map<Term, NodeId>();
  private readonly votes = new Map<string, NodeId>();
  /** By index and term: what the entry is, and the term of the one before it where that was seen. */
  private readonly entries = new Map<string, { readonly digest: number; previousTerm: Term }>();
  private readonly applied = new Map<LogIndex, CommittedEntry>();
  private readonly appliedTerms = new Map<LogIndex, Term>();
  private readonly durable = new DurableRafts(this);
  private readonly commitOf = new Map<NodeId, LogIndex>();
  private readonly storedCommitOf = new Map<NodeId, LogIndex>();
  private readonly termOf = new Map<NodeId, Term>();
  /** By node: how far it has applied everything, and the commands that it has applied behind that. */
  private readonly paths = new Map<NodeId, { readonly index: LogIndex; readonly commands: Set<LogIndex> }>();

  /** Who leads the highest term that had a leader; undefined before the first. */
  get newestLeader(): NodeId | undefined {
    return this.leaders.get(Math.max(...this.leaders.keys()));
  }

  /** A process begins: its commit index may be lower than that of the one before it. */
  onLife(node: NodeId): void {
    this.commitOf.delete(node);
    this.storedCommitOf.delete(node);
    this.termOf.delete(node);
    this.paths.delete(node);
  }

  /** The highest term that has had a leader. */
  get maxTerm(): Term {
    return Math.max(0, ...this.leaders.keys());
  }

  commitIndexOf(node: NodeId): LogIndex {
    return this.commitOf.get(node) ?? 0;
  }

  appliedTermAt(index: LogIndex): Term | undefined {
    return this.appliedTerms.get(index);
  }

  voteOf(node: NodeId, term: Term): NodeId | undefined {
    return this.votes.get(`${node}@${term}`);
  }

  durableOf(node: NodeId): DurableRaft {
    return this.durable.of(node);
  }

  /** A process has read its store. */
  onLoaded(node: NodeId, pairs: readonly KeyValuePair[]): void {
    this.durable.onLoaded(node, pairs);
  }

  /** A process that has read its store begins to take part. */
  onRecovered(node: NodeId, position: RaftPosition): void {
    this.durable.onRecovered(node, position);
  }

  /** A batch is given to a node's store. */
  onStoring(node: NodeId, changes: readonly KeyValueChange[]): void {
    this.durable.onStoring(node, changes);
  }

  /** A batch of a node's store is done. */
  onStored(node: NodeId, changes: readonly KeyValueChange[], isSynced: boolean): void {
    const commitIndex = commitIndexIn(changes);
    if (commitIndex !== undefined) this.onCommitIndex(node, commitIndex, this.storedCommitOf);
    if (!isSynced) return;
    this.durable.onStored(node, changes);
    const snapshot = snapshotIn(changes);
    if (snapshot !== undefined) this.snapshots.onSnapshot(node, snapshot.index, snapshot.data, this.maxApplied);
  }

  /** A node sends a message to another one. */
  onSent(node: NodeId, message: RaftMessage): void {
    if (message.type === 'vote') this.onVote(node, message.term, node);
    if (message.type === 'vote-response' && !message.rejected) this.onVote(node, message.term, message.to);
    if (message.type === 'append-response' && !message.rejected) this.onAcknowledged(node, message.index, message.term);
    if (message.type === 'append') this.onAppend(node, message);
    if (message.type !== 'snapshot') return;
    const { metadata, data } = message.snapshot;
    this.snapshots.onSnapshot(node, metadata.index, data, this.maxApplied);
  }

  /** A node has another role. */
  onRole(node: NodeId, role: RaftRoleSeen, position: RaftPosition): void {
    this.onTerm(node, role.term);
    if (!role.isLeader) return this.onFollowing(node, role);
    const other = this.leaders.get(role.term) ?? node;
    demand(other === node, 'R1', () => `nodes ${other} and ${node} lead term ${role.term}`);
    this.leaders.set(role.term, node);
    // A node that learns late of an election that is history may lack what was committed since.
    const isLatest = role.term === this.maxTerm;
    demand(!isLatest || position.lastIndex >= this.maxApplied, 'R5', () =>
      `leader ${node} of term ${role.term} ends at ${position.lastIndex}, committed is up to ${this.maxApplied}`);
    this.quorums.onLeader(node, { term: role.term, membership: position.membership });
  }

  /** A node applies committed commands, and other entries between them. */
  onApply(node: NodeId, entries: readonly Entry[], position: RaftPosition): void {
    if (position.isLeader) {
      this.quorums.onApplying(node, position);
      this.checkCounted(node, position);
    }
    this.snapshots.onApply(entries);
    const path = this.paths.get(node) ?? { index: 0, commands: new Set() };
    this.paths.set(node, path);
    for (const entry of entries) {
      path.commands.add(entry.index);
      this.maxCommand = Math.max(this.maxCommand, entry.index);
      const digest = digestOf(entry);
      demand(this.durable.isAnywhere(entry.index), 'R9', () =>
        `node ${node} applies entry ${entry.index}, which is durable on no node`);
      const known = this.applied.get(entry.index);
      demand(known === undefined || (known.digest === digest && known.term === entry.term), 'R6', () =>
        `node ${node} applies ${entry.index}/${entry.term}, another one applied ${entry.index}/${known?.term}`);
      if (known === undefined) this.applied.set(entry.index, { term: entry.term, digest });
    }
  }

  /** A node has replaced its state by a snapshot. */
  onRestored(node: NodeId, index: LogIndex): void {
    this.paths.set(node, { index, commands: new Set() });
  }

  /** A node has applied everything up to an index. */
  onApplied(node: NodeId, index: LogIndex, term: Term, position: RaftPosition): void {
    this.onCommitIndex(node, position.commitIndex, this.commitOf);
    this.onTerm(node, position.term);
    this.checkSkipped(node, index);
    const known = this.appliedTerms.get(index) ?? term;
    demand(known === term, 'R6', () => `node ${node} applied ${index}/${term}, another one ${index}/${known}`);
    if (position.isLeader && index === position.commitIndex && index > this.maxApplied) {
      demand(term === position.term, 'R8', () =>
        `leader ${node} of term ${position.term} commits entry ${index} of term ${term} by counting replicas`);
    }
    this.appliedTerms.set(index, term);
    this.maxApplied = Math.max(this.maxApplied, index);
    // Where a snapshot was accepted and is not applied yet, the membership is already that of the future.
    const isWhole = position.appliedIndex === index && position.firstIndex <= index + 1;
    if (isWhole) this.quorums.onApplied(node, index, position.membership);
  }

  /** R7: within a process. Stores tell later than the process itself, so each way of telling is a row of its own. */
  private onCommitIndex(node: NodeId, commitIndex: LogIndex, said: Map<NodeId, LogIndex>): void {
    const before = said.get(node) ?? 0;
    demand(commitIndex >= before, 'R7', () =>
      `commit index of node ${node} fell from ${before} to ${commitIndex}`);
    said.set(node, commitIndex);
  }

  /** R6: whoever applies up to an index has applied every command on the way. */
  private checkSkipped(node: NodeId, index: LogIndex): void {
    const path = this.paths.get(node) ?? { index: 0, commands: new Set() };
    for (let at = path.index + 1; at <= index; at++) {
      demand(!this.applied.has(at) || path.commands.has(at), 'R6', () =>
        `node ${node} has applied everything up to ${index}, but not the command at ${at}`);
    }
    this.paths.set(node, { index: Math.max(index, path.index), commands: new Set() });
  }

  /** R8: a leader counts what others have told it in its own term, and nothing else. */
  private checkCounted(node: NodeId, { term, progress }: RaftPosition): void {
    for (const { id, matchIndex } of progress) {
      const said = this.durable.acknowledgedBy(id);
      if (said !== undefined && said.term > term) continue;
      const index = said?.term === term ? said.index : 0;
      demand(matchIndex <= index, 'R8', () =>
        `leader ${node} of term ${term} counts ${matchIndex} entries of node ${id}, which acknowledged ${index}`);
    }
  }

  /** R3: within a process; over crashes the stores tell. */
  private onTerm(node: NodeId, term: Term): void {
    const before = this.termOf.get(node) ?? 0;
    demand(term >= before, 'R3', () => `the term of node ${node} falls from ${before} to ${term}`);
    this.termOf.set(node, term);
  }

  private onChange(node: NodeId, { index, term }: Entry): void {
    const appliedIndex = this.paths.get(node)?.index ?? 0;
    this.quorums.onChange(node, { index, term }, { appliedIndex, firstOfTerm: this.durable.firstOfTerm(term) });
  }

  /** R1: whoever is taken for the leader of a term is it. */
  private onFollowing(node: NodeId, { term, leaderId }: RaftRoleSeen): void {
    if (leaderId === NOBODY) return;
    const leader = this.leaders.get(term);
    demand(leader === leaderId, 'R1', () =>
      `node ${node} takes ${leaderId} for the leader of term ${term}, whose leader is ${leader ?? 'nobody'}`);
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
    this.durable.onAcknowledged(node, term, index);
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
      if (known === undefined) {
        this.entries.set(key, { digest, previousTerm });
        this.durable.onSeen(entry.index, entry.term);
        if (entry.type === 'membership' && entry.term === message.term) this.onChange(node, entry);
      }
      const committedTerm = this.appliedTerms.get(entry.index);
      demand(committedTerm === undefined || committedTerm === entry.term || committedTerm > message.term, 'R5', () =>
        `leader ${node} of term ${message.term} has ${key} where ${entry.index}/${committedTerm} is committed`);
      previousTerm = entry.term;
    }
  }
}

const NOBODY = -1;

/** Two entries of the same digest are taken for the same. */
function digestOf(entry: Entry): number {
  let hash = entry.type.length;
  for (let at = 0; at < entry.data.length; at++) hash = Math.imul(hash ^ (entry.data[at] as number), 0x01000193);
  return hash ^ entry.data.length;
}
