/** OffsetFetch: what a group has committed. [O9, O10] */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import type { OffsetFetchGroupAnswer, OffsetFetchGroupRequest } from '../answers.ts';
import type { LiveGroups } from '../live-groups.ts';
import type { GroupOffsets, StoredOffset } from '../offsets.ts';

/** The answer that says only what went wrong. */
export function offsetFetchError(error: ErrorCode, groupId: string): OffsetFetchGroupAnswer {
  return { groupId, topics: [], errorCode: error };
}

/** Answers for one group, when what the answer tells is committed. A group that is not there has no offsets. */
export function onOffsetFetchGroup<T>(live: LiveGroups<T>, token: T, request: OffsetFetchGroupRequest): void {
  const { groupId } = request;
  const offsets = live.state.findOffsets(groupId);
  const topics = request.topics === null ? allTopics(offsets) : askedTopics(offsets, request.topics);
  live.whenCommitted((error) => live.answer(
    token,
    error === ErrorCode.NONE ? { groupId, topics, errorCode: error } : offsetFetchError(error, groupId),
  ));
}

type AnswerTopics = NonNullable<OffsetFetchGroupAnswer['topics']>;

function allTopics(offsets: GroupOffsets | undefined): AnswerTopics {
  if (offsets === undefined) return [];
  return offsets.topicNames().map((name) => {
    const partitions = offsets.partitionsOf(name);
    return {
      name,
      topicId: partitions[0]?.[1].topicId ?? ZERO_UUID,
      partitions: partitions.map(([partition, stored]) => partitionAnswer(partition, stored)),
    };
  });
}

function askedTopics(
  offsets: GroupOffsets | undefined, asked: NonNullable<OffsetFetchGroupRequest['topics']>,
): AnswerTopics {
  return asked.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => partitionAnswer(partition, offsets?.find(name, partition))),
  }));
}

function partitionAnswer(
  partitionIndex: number, stored: StoredOffset | undefined,
): NonNullable<AnswerTopics[number]['partitions']>[number] {
  return {
    partitionIndex,
    committedOffset: stored?.offset ?? -1,
    committedLeaderEpoch: stored?.leaderEpoch ?? -1,
    metadata: stored?.metadata ?? '',
    errorCode: ErrorCode.NONE,
  };
}
