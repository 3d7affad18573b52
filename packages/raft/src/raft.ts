/** One replica of a replicated log: told messages, time and what is done; says what must be done [Raft]. */
import { assert, NONE, reachable, sometimes, unreachable } from '@hapax/base';
import type { LogIndex, NodeId } from '@hapax/base';
import { maybeCampaign, onVoteResponse } from './candidate.ts';
import { Core } from './core.ts';
import type { RaftOptions } from './core.ts';
import {
  acknowledge, answerVoteRequest, becomeFollower, noticeRemovedLeader, onAppend, onHeartbeat, onSnapshot, onVoteRequest,
} from './follower.ts';
import {
  append, appendMembershipChange, findMembershipRefusal, findProposalRefusal, flushLeader, leadershipOf,
  maybeAdvanceCommit, maybeLeaveJoint, onAppendResponse, onHeartbeatResponse, onMembershipChanged, tickLeader,
  transferLeadership,
} from './leader.ts';
import { jointVoters } from './membership.ts';
import type { MembershipChange } from './membership.ts';
import { isFromLeader } from './message.ts';
import type { Entry, RaftMessage } from './message.ts';
import type { ProposeResult } from './proposal.ts';
import type { HardState, Ready, RoleChange } from './ready.ts';
import { provideSnapshot, reportSnapshot, reportUnreachable } from './replication.ts';
import type { Snapshot, SnapshotMetadata } from './snapshot.ts';
import { statusOf } from './status.ts';
import type { RaftStatus } from './status.ts';

/** A Ready with something to persist that was taken and not reported durable. */
interface PendingReady {
  readonly ready: Ready;
  readonly number: number;
  readonly messagesToSelf: readonly RaftMessage[];
}

/** A replica. See {@link Ready} for what its driver owes it. */
export class Raft {
  private readonly core: Core;
  private lastTickMs: number;
  private handedHardState: HardState;
  private reportedRole: RoleChange;
  private readonly pending: PendingReady[] = [];
  private readyCount = 0;

  constructor(options: RaftOptions) {
    assert(options.heartbeatIntervalMs > 0, `heartbeat interval ${options.heartbeatIntervalMs} ms is not positive`);
    assert(
      options.electionTimeoutMs > options.heartbeatIntervalMs,
      `election timeout ${options.electionTimeoutMs} ms is not above the heartbeat interval ` +
        `${options.heartbeatIntervalMs} ms`,
    );
    assert(options.maxInflightAppends > 0 && options.maxAppendBytes > 0, 'a peer must be allowed at least one append');
    this.core = new Core(options);
    this.lastTickMs = options.nowMs;
    this.handedHardState = options.state.hardState;
    this.reportedRole = this.roleNow();
  }

  /** A message from a peer. What is stale, foreign or impossible changes nothing. */
  step(message: RaftMessage): void {
    const { core } = this;
    if (message.to !== core.id || message.from === core.id) return;
    this.stepChecked(message);
  }

  /**
   * Time has passed. A step longer than a heartbeat interval counts as that long: a node that was stalled has heard
   * nobody, and must first read what has arrived before it judges that a leader or a quorum is dead.
   */
  tick(nowMs: number): void {
    const { core } = this;
    const elapsedMs = Math.min(Math.max(nowMs - this.lastTickMs, 0), core.options.heartbeatIntervalMs);
    // A clock that went back counts as standing still [bug 38].
    this.lastTickMs = Math.max(nowMs, this.lastTickMs);
    if (core.role === 'leader') {
      tickLeader(core, elapsedMs);
      return;
    }
    core.electionElapsedMs += elapsedMs;
    if (!core.isPromotable() || core.electionElapsedMs < core.electionDueMs) return;
    sometimes(core.role === 'candidate', 'raft: an election ends without a winner');
    core.electionElapsedMs = 0;
    maybeCampaign(core, { transfer: false });
  }

  /** Appends commands if this node leads; all of them or none. */
  propose(commands: readonly Uint8Array[]): ProposeResult {
    const { core } = this;
    let sizeBytes = 0;
    for (const command of commands) sizeBytes += command.byteLength;
    const reason = findProposalRefusal(core, sizeBytes);
    if (reason !== undefined) return { accepted: false, leaderId: core.leaderId, reason };
    return { accepted: true, lastIndex: append(core, leadershipOf(core), 'command', commands), term: core.term };
  }

  /** Appends a change of the membership if this node leads and no other change is under way. */
  proposeMembership(change: MembershipChange): ProposeResult {
    const { core } = this;
    const reason = findMembershipRefusal(core, change);
    if (reason !== undefined) return { accepted: false, leaderId: core.leaderId, reason };
    const lastIndex = appendMembershipChange(core, leadershipOf(core), change);
    return { accepted: true, lastIndex, term: core.term };
  }

  /**
   * Asks to read what is committed now: comes back in `reads` or `droppedReads`. False where this node does not lead.
   */
  requestRead(id: number): boolean {
    return this.core.leadership?.reads.request(id) ?? false;
  }

  /** Hands the leadership to another voter; proposals are refused meanwhile. False where that cannot be. */
  transferLeadership(to: NodeId): boolean {
    return transferLeadership(this.core, to);
  }

  /** The connection to a peer broke: what was sent may be lost. */
  reportUnreachable(peer: NodeId): void {
    if (this.core.leadership !== undefined) reportUnreachable(this.core.leadership, peer);
  }

  /** A snapshot was received by the peer, or could not be made or sent. */
  reportSnapshot(peer: NodeId, received: boolean): void {
    if (this.core.leadership !== undefined) reportSnapshot(this.core.leadership, peer, received);
  }

  /** Answers `snapshotRequests`. False where the snapshot is of no use any more. */
  provideSnapshot(peer: NodeId, snapshot: Snapshot): boolean {
    const { leadership } = this.core;
    return leadership !== undefined && provideSnapshot(this.core, leadership, peer, snapshot);
  }

  /** Campaigns now, with a pre-vote if these are on. Does nothing on a leader, or on who may not vote. */
  campaign(): void {
    maybeCampaign(this.core, { transfer: false });
  }

  /**
   * The connection to the leader broke, which may be its death: the check starts within a heartbeat interval. Others
   * that still hear the leader refuse their pre-vote, so a lost connection alone deposes nobody.
   */
  onLeaderConnectionLost(nowMs: number): void {
    this.tick(nowMs);
    this.core.suspectLeader();
  }

  /**
   * The membership and the position for a snapshot of the state machine as it is now. Undefined while a snapshot of the
   * leader was accepted and is not applied: the membership in force is then already that of the future.
   */
  snapshotMetadata(): SnapshotMetadata | undefined {
    const { log, membership } = this.core;
    const term = log.termAt(log.appliedIndex);
    return term === undefined ? undefined : { index: log.appliedIndex, term, membership };
  }

  /** Forgets entries up to `index`: this snapshot, which covers them, is durable [bug 49]. */
  compact(index: LogIndex, snapshot: { readonly metadata: SnapshotMetadata }): void {
    const { metadata } = snapshot;
    assert(index <= metadata.index, `entry ${index} is not covered by the snapshot at ${metadata.index} [bug 60]`);
    this.core.log.compactTo(index);
  }

  /** Everything to do now; undefined if nothing. May be called again before the last one is persisted. */
  takeReady(): Ready | undefined {
    const { core } = this;
    if (core.role === 'leader') flushLeader(core);
    if (!this.hasWork()) return undefined;
    const { outbox, log } = core;
    const number = ++this.readyCount;
    const hardState = this.takeHardState();
    const { snapshot, messagesToSelf } = outbox;
    const roleChanged = this.takeRoleChange();
    const committedEntries = log.takeCommitted(core.options.maxAppendBytes);
    const isWrite = hardState.changed || snapshot !== undefined || log.hasUnhanded();
    const entries = isWrite ? log.beginWrite(number) : [];
    const ready: Ready = {
      messages: outbox.messages,
      ...(hardState.changed && { hardState: hardState.value }),
      ...(snapshot !== undefined && { snapshot }),
      entries,
      mustSync: hardState.mustSync || snapshot !== undefined || entries.length > 0,
      messagesAfterPersist: outbox.messagesAfterPersist,
      committedEntries,
      reads: core.leadership?.reads.takeConfirmed(jointVoters(core.membership)) ?? [],
      droppedReads: outbox.droppedReads,
      snapshotRequests: outbox.snapshotRequests,
      ...(roleChanged !== undefined && { roleChanged }),
    };
    if (isWrite || messagesToSelf.length > 0) this.pending.push({ ready, number, messagesToSelf });
    outbox.messages = [];
    outbox.messagesAfterPersist = [];
    outbox.messagesToSelf = [];
    outbox.snapshotRequests = [];
    outbox.droppedReads = [];
    outbox.snapshot = undefined;
    return ready;
  }

  /** What this Ready and all before it asked to persist survives a loss of power. */
  onPersisted(ready: Ready): void {
    const { core } = this;
    const last = this.pending.findIndex((pending) => pending.ready === ready);
    for (const { number, messagesToSelf } of this.pending.splice(0, last + 1)) {
      core.log.endWrite(number);
      for (const message of messagesToSelf) this.stepChecked(message);
    }
    if (core.role === 'leader') maybeAdvanceCommit(core);
  }

  /**
   * The state machine has applied `committedEntries`, or a snapshot, up to here. Changes of the membership take
   * effect.
   */
  onApplied(index: LogIndex): void {
    const { core } = this;
    const { log } = core;
    for (let at = Math.max(log.appliedIndex + 1, log.firstIndex); at <= index; at++) {
      const entry = log.entryAt(at);
      if (entry?.type === 'membership') this.applyMembership(entry);
    }
    log.appliedTo(index);
    if (core.role === 'leader') maybeLeaveJoint(core);
  }

  /** A picture of this replica. */
  status(): RaftStatus {
    return statusOf(this.core);
  }

  private stepChecked(message: RaftMessage): void {
    const { core } = this;
    if (message.term > core.term && !this.maybeFollowTerm(message)) return;
    if (message.term < core.term) {
      this.answerOldTerm(message);
      return;
    }
    switch (message.type) {
      case 'append':
        return onAppend(core, message);
      case 'heartbeat':
        return onHeartbeat(core, message);
      case 'snapshot':
        return onSnapshot(core, message);
      case 'pre-vote':
      case 'vote':
        return onVoteRequest(core, message);
      case 'pre-vote-response':
      case 'vote-response':
        return onVoteResponse(core, message);
      case 'append-response':
        if (core.role === 'leader') onAppendResponse(core, message);
        return;
      case 'heartbeat-response':
        if (core.role === 'leader') onHeartbeatResponse(core, message);
        return;
      case 'timeout-now':
        reachable('raft: a follower is asked to take over');
        if (core.role === 'follower') maybeCampaign(core, { transfer: true });
        return;
      default:
        unreachable(message);
    }
  }

  /** A message of a higher term. Returns false where it must not be looked at further. */
  private maybeFollowTerm(message: RaftMessage): boolean {
    const { core } = this;
    if (message.type === 'pre-vote' || message.type === 'vote') {
      // While a leader is alive, a node that lost touch with it must not depose it [Raft thesis §4.2.3].
      sometimes(!message.transfer && core.isInLease(), 'raft: a vote is refused while a leader is alive');
      if (!message.transfer && core.isInLease()) return false;
    }
    // A term that is only asked about is entered by nobody [Raft thesis §9.6].
    if (message.type === 'pre-vote' || (message.type === 'pre-vote-response' && !message.rejected)) return true;
    sometimes(core.role === 'leader', 'raft: a leader follows a higher term');
    becomeFollower(core, message.term, isFromLeader(message) ? message.from : NONE);
    return true;
  }

  /** A message of a former term changes nothing here [bug 13, bug 16], but its sender may have to know the new one. */
  private answerOldTerm(message: RaftMessage): void {
    const { core } = this;
    if (isFromLeader(message)) {
      // A leader that was deposed while it was cut off, or that leads while this node's term ran ahead: it steps
      // down, and the next term has room for both. It would else send, and this node campaign, for ever.
      if (!core.options.checkQuorum && !core.options.preVote) return;
      reachable('raft: a deposed leader is told of a higher term');
      acknowledge(core, message.from, 0);
    } else if (message.type === 'pre-vote' || message.type === 'vote') {
      // Else two nodes, one with the higher term and one with the longer log, would wait for ever [bug 43]: the one
      // with the longer log must learn the term above which it can win [Raft §5.1].
      answerVoteRequest(core, message, false);
    }
  }

  private applyMembership(entry: Entry): void {
    const { core } = this;
    reachable('raft: a change of the membership takes effect');
    core.membership = core.membershipAfter(entry);
    if (core.role === 'leader') onMembershipChanged(core);
    else noticeRemovedLeader(core);
  }

  private hasWork(): boolean {
    const { handedHardState: handed, core } = this;
    const { outbox, log, leadership, membership } = core;
    return (
      outbox.messages.length > 0 || outbox.messagesAfterPersist.length > 0 || outbox.messagesToSelf.length > 0 ||
      outbox.snapshotRequests.length > 0 || outbox.droppedReads.length > 0 || outbox.snapshot !== undefined ||
      log.hasUnhanded() || log.hasUnemitted() ||
      handed.term !== core.term || handed.votedFor !== core.votedFor || handed.commitIndex !== log.commitIndex ||
      leadership?.reads.hasConfirmed(jointVoters(membership)) === true ||
      !isSameRole(this.reportedRole, this.roleNow())
    );
  }

  private takeHardState(): { readonly value: HardState; readonly changed: boolean; readonly mustSync: boolean } {
    const { core, handedHardState: before } = this;
    const value = { term: core.term, votedFor: core.votedFor, commitIndex: core.log.commitIndex };
    const mustSync = value.term !== before.term || value.votedFor !== before.votedFor;
    this.handedHardState = value;
    return { value, changed: mustSync || value.commitIndex !== before.commitIndex, mustSync };
  }

  private takeRoleChange(): RoleChange | undefined {
    const now = this.roleNow();
    if (isSameRole(this.reportedRole, now)) return undefined;
    this.reportedRole = now;
    return now;
  }

  private roleNow(): RoleChange {
    const { role, term, leaderId } = this.core;
    return { role, term, leaderId };
  }
}

function isSameRole(a: RoleChange, b: RoleChange): boolean {
  return a.role === b.role && a.term === b.term && a.leaderId === b.leaderId;
}
