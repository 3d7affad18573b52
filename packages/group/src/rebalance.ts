/** The rebalance: collecting members, beginning a generation, handing out its assignment. [G4, G5, G8] */
import { ErrorCode, reachable, sometimes } from '@hapax/base';
import type { JoinGroupAnswer, SyncGroupAnswer } from './answers.ts';
import type { Group } from './group.ts';
import type { LiveGroups } from './live-groups.ts';
import { metadataFor, NO_BYTES, type Member } from './member.ts';

/** Members came, went or changed: a rebalance begins, or the one that runs may now be complete. */
export function rebalance<T>(live: LiveGroups<T>, group: Group<T>): void {
  if (group.state === 'PreparingRebalance') maybeCompleteJoin(live, group);
  else prepareRebalance(live, group);
}

/** Completes the join phase if everybody is there and it is not the first one, which waits its time. */
export function maybeCompleteJoin<T>(live: LiveGroups<T>, group: Group<T>): void {
  if (group.state !== 'PreparingRebalance' || group.initialWait !== undefined) return;
  if (group.hasEverybodyJoined()) completeJoin(live, group);
}

/** The time of the join phase is over. */
export function onRebalanceTimer<T>(live: LiveGroups<T>, group: Group<T>): void {
  if (group.state !== 'PreparingRebalance') return;
  const wait = group.initialWait;
  if (wait === undefined || !wait.hasNewMember || wait.remainingMs === 0) return completeJoin(live, group);
  const delayMs = Math.min(live.config.initialRebalanceDelayMs, wait.remainingMs);
  group.initialWait = { remainingMs: Math.max(wait.remainingMs - delayMs, 0), hasNewMember: false };
  live.timers.set(group.rebalanceTimer, live.now.nowMs + delayMs);
}

/** Members that did not ask for their assignment in time are removed. [G8] */
export function onSyncTimer<T>(live: LiveGroups<T>, group: Group<T>): void {
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
  const missing = group.members.filter((member) => group.unsynced.has(member.memberId));
  if (missing.length === 0) return;
  reachable('group: members that did not ask for their assignment are removed');
  for (const member of missing) dismiss(live, group, member);
  rebalance(live, group);
}

/** Takes a member out of its group and answers what it waits for; the caller rebalances. */
export function dismiss<T>(live: LiveGroups<T>, group: Group<T>, member: Member<T>): void {
  live.timers.cancel(member.session);
  group.remove(member);
  live.finishJoin(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' });
  live.finishSync(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
}

/** The leader's assignment is committed, or failed: everybody who waits for it is answered. */
export function onAssignmentDone<T>(
  live: LiveGroups<T>,
  group: Group<T>,
  assigned: { readonly generation: number; readonly assignments: ReadonlyMap<string, Uint8Array> },
  error: ErrorCode,
): void {
  sometimes(group.generation !== assigned.generation, 'group: an assignment is committed after its generation');
  if (group.state !== 'CompletingRebalance' || group.generation !== assigned.generation) return;
  group.isAssignmentInFlight = false;
  if (error !== ErrorCode.NONE) {
    reachable('group: an assignment cannot be written');
    failSyncs(live, group, error);
    return prepareRebalance(live, group);
  }
  for (const member of group.members) member.assignment = assigned.assignments.get(member.memberId) ?? NO_BYTES;
  group.become('Stable');
  for (const member of group.members) {
    if (live.finishSync(member, assignmentAnswer(group, member))) live.renewSession(member);
  }
}

/** The answer to a SyncGroup of a Stable group. */
export function assignmentAnswer<T>(group: Group<T>, member: Member<T>): SyncGroupAnswer {
  return {
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    assignment: member.assignment,
  };
}

/** The answer to a JoinGroup: the current generation, with all members for the leader. [G5] */
export function generationAnswer<T>(group: Group<T>, member: Member<T>): JoinGroupAnswer {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generation,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? '',
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.leaderId === member.memberId ? membersForLeader(group) : [],
  };
}

/** All members with what they say for the chosen protocol. */
export function membersForLeader<T>(group: Group<T>): NonNullable<JoinGroupAnswer['members']> {
  return group.members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataFor(member, group.protocolName),
  }));
}

function prepareRebalance<T>(live: LiveGroups<T>, group: Group<T>): void {
  sometimes(group.state === 'CompletingRebalance', 'group: a rebalance begins while another one completes');
  const hasPending = live.state.pendingOffsets.hasGroup(group.groupId);
  sometimes(hasPending, 'group: a rebalance begins during a transaction');
  if (group.state === 'CompletingRebalance') failSyncs(live, group, ErrorCode.REBALANCE_IN_PROGRESS);
  live.timers.cancel(group.syncTimer);
  group.isAssignmentInFlight = false;
  const { initialRebalanceDelayMs } = live.config;
  const waits = group.state === 'Empty' && initialRebalanceDelayMs > 0;
  group.become('PreparingRebalance');
  if (waits) {
    const remainingMs = Math.max(group.rebalanceTimeoutMs - initialRebalanceDelayMs, 0);
    group.initialWait = { remainingMs, hasNewMember: false };
    live.timers.set(group.rebalanceTimer, live.now.nowMs + initialRebalanceDelayMs);
    return;
  }
  if (group.hasEverybodyJoined()) return completeJoin(live, group);
  live.timers.set(group.rebalanceTimer, live.now.nowMs + group.rebalanceTimeoutMs);
}

/** Begins the next generation with those who are there. Dynamic members that did not rejoin are dropped. [G4] */
function completeJoin<T>(live: LiveGroups<T>, group: Group<T>): void {
  live.timers.cancel(group.rebalanceTimer);
  group.initialWait = undefined;
  for (const member of group.members) {
    sometimes(member.joining === undefined, 'group: a generation begins without a member that did not rejoin');
    if (member.joining === undefined && member.groupInstanceId === null) dismiss(live, group, member);
  }
  if (!group.maybeElectJoinedLeader() && group.size > 0) {
    // Only static members are left and none of them is back: wait until they come, or their sessions end.
    live.timers.set(group.rebalanceTimer, live.now.nowMs + group.rebalanceTimeoutMs);
    return;
  }
  group.generation += 1;
  group.unsynced.clear();
  if (group.size === 0) return becomeEmpty(live, group);
  group.protocolName = group.voteForProtocol();
  group.become('CompletingRebalance');
  for (const member of group.members) {
    live.finishJoin(member, generationAnswer(group, member));
    live.renewSession(member);
    member.isNew = false;
    group.unsynced.add(member.memberId);
  }
  live.timers.set(group.syncTimer, live.now.nowMs + group.rebalanceTimeoutMs);
}

/** If the record is refused, the next sweep of the expiry writes it: it sees that the log still tells of members. */
function becomeEmpty<T>(live: LiveGroups<T>, group: Group<T>): void {
  group.protocolName = undefined;
  group.become('Empty');
  const value = group.toMetadata([], live.now.wallMs);
  live.append([{ kind: 'group', groupId: group.groupId, value }], { done: () => undefined });
}

function failSyncs<T>(live: LiveGroups<T>, group: Group<T>, error: ErrorCode): void {
  for (const member of group.members) {
    member.assignment = NO_BYTES;
    if (live.finishSync(member, { errorCode: error })) live.renewSession(member);
  }
}
