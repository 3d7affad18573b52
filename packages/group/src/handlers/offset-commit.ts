/** OffsetCommit: members, or clients that manage themselves, store how far they have read. [O4, O11] */
import { ErrorCode, sometimes } from '@hapax/base';
import type { OffsetCommitAnswer, OffsetCommitRequest, RequestContext } from '../answers.ts';
import type { Group } from '../group.ts';
import type { CommittedOffset } from '../group-record.ts';
import type { LiveGroups } from '../live-groups.ts';
import { memberError } from '../membership.ts';
import { offsetPartitionError, type OfferedOffset } from '../offset-partition.ts';
import { offsetRecords, partitionErrors } from './offset-records.ts';

/** From this version on, a generation of a group that is not there has an error of its own. [KIP-848] */
const GROUP_ID_NOT_FOUND_FROM = 9;

type Topic = OffsetCommitRequest['topics'][number];
type Partition = Topic['partitions'][number];

/** The answer that gives every partition the same error. */
export function offsetCommitError(error: ErrorCode, request: OffsetCommitRequest): OffsetCommitAnswer {
  return answerWith(request, () => error);
}

/** Answers when the offsets are committed. Partitions that cannot be taken do not keep the others from it. */
export function onOffsetCommit<T>(
  live: LiveGroups<T>, token: T, request: OffsetCommitRequest, context: RequestContext,
): void {
  const error = check(live, request, context);
  if (error !== ErrorCode.NONE) return live.answer(token, offsetCommitError(error, request));
  const records = offsetRecords(live, request, (topic, partition) =>
    offsetOf(topic, partition, context.wallMs, request.retentionTimeMs));
  const answer = answerWith(request, (topic, partition) => offsetPartitionError(live, topic.name, partition));
  if (records.length === 0) return live.answer(token, answer);
  live.append(records, {
    done: (failure) => live.answer(token, failure === ErrorCode.NONE ? answer : offsetCommitError(failure, request)),
  });
}

function check<T>(live: LiveGroups<T>, request: OffsetCommitRequest, context: RequestContext): ErrorCode {
  const { groupId, generationIdOrMemberEpoch: generation } = request;
  const group = live.find(groupId);
  if (group === undefined) {
    if (generation < 0) return live.isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE;
    return context.apiVersion >= GROUP_ID_NOT_FOUND_FROM ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
  }
  const isManaged = generation >= 0 || request.memberId !== '' || request.groupInstanceId !== null;
  if (generation < 0 && group.state === 'Empty') return ErrorCode.NONE;
  return isManaged ? checkMember(live, group, request) : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** A commit is also a sign of life, while the group is not about to begin a generation. */
function checkMember<T>(live: LiveGroups<T>, group: Group<T>, request: OffsetCommitRequest): ErrorCode {
  const error = memberError(group, request.memberId, request.groupInstanceId);
  const member = group.find(request.memberId);
  if (member === undefined || error !== ErrorCode.NONE) return error;
  if (request.generationIdOrMemberEpoch !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  sometimes(group.state === 'CompletingRebalance', 'group: a commit comes while a generation begins');
  if (group.state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS;
  live.renewSession(member);
  return ErrorCode.NONE;
}

function offsetOf(topic: Topic, partition: Partition, wallMs: number, retentionTimeMs: number): CommittedOffset {
  const expires = retentionTimeMs >= 0;
  return {
    offset: partition.committedOffset,
    // A record with an expiry of its own has no room for a leader epoch, nor have the requests that ask for one.
    leaderEpoch: expires ? -1 : partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
    commitTimestampMs: wallMs,
    expireTimestampMs: expires ? wallMs + retentionTimeMs : -1,
    topicId: topic.topicId,
  };
}

function answerWith(
  request: OffsetCommitRequest, errorOf: (topic: Topic, partition: OfferedOffset) => ErrorCode,
): OffsetCommitAnswer {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: partitionErrors(topic, (partition) => errorOf(topic, partition)),
    })),
  };
}
