/** What a leader does: appends, counts acknowledgements, keeps followers quiet, and steps down [Raft §5.3, §5.4]. */
import { assert, NONE, present, reachable, sometimes } from '@hapax/base';
import type { LogIndex, NodeId } from '@hapax/base';
import type { Core } from './core.ts';
import { becomeFollower } from './follower.ts';
import { changeMembership, isVoter, jointVoters, LEAVE_JOINT, membersOf } from './membership.ts';
import type { MembershipChange } from './membership.ts';
import { encodeMembershipChange } from './membership-codec.ts';
import { entryBytes } from './message.ts';
import type { AppendResponseMessage, Entry, HeartbeatResponseMessage } from './message.ts';
import { Progress } from './progress.ts';
import type { ProposalRefusal } from './proposal.ts';
import { jointIndex, jointVote } from './quorum.ts';
import { ReadIndex } from './read-index.ts';
import {
  flushAppends, scheduleAppend, scheduleAppendToAll, sendHeartbeats, sendTimeoutNow, tickSnapshots,
} from './replication.ts';
import type { Leadership } from './role.ts';

/** Reads that may wait for their confirmation. */
const MAX_PENDING_READS = 65_536;
const NO_DATA = new Uint8Array(0);

/** Leads the current term, in which a majority voted for this node. */
export function becomeLeader(core: Core): void {
  const { log } = core;
  core.changeRole('leader');
  core.leaderId = core.id;
  core.electionElapsedMs = 0;
  core.heartbeatElapsedMs = 0;
  const leadership: Leadership = {
    progress: new Map(),
    reads: new ReadIndex(core.id, MAX_PENDING_READS),
    transferTo: NONE,
    // Entries of leaders before may hold a change: until they are applied, no other may be proposed [bug 63].
    pendingMembershipIndex: log.lastIndex,
    uncommittedBytes: log.bytesBetween(log.commitIndex + 1, log.lastIndex),
    appendDue: new Map(),
  };
  core.leadership = leadership;
  for (const id of membersOf(core.membership)) {
    if (id !== core.id) leadership.progress.set(id, new Progress(log.lastIndex + 1, core.options.maxInflightAppends));
  }
  // Only by an entry of its own term does a leader learn what is committed [Raft §5.4.2, §8].
  append(core, leadership, 'empty', [NO_DATA]);
}

/** The leadership, where this node has one. */
export function leadershipOf(core: Core): Leadership {
  return present(core.leadership, 'the leadership of a leader');
}

/** Whether this leader knows all that was committed before it: an entry of its own term is committed. */
function hasCommittedInTerm(core: Core): boolean {
  return core.log.termAt(core.log.commitIndex) === core.term;
}

/** Why commands cannot be appended now; undefined if they can. */
export function findProposalRefusal(core: Core, sizeBytes: number): ProposalRefusal | undefined {
  const { leadership, options } = core;
  if (leadership === undefined) return 'not-leader';
  if (leadership.transferTo !== NONE) return 'transferring';
  const limitBytes = options.maxAppendBytes * options.maxInflightAppends;
  // The first always fits, or a proposal above the limit could never be made.
  if (leadership.uncommittedBytes > 0 && leadership.uncommittedBytes + sizeBytes > limitBytes) return 'overloaded';
  return undefined;
}

/** Why a change of the membership cannot be appended now; undefined if it can. */
export function findMembershipRefusal(core: Core, change: MembershipChange): ProposalRefusal | undefined {
  const refusal = findProposalRefusal(core, 0);
  if (refusal !== undefined) return refusal;
  // One at a time, and none before all that former leaders left behind is applied: only then do the majorities of
  // consecutive configurations meet [bug 63, bug 64].
  if (leadershipOf(core).pendingMembershipIndex > core.log.appliedIndex) return 'membership-pending';
  return changeMembership(core.membership, change).ok ? undefined : 'membership-impossible';
}

/** Appends entries of this term behind the log, and sends them when the turn ends. */
export function append(
  core: Core,
  leadership: Leadership,
  type: Entry['type'],
  data: readonly Uint8Array[],
): LogIndex {
  const first = core.log.lastIndex + 1;
  const entries = data.map((bytes, at) => ({ index: first + at, term: core.term, type, data: bytes }));
  core.log.append(entries);
  for (const entry of entries) leadership.uncommittedBytes += entryBytes(entry);
  scheduleAppendToAll(leadership, 'surely');
  return core.log.lastIndex;
}

/** Appends a change of membership; the next one must wait until this one is applied. Returns its index. */
export function appendMembershipChange(core: Core, leadership: Leadership, change: MembershipChange): LogIndex {
  const index = append(core, leadership, 'membership', [encodeMembershipChange(change)]);
  leadership.pendingMembershipIndex = index;
  return index;
}

/** A follower took entries, or did not find where they belong. */
export function onAppendResponse(core: Core, message: AppendResponseMessage): void {
  const leadership = leadershipOf(core);
  const progress = leadership.progress.get(message.from);
  // Who is no member any more is not heard [bug 66]; nobody has entries that do not exist yet.
  if (progress === undefined || message.index > core.log.lastIndex) return;
  progress.recentlyActive = true;
  if (message.rejected) {
    const hint = core.log.findConflictByTerm(Math.min(message.hintIndex, core.log.lastIndex), message.hintTerm);
    const nextProbe = message.hintTerm > 0 ? hint.index : message.hintIndex;
    if (!progress.maybeRetreat(message.index, nextProbe)) return;
    reachable('raft: a leader looks further back for a common entry');
    if (progress.state === 'replicate') progress.becomeProbe();
    scheduleAppend(leadership, message.from, 'surely');
    return;
  }
  const isProbeAnswer = progress.state === 'probe' && progress.matchIndex === message.index;
  if (!progress.maybeAdvance(message.index) && !isProbeAnswer) return;
  const hasSnapshot = progress.state === 'snapshot' && progress.matchIndex + 1 >= core.log.firstIndex;
  sometimes(hasSnapshot, 'raft: a peer goes on from a snapshot');
  if (progress.state === 'probe' || hasSnapshot) progress.becomeReplicate();
  else if (progress.state === 'replicate') progress.freeUpTo(message.index);
  if (!maybeAdvanceCommit(core) && progress.canUseCommit(core.log.commitIndex)) {
    scheduleAppend(leadership, message.from, 'surely');
  }
  scheduleAppend(leadership, message.from, 'maybe');
  const isCaughtUp = progress.matchIndex === core.log.lastIndex;
  if (leadership.transferTo === message.from && isCaughtUp) sendTimeoutNow(core, message.from);
}

/** A peer is alive: reads of this round may count it, and it is sent what it lacks. */
export function onHeartbeatResponse(core: Core, message: HeartbeatResponseMessage): void {
  const leadership = leadershipOf(core);
  const progress = leadership.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentlyActive = true;
  progress.paused = false;
  leadership.reads.acknowledge(message.from, message.round);
  // It is alive and behind: the last appends, or their answers, may be lost.
  const isBehind = progress.matchIndex < core.log.lastIndex || progress.state === 'probe';
  if (isBehind) scheduleAppend(leadership, message.from, 'surely');
}

/**
 * Commits what majorities have, its own disk counted like any other. Entries of former terms are committed only
 * along with one of this term: by themselves, a majority could still lose them [Raft §5.4.2] [bug 1, bug 2].
 */
export function maybeAdvanceCommit(core: Core): boolean {
  const { log } = core;
  const leadership = leadershipOf(core);
  const index = jointIndex(jointVoters(core.membership), (id) =>
    id === core.id ? log.durableIndex : leadership.progress.get(id)?.matchIndex,
  );
  const isOfFormerTerm = index > log.commitIndex && log.termAt(index) !== core.term;
  sometimes(isOfFormerTerm, 'raft: entries of a former term wait for one of this term');
  if (index <= log.commitIndex || log.termAt(index) !== core.term) return false;
  const from = log.commitIndex + 1;
  log.maybeCommit(index);
  leadership.uncommittedBytes -= log.bytesBetween(from, index);
  assert(leadership.uncommittedBytes >= 0, `uncommitted bytes fell to ${leadership.uncommittedBytes}`);
  scheduleAppendToAll(leadership, 'surely');
  return true;
}

/** Time passes: heartbeats, the check of the quorum, transfers that take too long. */
export function tickLeader(core: Core, elapsedMs: number): void {
  const leadership = leadershipOf(core);
  const { electionTimeoutMs, heartbeatIntervalMs, checkQuorum } = core.options;
  core.electionElapsedMs += elapsedMs;
  core.heartbeatElapsedMs += elapsedMs;
  tickSnapshots(core, leadership, elapsedMs);
  if (core.electionElapsedMs >= electionTimeoutMs) {
    core.electionElapsedMs = 0;
    leadership.transferTo = NONE;
    if (checkQuorum && !maybeKeepQuorum(core, leadership)) return;
  }
  if (core.heartbeatElapsedMs >= heartbeatIntervalMs) {
    core.heartbeatElapsedMs = 0;
    sendHeartbeats(core, leadership);
  }
}

/** Starts to hand over to a voter. False if it is none, or is this node. */
export function transferLeadership(core: Core, to: NodeId): boolean {
  const { leadership } = core;
  if (leadership === undefined || to === core.id || !isVoter(core.membership, to)) return false;
  if (leadership.transferTo === to) return true;
  leadership.transferTo = to;
  // It must be done within an election timeout, else the leader goes on [Raft thesis §3.10].
  core.electionElapsedMs = 0;
  if (leadership.progress.get(to)?.matchIndex === core.log.lastIndex) sendTimeoutNow(core, to);
  else scheduleAppend(leadership, to, 'surely');
  return true;
}

/** Sends what this turn has gathered. */
export function flushLeader(core: Core): void {
  const leadership = leadershipOf(core);
  flushAppends(core, leadership);
  // Before that, the commit index could be lower than that of a former leader [bug 36, bug 40].
  if (hasCommittedInTerm(core) && leadership.reads.maybeStartRound(core.log.commitIndex)) {
    sendHeartbeats(core, leadership);
  }
}

/** The membership in force changed. */
export function onMembershipChanged(core: Core): void {
  const leadership = leadershipOf(core);
  if (!isVoter(core.membership, core.id)) {
    // Who decided without this node can go on without it, once they know that it is decided [Raft thesis §4.2.2].
    scheduleAppendToAll(leadership, 'surely');
    flushAppends(core, leadership);
    becomeFollower(core, core.term, NONE);
    return;
  }
  reconcileProgress(core, leadership);
  if (!isVoter(core.membership, leadership.transferTo)) leadership.transferTo = NONE;
  // A smaller quorum may have what a larger one had not. New members are sent to in any case.
  if (!maybeAdvanceCommit(core)) scheduleAppendToAll(leadership, 'maybe');
}

/** Leaves a joint configuration that is to be left by itself, once: it is pending until it is applied [bug 71]. */
export function maybeLeaveJoint(core: Core): void {
  const leadership = leadershipOf(core);
  const isPending = leadership.pendingMembershipIndex > core.log.appliedIndex;
  if (!core.membership.autoLeave || isPending) return;
  appendMembershipChange(core, leadership, LEAVE_JOINT);
}

function reconcileProgress(core: Core, leadership: Leadership): void {
  const known = new Map(leadership.progress);
  leadership.progress.clear();
  for (const id of membersOf(core.membership)) {
    if (id === core.id) continue;
    const progress = known.get(id) ?? newcomer(core);
    leadership.progress.set(id, progress);
  }
}

function newcomer(core: Core): Progress {
  const progress = new Progress(Math.max(core.log.lastIndex, 1), core.options.maxInflightAppends);
  // It had no time to say anything yet, which must not count against the leader.
  progress.recentlyActive = true;
  return progress;
}

/** Steps down unless a majority was heard of since the last check [bug 42]. Returns whether it still leads. */
function maybeKeepQuorum(core: Core, leadership: Leadership): boolean {
  const active = jointVote(jointVoters(core.membership), (id) =>
    id === core.id || leadership.progress.get(id)?.recentlyActive === true,
  );
  if (active !== 'won') {
    reachable('raft: a leader without a majority steps down');
    becomeFollower(core, core.term, NONE);
    return false;
  }
  for (const progress of leadership.progress.values()) progress.recentlyActive = false;
  return true;
}
