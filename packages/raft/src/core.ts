/** The state that all roles share, and the few actions on it that more than one role needs. */
import { assert, NONE, sometimes } from '@hapax/base';
import type { LogIndex, NodeId, Random, Term } from '@hapax/base';
import { changeMembership, EMPTY_MEMBERSHIP, isVoter } from './membership.ts';
import type { Membership } from './membership.ts';
import { decodeMembershipChange } from './membership-codec.ts';
import { LogView } from './log-view.ts';
import type { Entry, RaftMessage } from './message.ts';
import { Outbox } from './ready.ts';
import type { HardState } from './ready.ts';
import { assertTransition } from './role.ts';
import type { Leadership, Role } from './role.ts';
import type { SnapshotMetadata } from './snapshot.ts';

/** How a replica is set up. There are no defaults. */
export interface RaftOptions {
  readonly id: NodeId;
  /** A follower waits between once and twice this long, anew at random, before it campaigns. */
  readonly electionTimeoutMs: number;
  /** Well below `electionTimeoutMs`. `tick` must be called at least this often: longer steps count as this long. */
  readonly heartbeatIntervalMs: number;
  readonly random: Random;
  /** Bytes of entries in one append, and in one Ready's `committedEntries`. A single larger entry still goes. */
  readonly maxAppendBytes: number;
  /** Appends to one peer that may be without an answer. With `maxAppendBytes` it bounds what is uncommitted. */
  readonly maxInflightAppends: number;
  /** Ask before campaigning, so that a node which cannot win does not disturb [Raft thesis §9.6]. */
  readonly preVote: boolean;
  /** A leader without a majority steps down; with a live leader nobody votes [Raft thesis §6.2, §4.2.3]. */
  readonly checkQuorum: boolean;
  readonly state: RestoredState;
  readonly nowMs: number;
}

/** What the driver found on its disk; all of it durable. */
export interface RestoredState {
  readonly hardState: HardState;
  /** The last snapshot; `bootstrapState` makes the first. Undefined only on a blank node. */
  readonly snapshot: SnapshotMetadata | undefined;
  /** The entries behind the snapshot, without gaps. */
  readonly entries: readonly Entry[];
  /** How far the driver's state machine is; not below the snapshot. */
  readonly appliedIndex: LogIndex;
}

/** A replica, without its behaviour: that is in follower, candidate, leader and replication. */
export class Core {
  readonly id: NodeId;
  readonly options: RaftOptions;
  readonly log: LogView;
  readonly outbox = new Outbox();
  term: Term;
  /** Invariant: changes only from NONE to a candidate, except when the term rises [bug 5, bug 6]. */
  votedFor: NodeId;
  leaderId: NodeId = NONE;
  /** Set by {@link changeRole} only. */
  role: Role = 'follower';
  /** The votes of this campaign, one's own included. Empty unless campaigning. */
  readonly votes = new Map<NodeId, boolean>();
  /** There exactly while `role` is `leader`. */
  leadership: Leadership | undefined;
  /** In force: that of the last applied `membership` entry, or of the snapshot. */
  membership: Membership;
  /** Since the leader was heard of, or this node campaigned; for a leader: since its last check of the quorum. */
  electionElapsedMs = 0;
  heartbeatElapsedMs = 0;
  /** When this follower campaigns: drawn from [t, 2t), so that followers do not campaign together [Raft §5.2]. */
  electionDueMs = 0;
  /** The connection to the leader broke: its lease no longer holds here. */
  leaderSuspected = false;

  constructor(options: RaftOptions) {
    const { state } = options;
    this.id = options.id;
    this.options = options;
    const base = state.snapshot ?? { index: 0, term: 0, membership: EMPTY_MEMBERSHIP };
    const lastIndex = base.index + state.entries.length;
    // Below index 1 there is no entry that a blank node would miss, so it would never learn this membership [bug 67].
    const isLearnable = base.index > 0 || base.membership.voters.length === 0;
    assert(isLearnable, 'a first membership stands in a snapshot at index 1: use bootstrapState');
    assert(
      state.appliedIndex >= base.index && state.appliedIndex <= lastIndex,
      `applied index ${state.appliedIndex} is outside [${base.index}, ${lastIndex}]`,
    );
    this.log = new LogView({
      compactedIndex: base.index,
      compactedTerm: base.term,
      entries: state.entries,
      // The commit index may be written without a sync: what was applied was committed, whatever it says.
      commitIndex: Math.max(Math.min(state.hardState.commitIndex, lastIndex), state.appliedIndex),
      appliedIndex: state.appliedIndex,
    });
    this.term = state.hardState.term;
    this.votedFor = state.hardState.votedFor;
    assert(this.log.lastTerm <= this.term, `the log ends in term ${this.log.lastTerm}, after term ${this.term}`);
    // The log after the snapshot tells who belongs, up to what was applied; nothing else does [bug 67].
    this.membership = base.membership;
    for (const entry of state.entries) {
      const isInForce = entry.type === 'membership' && entry.index <= state.appliedIndex;
      if (isInForce) this.membership = this.membershipAfter(entry);
    }
    this.drawElectionTimeout();
  }

  /**
   * Whether this node may ask for votes: only voters do [bug 47]. A snapshot that is on its way to the disk does not
   * matter: the requests wait for it, as for all that was written before the candidacy.
   */
  isPromotable(): boolean {
    return isVoter(this.membership, this.id);
  }

  /** Whether a live leader is known, so that nobody else may be voted for [Raft thesis §4.2.3]. */
  isInLease(): boolean {
    const { checkQuorum, electionTimeoutMs } = this.options;
    const hasLeader = this.leaderId !== NONE && !this.leaderSuspected;
    return checkQuorum && hasLeader && this.electionElapsedMs < electionTimeoutMs;
  }

  /** The one place where the role changes. */
  changeRole(role: Role): void {
    const isUncommitted = this.leadership !== undefined && this.log.commitIndex < this.log.lastIndex;
    sometimes(isUncommitted, 'raft: a leader steps down with entries that are not committed');
    assertTransition(this.role, role);
    this.role = role;
    this.votes.clear();
    if (this.leadership !== undefined) this.outbox.droppedReads.push(...this.leadership.reads.takeAll());
    this.leadership = undefined;
  }

  /** Enters a term, or starts over in the same one. A vote stays with its term [bug 5]. */
  enterTerm(term: Term): void {
    assert(term >= this.term, `term ${term} is below the current term ${this.term}`);
    if (term > this.term) this.votedFor = NONE;
    this.term = term;
    this.leaderId = NONE;
    this.leaderSuspected = false;
    this.electionElapsedMs = 0;
    this.heartbeatElapsedMs = 0;
    this.drawElectionTimeout();
  }

  /** Draws anew when this follower would campaign. */
  drawElectionTimeout(): void {
    const { electionTimeoutMs, random } = this.options;
    this.electionDueMs = electionTimeoutMs + random.nextInt(electionTimeoutMs);
  }

  /**
   * The leader may be gone: campaign within a heartbeat interval instead of an election timeout. Without pre-votes
   * nothing changes, since a campaign would disturb a leader that is alive.
   */
  suspectLeader(): void {
    if (!this.options.preVote || this.role !== 'follower' || this.leaderId === NONE) return;
    this.leaderSuspected = true;
    const soonMs = this.electionElapsedMs + this.options.random.nextInt(this.options.heartbeatIntervalMs);
    this.electionDueMs = Math.min(this.electionDueMs, soonMs);
  }

  /** Sends what claims nothing that is not durable. */
  send(message: RaftMessage): void {
    this.outbox.messages.push(message);
  }

  /** Sends when all that this replica knows now is durable [bug 10]. */
  sendAfterPersist(message: RaftMessage): void {
    if (message.to === this.id) this.outbox.messagesToSelf.push(message);
    else this.outbox.messagesAfterPersist.push(message);
  }

  /** The membership after a committed entry. Leaders only append changes that are possible, so it always is. */
  membershipAfter(entry: Entry): Membership {
    const result = changeMembership(this.membership, decodeMembershipChange(entry.data));
    assert(result.ok, () => `membership entry ${entry.index} cannot be applied: ${result.ok ? '' : result.refusal}`);
    return result.membership;
  }
}
