/** SyncGroup: the leader hands in the assignment, everybody takes its part away. [G8, G13] */
import { ErrorCode, present } from '@hapax/base';
import type { SyncGroupAnswer, SyncGroupRequest } from '../answers.ts';
import type { Group } from '../group.ts';
import type { LiveGroups } from '../live-groups.ts';
import { NO_BYTES } from '../member.ts';
import { copyOf, memberError } from '../membership.ts';
import { assignmentAnswer, onAssignmentDone } from '../rebalance.ts';

/** The answer that says only what went wrong. */
export function syncGroupError(error: ErrorCode): SyncGroupAnswer {
  return { errorCode: error };
}

/** Answers at once, or lets the member wait for the leader's assignment and its commit. */
export function onSyncGroup<T>(live: LiveGroups<T>, token: T, request: SyncGroupRequest): void {
  const group = live.find(request.groupId);
  const error = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : check(group, request);
  if (group === undefined || error !== ErrorCode.NONE) return live.answer(token, syncGroupError(error));
  const member = present(group.find(request.memberId), `member ${request.memberId}`);
  group.unsynced.delete(member.memberId);
  if (group.unsynced.size === 0) live.timers.cancel(group.syncTimer);
  if (group.state === 'Stable') {
    live.renewSession(member);
    const answer = assignmentAnswer(group, member);
    return live.whenCommitted((failure) =>
      live.answer(token, failure === ErrorCode.NONE ? answer : syncGroupError(failure)));
  }
  live.finishSync(member, syncGroupError(ErrorCode.REBALANCE_IN_PROGRESS));
  member.syncing = { token };
  if (group.leaderId === member.memberId && !group.isAssignmentInFlight) writeAssignment(live, group, request);
}

function check<T>(group: Group<T> | undefined, request: SyncGroupRequest): ErrorCode {
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const error = memberError(group, request.memberId, request.groupInstanceId);
  if (error !== ErrorCode.NONE) return error;
  if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  const isOther = (said: string | null, known: string | undefined): boolean => said !== null && said !== known;
  if (isOther(request.protocolType, group.protocolType) || isOther(request.protocolName, group.protocolName)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** Writes the generation with its assignment. Members that the leader left out get an empty one. */
function writeAssignment<T>(live: LiveGroups<T>, group: Group<T>, request: SyncGroupRequest): void {
  const { generation } = group;
  const assignments = new Map<string, Uint8Array>();
  for (const { memberId, assignment } of request.assignments) assignments.set(memberId, copyOf(assignment));
  const members = group.members.map((member) => ({
    member, assignment: assignments.get(member.memberId) ?? NO_BYTES,
  }));
  const value = group.toMetadata(members, live.now.wallMs);
  live.append([{ kind: 'group', groupId: group.groupId, value }], {
    accepted: () => {
      group.isAssignmentInFlight = true;
    },
    done: (error) => onAssignmentDone(live, group, { generation, assignments }, error),
  });
}
