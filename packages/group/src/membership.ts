/** Members come, change, are replaced and go. */
import { ErrorCode, randomUuid, reachable } from '@hapax/base';
import type { JoinGroupRequest, RequestContext } from './answers.ts';
import type { Group } from './group.ts';
import type { LiveGroups } from './live-groups.ts';
import { NO_BYTES, type Member } from './member.ts';
import type { PendingTimer, SessionTimer } from './timer.ts';
import { dismiss, maybeCompleteJoin, rebalance } from './rebalance.ts';

/** Why a request of this member cannot be served: it is not in the group, or another incarnation holds its name. */
export function memberError<T>(
  group: Group<T>, memberId: string, groupInstanceId: string | null,
): ErrorCode {
  if (groupInstanceId !== null) {
    const holder = group.findStatic(groupInstanceId);
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** A new member id: for people it begins with the instance or the client; the rest makes it unique. [G3] */
export function newMemberId<T>(live: LiveGroups<T>, prefix: string): string {
  return `${prefix}-${randomUuid(live.random)}`;
}

/** A member as its JoinGroup describes it. */
export function memberFrom<T>(
  group: Group<T>, memberId: string, request: JoinGroupRequest, context: RequestContext,
): Member<T> {
  return {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId,
    clientHost: context.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: copyOf(metadata) })),
    assignment: NO_BYTES,
    isNew: false,
    joining: undefined,
    syncing: undefined,
    session: { kind: 'session', group, memberId },
  };
}

/** Adds a member whose join waits for the others. */
export function addMember<T>(
  live: LiveGroups<T>, group: Group<T>, member: Member<T>, join: { readonly token: T; readonly protocolType: string },
): void {
  if (group.size === 0) group.protocolType = join.protocolType;
  const hadWait = group.initialWait;
  group.add(member);
  member.isNew = true;
  member.joining = { token: join.token };
  if (hadWait !== undefined) hadWait.hasNewMember = true;
  // It does not know its id yet and cannot send heartbeats; the longer time is for clients that went away meanwhile.
  live.timers.set(member.session, live.now.nowMs + live.config.newMemberJoinTimeoutMs);
  rebalance(live, group);
}

/** A member joins again: what it says now counts, and its join waits for the others. */
export function rejoinMember<T>(
  live: LiveGroups<T>,
  group: Group<T>,
  member: Member<T>,
  join: { readonly token: T; readonly request: JoinGroupRequest; readonly context: RequestContext },
): void {
  const { request, context } = join;
  live.finishJoin(member, { errorCode: ErrorCode.REBALANCE_IN_PROGRESS, memberId: member.memberId });
  member.protocols = request.protocols.map(({ name, metadata }) => ({ name, metadata: copyOf(metadata) }));
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
  member.clientId = context.clientId;
  member.clientHost = context.clientHost;
  member.joining = { token: join.token };
  rebalance(live, group);
}

/** Puts a new incarnation in the place of a static member; who waits as the old one is told that it is fenced. [G7] */
export function replaceMember<T>(live: LiveGroups<T>, group: Group<T>, old: Member<T>, successor: Member<T>): void {
  live.timers.cancel(old.session);
  group.replace(old, successor);
  live.finishJoin(old, { errorCode: ErrorCode.FENCED_INSTANCE_ID, memberId: old.memberId });
  live.finishSync(old, { errorCode: ErrorCode.FENCED_INSTANCE_ID });
  live.renewSession(successor);
}

/** Remembers an id that was handed out, for one session timeout. [G3] */
export function addPending<T>(live: LiveGroups<T>, group: Group<T>, memberId: string, sessionTimeoutMs: number): void {
  const timer = { kind: 'pending', group, memberId } as const;
  group.pending.set(memberId, timer);
  live.timers.set(timer, live.now.nowMs + sessionTimeoutMs);
}

/** The id came back, or will not come; false where it was not pending. The caller may have to complete the join. */
export function removePending<T>(live: LiveGroups<T>, group: Group<T>, memberId: string): boolean {
  const timer = group.pending.get(memberId);
  if (timer === undefined) return false;
  live.timers.cancel(timer);
  return group.pending.delete(memberId);
}

/** An id that was handed out was not used in time: nobody waits for it any more. */
export function onPendingTimer<T>(live: LiveGroups<T>, timer: PendingTimer<T>): void {
  const { group, memberId } = timer;
  if (!group.pending.delete(memberId)) return;
  maybeCompleteJoin(live, group);
  live.maybeForget(group);
}

/**
 * A member's session is over. One that waits for an answer cannot be heard of and is spared, but for new members,
 * whose time is the longer one of first joins.
 */
export function onSessionTimer<T>(live: LiveGroups<T>, timer: SessionTimer<T>): void {
  const { group, memberId } = timer;
  const member = group.find(memberId);
  if (member?.session !== timer) return;
  if (!member.isNew && (member.joining !== undefined || member.syncing !== undefined)) return;
  reachable('group: the session of a member ends');
  dismiss(live, group, member);
  rebalance(live, group);
}

function rebalanceTimeoutOf(request: JoinGroupRequest): number {
  // Version 0 has no rebalance timeout: the session timeout stands for it.
  return request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
}

/** Requests are views of the network's buffers; what stays must be a copy. */
export function copyOf(view: Uint8Array): Uint8Array {
  return new Uint8Array(view);
}
