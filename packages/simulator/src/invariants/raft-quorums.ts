/**
 * R11: only voters lead, and only by the votes of voters; what a leader commits is durable on majorities of its voters;
 * all nodes have the same membership at an index, and a majority of each meets every majority of the one before.
 */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import { isVoter, type Membership } from '@hapax/raft';
import type { DurableRaft } from './raft-durable.ts';
import { demand } from './violation.ts';

/** What the quorums of a cluster are checked against. */
export interface QuorumView {
  /** Whom a node has voted for in a term, by what it has sent. */
  voteOf(node: NodeId, term: Term): NodeId | undefined;
  durableOf(node: NodeId): DurableRaft;
}

/** Where a leader stands. */
export interface LeaderPosition {
  readonly term: Term;
  readonly commitIndex: LogIndex;
  readonly membership: Membership;
}

/** Where a leader stands that proposes. */
export interface ProposalView {
  readonly appliedIndex: LogIndex;
  /** The first entry of its term. */
  readonly firstOfTerm: LogIndex;
}

/** The ghost of the memberships. */
export class QuorumInvariants {
  /** In force at the highest index that any node has applied; undefined before the first. */
  latest: Membership | undefined;
  private latestIndex: LogIndex = 0;
  private readonly view: QuorumView;
  private readonly texts = new Map<LogIndex, string>();
  /** By term: the last change that its leader has made. */
  private readonly lastChange = new Map<Term, LogIndex>();
  /** By term: up to where what its leader has committed was checked. */
  private readonly checked = new Map<Term, LogIndex>();

  constructor(view: QuorumView) {
    this.view = view;
  }

  /** A node came to lead. */
  onLeader(node: NodeId, { term, membership }: Pick<LeaderPosition, 'term' | 'membership'>): void {
    demand(isVoter(membership, node), 'R11', () => `node ${node} leads term ${term}, and is no voter`);
    for (const voters of halvesOf(membership)) {
      const votes = voters.filter((voter) => voter === node || this.view.voteOf(voter, term) === node);
      demand(votes.length * 2 > voters.length, 'R11', () =>
        `node ${node} leads term ${term} by the votes of [${votes.join(' ')}] among the voters [${voters.join(' ')}]`);
    }
  }

  /**
   * A leader is about to apply entries; its membership is the one by which it has counted up to now. What it committed
   * of its own term must be durable on majorities.
   */
  onApplying(node: NodeId, { term, commitIndex, membership }: LeaderPosition): void {
    if (commitIndex <= (this.checked.get(term) ?? 0)) return;
    this.checked.set(term, commitIndex);
    const halves = halvesOf(membership);
    const has = (voter: NodeId): boolean => this.view.durableOf(voter).entries.get(commitIndex) === term;
    // An entry of an earlier term was committed by another leader, and by other voters perhaps.
    if (!halves.flat().some(has)) return;
    for (const voters of halves) {
      const holders = voters.filter((voter) => has(voter) || this.view.durableOf(voter).snapshotIndex >= commitIndex);
      demand(holders.length * 2 > voters.length, 'R11', () =>
        `leader ${node} commits ${commitIndex}/${term}, which is durable on [${holders.join(' ')}] of the voters ` +
        `[${voters.join(' ')}]`);
    }
  }

  /**
   * A leader sends a change of the membership for the first time. It may make one only when it has applied all that the
   * leaders before it have left, and every change of its own [Raft single-server change, 2015].
   */
  onChange(node: NodeId, change: { readonly index: LogIndex; readonly term: Term }, proposed: ProposalView): void {
    const { appliedIndex, firstOfTerm } = proposed;
    demand(appliedIndex >= firstOfTerm - 1, 'R11', () =>
      `leader ${node} changes the membership at ${change.index}, has applied ${appliedIndex}, and its term ` +
      `${change.term} begins at ${firstOfTerm}`);
    const before = this.lastChange.get(change.term) ?? 0;
    // Where nobody was there to send it to, a change is seen for the first time when later ones were.
    if (change.index < before) return;
    demand(appliedIndex >= before, 'R11', () =>
      `leader ${node} changes the membership at ${change.index} and has not applied the change at ${before}`);
    this.lastChange.set(change.term, change.index);
  }

  /** A node has applied everything up to an index and has this membership in force. */
  onApplied(node: NodeId, index: LogIndex, membership: Membership): void {
    const text = JSON.stringify(membership);
    const known = this.texts.get(index) ?? text;
    demand(known === text, 'R11', () => `node ${node} has the membership ${text} at ${index}, another one ${known}`);
    this.texts.set(index, text);
    if (index <= this.latestIndex) return;
    const before = this.latest;
    this.latestIndex = index;
    this.latest = membership;
    if (before === undefined || text === JSON.stringify(before)) return;
    demand(doMajoritiesMeet(before, membership), 'R11', () =>
      `the membership becomes ${text} at ${index}: a majority of it meets none of ${JSON.stringify(before)}`);
  }
}

function halvesOf({ voters, votersOutgoing }: Membership): (readonly NodeId[])[] {
  return votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];
}

/** Whether every majority of one membership shares a node with every majority of another. */
function doMajoritiesMeet(one: Membership, other: Membership): boolean {
  const ids = [...new Set([...halvesOf(one), ...halvesOf(other)].flat())];
  for (let chosen = 0; chosen < 2 ** ids.length; chosen++) {
    const isIn = (id: NodeId): boolean => Math.floor(chosen / 2 ** ids.indexOf(id)) % 2 === 1;
    // A set that decides in the one, while all others together decide in the other.
    if (decides(one, isIn) && decides(other, (id) => !isIn(id))) return false;
  }
  return true;
}

function decides(membership: Membership, isIn: (id: NodeId) => boolean): boolean {
  return halvesOf(membership).every((voters) => voters.filter(isIn).length * 2 > voters.length);
}
