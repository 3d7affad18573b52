/** Heartbeat: a member says that it lives, and learns whether it must rejoin. [G9] */
import { ErrorCode } from '@hapax/base';
import type { HeartbeatAnswer, HeartbeatRequest } from '../answers.ts';
import type { LiveGroups } from '../live-groups.ts';
import { memberError } from '../membership.ts';

/** The answer that says only what went wrong. */
export function heartbeatError(error: ErrorCode): HeartbeatAnswer {
  return { errorCode: error };
}

/** Answers at once: a heartbeat waits for no commit, so that a slow log never looks like a dead member. */
export function onHeartbeat<T>(live: LiveGroups<T>, token: T, request: HeartbeatRequest): void {
  live.answer(token, heartbeatError(decide(live, request)));
}

function decide<T>(live: LiveGroups<T>, request: HeartbeatRequest): ErrorCode {
  if (request.groupId === '') return ErrorCode.INVALID_GROUP_ID;
  const group = live.find(request.groupId);
  const member = group?.find(request.memberId);
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const error = memberError(group, request.memberId, request.groupInstanceId);
  if (member === undefined || error !== ErrorCode.NONE) return error;
  if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  live.renewSession(member);
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
