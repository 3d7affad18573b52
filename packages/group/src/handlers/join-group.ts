/** JoinGroup: a member enters a group, or comes back for the next generation. [G2–G7] */
import { ErrorCode, present } from '@hapax/base';
import type { JoinGroupAnswer, JoinGroupRequest, RequestContext } from '../answers.ts';
import type { Group } from '../group.ts';
import type { LiveGroups } from '../live-groups.ts';
import { hasSameProtocols, type Member } from '../member.ts';
import {
  addMember, addPending, memberError, memberFrom, newMemberId, rejoinMember, removePending, replaceMember,
} from '../membership.ts';
import { dismiss, generationAnswer, maybeCompleteJoin, membersForLeader, rebalance } from '../rebalance.ts';

/** From this version on, a dynamic member is told its id before it is let in. [KIP-394] */
const MEMBER_ID_REQUIRED_FROM = 4;
/** From this version on, a leader can be told to skip the assignment. [KIP-814] */
const SKIP_ASSIGNMENT_FROM = 9;

interface Join<T> {
  readonly token: T;
  readonly request: JoinGroupRequest;
  readonly context: RequestContext;
}

/** The answer that says only what went wrong. */
export function joinGroupError(error: ErrorCode, memberId: string): JoinGroupAnswer {
  return { errorCode: error, memberId };
}

/** Answers at once, or lets the member wait until the group's next generation begins. */
export function onJoinGroup<T>(live: LiveGroups<T>, join: Join<T>): void {
  const { token, request } = join;
  const refuse = (error: ErrorCode, memberId = request.memberId): void =>
    live.answer(token, joinGroupError(error, memberId));
  const invalid = validate(live, request);
  if (invalid !== ErrorCode.NONE) return refuse(invalid);
  const isUnknownMember = request.memberId === '';
  const group = isUnknownMember ? live.findOrCreate(request.groupId) : live.find(request.groupId);
  if (group === undefined) {
    return refuse(isUnknownMember ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.UNKNOWN_MEMBER_ID);
  }
  if (!hasRoomFor(live, group, request)) turnAway(live, group, join);
  else if (!group.isCompatible(request.protocolType, request.protocols)) refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  else if (isUnknownMember) onNewMember(live, group, join);
  else onKnownMember(live, group, join);
  live.maybeForget(group);
}

function validate<T>(live: LiveGroups<T>, request: JoinGroupRequest): ErrorCode {
  const { minSessionTimeoutMs, maxSessionTimeoutMs, memberMetadataMaxBytes } = live.config;
  if (request.groupId === '') return ErrorCode.INVALID_GROUP_ID;
  if (request.sessionTimeoutMs < minSessionTimeoutMs || request.sessionTimeoutMs > maxSessionTimeoutMs) {
    return ErrorCode.INVALID_SESSION_TIMEOUT;
  }
  const metadataBytes = request.protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
  return metadataBytes > memberMetadataMaxBytes ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
}

/** While members rejoin, only those who are back hold a place; otherwise every member does. A name keeps its place. */
function hasRoomFor<T>(live: LiveGroups<T>, group: Group<T>, request: JoinGroupRequest): boolean {
  const { maxSize } = live.config;
  const { groupInstanceId } = request;
  const member = group.find(request.memberId);
  if (groupInstanceId !== null && group.findStatic(groupInstanceId) !== undefined) return true;
  if (group.state === 'PreparingRebalance') {
    const joined = group.members.filter((known) => known.joining !== undefined).length;
    return member?.joining !== undefined || joined < maxSize;
  }
  return group.state === 'Empty' || member !== undefined || group.size < maxSize;
}

/** The group is full. A member that came back too late loses its place, so that nobody waits for it. */
function turnAway<T>(live: LiveGroups<T>, group: Group<T>, join: Join<T>): void {
  const { memberId } = join.request;
  const member = group.find(memberId);
  if (member !== undefined) dismiss(live, group, member);
  if (member !== undefined || removePending(live, group, memberId)) maybeCompleteJoin(live, group);
  live.answer(join.token, joinGroupError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''));
}

function onNewMember<T>(live: LiveGroups<T>, group: Group<T>, join: Join<T>): void {
  const { token, request, context } = join;
  const { groupInstanceId } = request;
  const memberId = newMemberId(live, groupInstanceId ?? context.clientId);
  if (groupInstanceId === null && context.apiVersion >= MEMBER_ID_REQUIRED_FROM) {
    if (group.pending.size >= live.config.pendingMembersMax) {
      return live.answer(token, joinGroupError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''));
    }
    addPending(live, group, memberId, request.sessionTimeoutMs);
    return live.answer(token, joinGroupError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
  }
  const successor = memberFrom(group, memberId, request, context);
  const oldMemberId = groupInstanceId === null ? undefined : group.findStatic(groupInstanceId);
  if (oldMemberId === undefined) {
    return addMember(live, group, successor, { token, protocolType: request.protocolType });
  }
  const old = present(group.find(oldMemberId), `static member ${oldMemberId} of group ${group.groupId}`);
  onReturnedStaticMember(live, group, { old, successor, token, context });
}

function onKnownMember<T>(live: LiveGroups<T>, group: Group<T>, join: Join<T>): void {
  const { token, request, context } = join;
  if (request.groupInstanceId === null && removePending(live, group, request.memberId)) {
    const member = memberFrom(group, request.memberId, request, context);
    return addMember(live, group, member, { token, protocolType: request.protocolType });
  }
  const error = memberError(group, request.memberId, request.groupInstanceId);
  if (error !== ErrorCode.NONE) return live.answer(token, joinGroupError(error, request.memberId));
  const member = present(group.find(request.memberId), `member ${request.memberId}`);
  const isUnchanged = hasSameProtocols(member, request.protocols);
  const isLeader = group.leaderId === member.memberId;
  // A follower may have lost the answer; a leader that rejoins a Stable group wants a new assignment. [G6]
  const repeats = isUnchanged
    && (group.state === 'CompletingRebalance' || (group.state === 'Stable' && !isLeader));
  if (repeats) {
    live.renewSession(member);
    return live.answer(token, generationAnswer(group, member));
  }
  rejoinMember(live, group, member, join);
}

/** A static member restarted and asks for its place. [G7] */
function onReturnedStaticMember<T>(
  live: LiveGroups<T>,
  group: Group<T>,
  back: { readonly old: Member<T>; readonly successor: Member<T>; readonly token: T; readonly context: RequestContext },
): void {
  const { old, successor, token, context } = back;
  successor.assignment = old.assignment;
  if (group.state === 'Stable' && votesTheSame(group, old, successor)) {
    return keepGeneration(live, group, { old, successor, token, canSkip: context.apiVersion >= SKIP_ASSIGNMENT_FROM });
  }
  replaceMember(live, group, old, successor);
  successor.joining = { token };
  rebalance(live, group);
}

/** Whether the group would choose its protocol again with the new incarnation. */
function votesTheSame<T>(group: Group<T>, old: Member<T>, successor: Member<T>): boolean {
  const members = group.members.map((member) => (member === old ? successor : member));
  return group.voteForProtocol(members) === group.protocolName;
}

/** The generation goes on with the new member id, once that is committed; a failure leaves the old one in place. */
function keepGeneration<T>(
  live: LiveGroups<T>,
  group: Group<T>,
  back: { readonly old: Member<T>; readonly successor: Member<T>; readonly token: T; readonly canSkip: boolean },
): void {
  const { old, successor, token, canSkip } = back;
  const oldLeaderId = group.leaderId ?? '';
  const isLeader = oldLeaderId === old.memberId;
  const members = group.members.map((member) => {
    const next = member === old ? successor : member;
    return { member: next, assignment: next.assignment };
  });
  const metadata = group.toMetadata(members, live.now.wallMs);
  const value = isLeader ? { ...metadata, leader: successor.memberId } : metadata;
  let answer: JoinGroupAnswer = {};
  live.append([{ kind: 'group', groupId: group.groupId, value }], {
    accepted: () => {
      replaceMember(live, group, old, successor);
      // An older leader cannot be told to skip the assignment: it is told the old leader's id, so that it follows.
      answer = {
        ...generationAnswer(group, successor),
        leader: canSkip ? (group.leaderId ?? '') : oldLeaderId,
        members: canSkip && isLeader ? membersForLeader(group) : [],
        skipAssignment: canSkip && isLeader,
      };
    },
    done: (error) => live.answer(token, error === ErrorCode.NONE ? answer : joinGroupError(error, '')),
  });
}
