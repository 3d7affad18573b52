/** OffsetDelete: an admin makes a group forget partitions that it does not read. [G12, KIP-496] */
import { ErrorCode } from '@hapax/base';
import type { OffsetDeleteAnswer, OffsetDeleteRequest } from '../answers.ts';
import type { Group } from '../group.ts';
import type { GroupRecord } from '../group-record.ts';
import type { LiveGroups } from '../live-groups.ts';
import { isConsumerGroup, subscribedTopics } from '../subscription.ts';
import { appendTombstones } from '../tombstones.ts';

/** The answer that says only what went wrong. */
export function offsetDeleteError(error: ErrorCode): OffsetDeleteAnswer {
  return { errorCode: error };
}

/** Answers when the offsets are gone for good. An offset that was never committed counts as deleted. */
export function onOffsetDelete<T>(live: LiveGroups<T>, token: T, request: OffsetDeleteRequest): void {
  const group = live.find(request.groupId);
  const error = check(group);
  if (group === undefined || error !== ErrorCode.NONE) return live.answer(token, offsetDeleteError(error));
  const tombstones: GroupRecord[] = [];
  const { groupId } = group;
  const offsets = live.state.findOffsets(groupId);
  const isRead = reader(group);
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      if (isRead(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
      const at = { groupId, topic: name, partition: partitionIndex };
      if (offsets?.find(name, partitionIndex) !== undefined || live.state.pendingOffsets.has(at)) {
        tombstones.push({ kind: 'offset', ...at, value: null });
      } else if (!live.topics.exists(name, partitionIndex)) {
        return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      }
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  appendTombstones(live, tombstones, (failure) => live.answer(
    token, failure === ErrorCode.NONE ? { errorCode: failure, topics } : offsetDeleteError(failure),
  ));
  live.maybeForget(group);
}

function check<T>(group: Group<T> | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND;
  // What the members of other kinds of groups read cannot be known.
  return group.state === 'Empty' || isConsumerGroup(group) ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP;
}

/** Whether the group reads a topic; where that cannot be known, it does. */
function reader<T>(group: Group<T>): (topic: string) => boolean {
  if (group.state === 'Empty') return () => false;
  const topics = subscribedTopics(group);
  return (topic) => topics?.has(topic) ?? true;
}
