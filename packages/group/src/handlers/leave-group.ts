/** LeaveGroup: members go, or an admin sends static members away. [G10, KIP-345] */
import { ErrorCode } from '@hapax/base';
import type { LeaveGroupAnswer, LeaveGroupRequest, RequestContext } from '../answers.ts';
import type { Group } from '../group.ts';
import type { LiveGroups } from '../live-groups.ts';
import { memberError, removePending } from '../membership.ts';
import { dismiss, maybeCompleteJoin, rebalance } from '../rebalance.ts';

/** From this version on, several members may leave, each with its own answer. */
const BATCHED_FROM = 3;

type Leaver = Pick<LeaveGroupRequest['members'][number], 'memberId' | 'groupInstanceId'>;

/** The answer that says only what went wrong. */
export function leaveGroupError(error: ErrorCode): LeaveGroupAnswer {
  return { errorCode: error };
}

/** Answers when the group's record, where one is written because nobody is left, is committed. */
export function onLeaveGroup<T>(
  live: LiveGroups<T>, token: T, request: LeaveGroupRequest, context: RequestContext,
): void {
  if (request.groupId === '') return live.answer(token, leaveGroupError(ErrorCode.INVALID_GROUP_ID));
  const isBatched = context.apiVersion >= BATCHED_FROM;
  const leavers: readonly Leaver[] = isBatched
    ? request.members
    : [{ memberId: request.memberId, groupInstanceId: null }];
  const group = live.find(request.groupId);
  const errors = leavers.map((leaver) =>
    group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : leave(live, group, leaver));
  if (group !== undefined && errors.includes(ErrorCode.NONE)) afterLeaving(live, group);
  const answer: LeaveGroupAnswer = isBatched
    ? {
        errorCode: ErrorCode.NONE,
        members: leavers.map(({ memberId, groupInstanceId }, at) => ({
          memberId, groupInstanceId, errorCode: errors[at] ?? ErrorCode.NONE,
        })),
      }
    : { errorCode: errors[0] ?? ErrorCode.NONE };
  if (group?.state !== 'Empty') return live.answer(token, answer);
  live.whenCommitted((error) => live.answer(token, error === ErrorCode.NONE ? answer : leaveGroupError(error)));
}

function leave<T>(live: LiveGroups<T>, group: Group<T>, leaver: Leaver): ErrorCode {
  const { memberId, groupInstanceId } = leaver;
  if (memberId !== '' && removePending(live, group, memberId)) return ErrorCode.NONE;
  const isByName = memberId === '' && groupInstanceId !== null;
  const leavingId = isByName ? (group.findStatic(groupInstanceId) ?? '') : memberId;
  const error = memberError(group, leavingId, groupInstanceId);
  const member = group.find(leavingId);
  if (member === undefined || error !== ErrorCode.NONE) return error;
  dismiss(live, group, member);
  return ErrorCode.NONE;
}

/** Where only an id that was handed out came back, a join may be complete; where a member left, a rebalance begins. */
function afterLeaving<T>(live: LiveGroups<T>, group: Group<T>): void {
  if (group.state === 'PreparingRebalance') maybeCompleteJoin(live, group);
  else if (group.state !== 'Empty') rebalance(live, group);
  live.maybeForget(group);
}
