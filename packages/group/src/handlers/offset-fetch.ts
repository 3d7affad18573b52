/** OffsetFetch: what a group has committed. [O7, O9, O10] */
import { ErrorCode, sometimes, ZERO_UUID, type Uuid } from '@hapax/base';
import type { OffsetFetchGroupAnswer, OffsetFetchGroupRequest } from '../answers.ts';
import type { LiveGroups } from '../live-groups.ts';
import type { ReplayedState } from '../replayed-state.ts';

/** The answer that says only what went wrong. */
export function offsetFetchError(error: ErrorCode, groupId: string): OffsetFetchGroupAnswer {
  return { groupId, topics: [], errorCode: error };
}

/**
 * Answers for one group, when what the answer tells is committed. A group that is not there has no offsets. Where all
 * that is asked for waits for transactions, there is nothing to wait for: UNSTABLE_OFFSET_COMMIT goes out at once.
 */
export function onOffsetFetchGroup<T>(live: LiveGroups<T>, token: T, request: OffsetFetchGroupRequest): void {
  const { groupId } = request;
  const topics = request.topics === null ? allTopics(live.state, request) : askedTopics(live.state, request);
  const partitions = topics.flatMap((topic) => topic.partitions);
  const isUnstable = partitions.length > 0
    && partitions.every(({ errorCode }) => errorCode === ErrorCode.UNSTABLE_OFFSET_COMMIT);
  sometimes(isUnstable, 'group: a reader of stable offsets must wait for a transaction');
  if (isUnstable) return live.answer(token, { groupId, topics, errorCode: ErrorCode.NONE });
  live.whenCommitted((error) => live.answer(
    token,
    error === ErrorCode.NONE ? { groupId, topics, errorCode: error } : offsetFetchError(error, groupId),
  ));
}

interface AnswerPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: ErrorCode;
}

interface AnswerTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: AnswerPartition[];
}

/**
 * Whoever wants stable offsets is told of partitions that have only a pending one: without them it would begin where
 * its reset policy says, and read twice what the transaction has read.
 */
function allTopics(state: ReplayedState, request: OffsetFetchGroupRequest): AnswerTopic[] {
  const { groupId, requireStable } = request;
  const offsets = state.findOffsets(groupId);
  const names = requireStable ? state.topicNames(groupId) : (offsets?.topicNames() ?? []);
  return names.map((name) => {
    const stored = offsets?.partitionsOf(name) ?? [];
    const partitions = requireStable ? state.partitionsOf(groupId, name) : stored.map(([partition]) => partition);
    return {
      name,
      topicId: stored[0]?.[1].topicId ?? ZERO_UUID,
      partitions: partitions.map((partition) => partitionAnswer(state, request, name, partition)),
    };
  });
}

function askedTopics(state: ReplayedState, request: OffsetFetchGroupRequest): AnswerTopic[] {
  return (request.topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => partitionAnswer(state, request, name, partition)),
  }));
}

function partitionAnswer(
  state: ReplayedState, request: OffsetFetchGroupRequest, topic: string, partitionIndex: number,
): AnswerPartition {
  const { groupId, requireStable } = request;
  const isUnstable = requireStable && state.pendingOffsets.has({ groupId, topic, partition: partitionIndex });
  const stored = isUnstable ? undefined : state.findOffsets(groupId)?.find(topic, partitionIndex);
  return {
    partitionIndex,
    committedOffset: stored?.offset ?? -1,
    committedLeaderEpoch: stored?.leaderEpoch ?? -1,
    metadata: stored?.metadata ?? '',
    errorCode: isUnstable ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE,
  };
}
