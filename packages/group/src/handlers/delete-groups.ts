/** DeleteGroups: an admin deletes a group that nobody is in. [G12] */
import { ErrorCode } from '@hapax/base';
import type { DeleteGroupAnswer } from '../answers.ts';
import type { GroupRecord } from '../group-record.ts';
import type { LiveGroups } from '../live-groups.ts';
import { appendTombstones, offsetTombstones } from '../tombstones.ts';

/** Answers when the group and its offsets are gone for good. */
export function onDeleteGroup<T>(live: LiveGroups<T>, token: T, groupId: string): void {
  const group = live.find(groupId);
  if (group === undefined) return live.answer(token, deleteGroupAnswer(ErrorCode.GROUP_ID_NOT_FOUND, groupId));
  if (group.state !== 'Empty') return live.answer(token, deleteGroupAnswer(ErrorCode.NON_EMPTY_GROUP, groupId));
  const tombstones: GroupRecord[] = offsetTombstones(live.state, groupId);
  if (live.state.findMetadata(groupId) !== undefined) tombstones.push({ kind: 'group', groupId, value: null });
  appendTombstones(live, tombstones, (error) => live.answer(token, deleteGroupAnswer(error, groupId)));
  // Refused tombstones leave the group in the log; then it lives on.
  if (!live.state.hasGroup(groupId)) live.bury(group);
}

/** One entry of the response. */
export function deleteGroupAnswer(errorCode: ErrorCode, groupId: string): DeleteGroupAnswer {
  return { groupId, errorCode };
}
