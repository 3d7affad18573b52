/**
 * The invariants of Raft over a ghost of the cluster: what was ever voted, committed, applied and promised, by index
 * and term, kept outside of the nodes. Codes R1–R12 are those of docs/protocols/raft.md.
 */
import { decodeText } from '@hapax/base';
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { Entry, Membership, RaftMessage, Ready, Snapshot } from '@hapax/raft';
import type { Cluster, ClusterObserver, TestDisk, TestNode } from './cluster.ts';

export class Ghost implements ClusterObserver {
  cluster: Cluster | undefined;
  private readonly leaders = new Map<Term, NodeId>();
  private readonly votes = new Map<string, NodeId>();
  private readonly entries = new Map<string, string>();
  /** What was committed, by index. */
  readonly committed = new Map<LogIndex, { readonly term: Term; readonly digest: string }>();
  maxCommitted: LogIndex = 0;
  private readonly states = new Map<LogIndex, string>();
  private readonly memberships = new Map<LogIndex, string>();
  private readonly commitOf = new Map<NodeId, LogIndex>();
  private readonly durableTermOf = new Map<NodeId, Term>();
  private readonly readFloors = new Map<number, LogIndex>();

  /** A read was asked for: its answer must show all that is committed by now. */
  onReadRequested(id: number): void {
    this.readFloors.set(id, this.maxCommitted);
  }

  onCrashed(id: NodeId): void {
    this.commitOf.delete(id);
  }

  onTaken(node: TestNode, ready: Ready): void {
    this.checkLog(node, ready);
    if (ready.roleChanged?.role === 'leader') this.checkLeader(node, ready.roleChanged.term);
    if (ready.hardState !== undefined) this.checkCommit(node, ready.hardState.commitIndex);
    for (const read of ready.reads) {
      const floor = this.readFloors.get(read.id) ?? Infinity;
      check(read.index >= floor, `R12: read ${read.id} at node ${node.id} sees ${read.index}, committed was ${floor}`);
    }
    const end = lastIndexOf(node.disk);
    for (const entry of ready.committedEntries) {
      check(entry.index <= end, `R9: node ${node.id} applies ${entry.index}, its disk ends at ${end}`);
    }
  }

  onPersisted(node: TestNode, ready: Ready): void {
    if (ready.hardState === undefined) return;
    const before = this.durableTermOf.get(node.id) ?? 0;
    check(ready.hardState.term >= before, `R3: the term of node ${node.id} fell from ${before}`);
    this.durableTermOf.set(node.id, ready.hardState.term);
  }

  onSent(node: TestNode, message: RaftMessage): void {
    const { hardState } = node.disk;
    if (message.type === 'vote-response' && !message.rejected) this.checkVote(node, message.term, message.to);
    if (message.type === 'vote') this.checkVote(node, message.term, node.id);
    if (message.type === 'append-response' && !message.rejected) {
      const end = lastIndexOf(node.disk);
      check(message.index <= end, `R9: node ${node.id} acknowledges ${message.index}, its disk ends at ${end}`);
      check(message.term <= hardState.term, `R9: node ${node.id} claims term ${message.term}, has ${hardState.term}`);
    }
  }

  onApplied(node: TestNode, entry: Entry): void {
    const known = this.committed.get(entry.index);
    const digest = digestOf(entry);
    check(known?.digest === digest, `R6: node ${node.id} applies ${digest} at ${entry.index}, not ${known?.digest}`);
    this.checkState(node, entry.index);
  }

  onSnapshotApplied(node: TestNode, snapshot: Snapshot): void {
    this.checkState(node, snapshot.metadata.index);
    this.checkMembership(snapshot.metadata.index, snapshot.metadata.membership);
  }

  /** To be called after each step of a node. */
  onStepped(node: TestNode): void {
    const status = node.raft?.status();
    if (status === undefined) return;
    if (status.role === 'leader') {
      const other = this.leaders.get(status.term) ?? node.id;
      check(other === node.id, `R1: nodes ${other} and ${node.id} lead term ${status.term}`);
      this.leaders.set(status.term, node.id);
    }
    const before = this.commitOf.get(node.id) ?? 0;
    check(status.commitIndex >= before, `R7: commit index of node ${node.id} fell from ${before}`);
    this.commitOf.set(node.id, status.commitIndex);
    if (status.role === 'leader' && status.commitIndex > Math.max(before, this.maxCommitted)) {
      const term = termAt(node.written, status.commitIndex);
      check(term === status.term, `R8: leader ${node.id} of term ${status.term} commits ${status.commitIndex}/${term}`);
      this.checkQuorum(node, status.commitIndex, status.membership, status.term);
    }
    const isWhole = status.appliedIndex === node.appliedIndex && status.firstIndex <= status.appliedIndex + 1;
    if (isWhole && status.appliedIndex > 0) this.checkMembership(status.appliedIndex, status.membership);
  }

  private checkVote(node: TestNode, term: Term, to: NodeId): void {
    const key = `${node.id}@${term}`;
    const before = this.votes.get(key) ?? to;
    check(before === to, `R2: node ${node.id} votes for ${before} and ${to} in term ${term}`);
    this.votes.set(key, to);
    const { hardState } = node.disk;
    // One write may hold several terms: a disk that is in a later one cannot vote in this one again either.
    const isDurable = hardState.term > term || (hardState.term === term && hardState.votedFor === to);
    check(isDurable, `R9: node ${node.id} votes for ${to} in term ${term}, its disk says ${JSON.stringify(hardState)}`);
  }

  private checkLog(node: TestNode, ready: Ready): void {
    for (const entry of ready.entries) {
      const key = `${entry.index}/${entry.term}`;
      const value = `${digestOf(entry)} after ${termAt(node.written, entry.index - 1) ?? '?'}`;
      const before = this.entries.get(key) ?? value;
      check(before === value, `R4: entry ${key} of node ${node.id} is ${value}, elsewhere ${before}`);
      this.entries.set(key, value);
      const committed = this.committed.get(entry.index);
      const isOverwritten = (this.commitOf.get(node.id) ?? 0) >= entry.index && committed?.digest !== digestOf(entry);
      check(!isOverwritten, `R7: node ${node.id} overwrites committed entry ${entry.index}`);
    }
  }

  private checkLeader(node: TestNode, term: Term): void {
    for (const [index, { term: entryTerm }] of this.committed) {
      if (entryTerm >= term || index <= (node.written.snapshot?.metadata.index ?? 0)) continue;
      const own = termAt(node.written, index);
      check(own === entryTerm, `R5: leader ${node.id} of term ${term} lacks committed entry ${index}/${entryTerm}`);
    }
  }

  private checkCommit(node: TestNode, commitIndex: LogIndex): void {
    for (let index = commitIndex; index > (node.written.snapshot?.metadata.index ?? 0); index--) {
      const entry = node.written.entries[index - 1 - (node.written.snapshot?.metadata.index ?? 0)];
      if (entry === undefined) continue;
      const known = this.committed.get(index);
      if (known === undefined) this.committed.set(index, { term: entry.term, digest: digestOf(entry) });
      const digest = known?.digest ?? digestOf(entry);
      check(digest === digestOf(entry), `R5: ${index} is committed as ${digest} and ${digestOf(entry)}`);
      if (known !== undefined) break;
    }
    this.maxCommitted = Math.max(this.maxCommitted, commitIndex);
  }

  /** What a leader commits is on the disks of a majority, of both configurations if there are two. */
  private checkQuorum(node: TestNode, index: LogIndex, membership: Membership, term: Term): void {
    for (const voters of [membership.voters, membership.votersOutgoing]) {
      let count = 0;
      for (const id of voters) {
        const disk = this.cluster?.nodes.get(id)?.disk;
        if (disk === undefined) continue;
        if ((disk.snapshot?.metadata.index ?? 0) >= index || termAt(disk, index) === term) count++;
      }
      const isQuorum = voters.length === 0 || count * 2 > voters.length;
      check(isQuorum, `R11: leader ${node.id} commits ${index}, which is on ${count} disks of [${voters.join(' ')}]`);
    }
  }

  private checkState(node: TestNode, index: LogIndex): void {
    const state = node.applied.join(' ');
    const before = this.states.get(index) ?? state;
    check(before === state, `R10: the state of node ${node.id} at ${index} differs`);
    this.states.set(index, state);
  }

  private checkMembership(index: LogIndex, membership: Membership): void {
    const text = JSON.stringify(membership);
    const before = this.memberships.get(index) ?? text;
    check(before === text, `R11: the membership at ${index} is ${before} and ${text}`);
    this.memberships.set(index, text);
  }
}

export function lastIndexOf(disk: TestDisk): LogIndex {
  return disk.entries.at(-1)?.index ?? disk.snapshot?.metadata.index ?? 0;
}

/** The term at an index of a disk; undefined where it holds no such entry. */
export function termAt(disk: TestDisk, index: LogIndex): Term | undefined {
  const base = disk.snapshot?.metadata ?? { index: 0, term: 0 };
  if (index === base.index) return base.term;
  return disk.entries[index - 1 - base.index]?.term;
}

function digestOf(entry: Entry): string {
  return `${entry.term}:${entry.type}:${decodeText(entry.data)}`;
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
