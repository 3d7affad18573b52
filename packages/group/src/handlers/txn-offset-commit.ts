/** TxnOffsetCommit: a producer stores how far its group has read, as part of its transaction. [O1 to O5, KIP-447] */
import { ErrorCode, sometimes, ZERO_UUID } from '@hapax/base';
import type { TxnOffsetCommitAnswer, TxnOffsetCommitContext, TxnOffsetCommitRequest } from '../answers.ts';
import type { CommittedOffset } from '../group-record.ts';
import type { LiveGroups } from '../live-groups.ts';
import { memberError } from '../membership.ts';
import { offsetPartitionError, type OfferedOffset } from '../offset-partition.ts';
import { offsetRecords, partitionErrors } from './offset-records.ts';

type Topic = TxnOffsetCommitRequest['topics'][number];
type Partition = Topic['partitions'][number];

/** The answer that gives every partition the same error. */
export function txnOffsetCommitError(error: ErrorCode, request: TxnOffsetCommitRequest): TxnOffsetCommitAnswer {
  return answerWith(request, () => error);
}

/**
 * Answers when the pending offsets are committed to the log; readers see them when the transaction's marker is. The
 * caller has had the transaction verified: the log refuses the append where that no longer holds. [V3]
 */
export function onTxnOffsetCommit<T>(
  live: LiveGroups<T>, token: T, request: TxnOffsetCommitRequest, context: TxnOffsetCommitContext,
): void {
  const error = check(live, request);
  if (error !== ErrorCode.NONE) return live.answer(token, txnOffsetCommitError(error, request));
  const records = offsetRecords(live, request, (_topic, partition) => offsetOf(partition, context));
  const answer = answerWith(request, (topic, partition) => offsetPartitionError(live, topic.name, partition));
  if (records.length === 0) return live.answer(token, answer);
  const { producerId, producerEpoch } = request;
  live.append(records, {
    producer: { producerId, producerEpoch, verification: context.verification },
    done: (failure) => {
      live.answer(token, failure === ErrorCode.NONE ? answer : txnOffsetCommitError(failure, request));
    },
  });
}

/**
 * A member must be of the current generation, else it may speak for partitions that it has lost; one that says nothing
 * of itself is taken at its word, as before KIP-447. A group about to be assigned takes the offsets: the transaction
 * must end before its partitions go to others, who wait for that by `require_stable`. [O2]
 */
function check<T>(live: LiveGroups<T>, request: TxnOffsetCommitRequest): ErrorCode {
  const { groupId, generationId, memberId, groupInstanceId } = request;
  if (groupId === '') return ErrorCode.INVALID_GROUP_ID;
  if (request.producerId < 0) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  const group = live.find(groupId);
  if (group === undefined) {
    if (generationId >= 0) return ErrorCode.ILLEGAL_GENERATION;
    return live.isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE;
  }
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE;
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
  const error = memberError(group, memberId, groupInstanceId);
  sometimes(error !== ErrorCode.NONE, 'group: offsets of a member that is gone are refused');
  if (error !== ErrorCode.NONE) return error;
  sometimes(generationId !== group.generation, 'group: offsets of a former generation are refused');
  return generationId === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}

function offsetOf(partition: Partition, { wallMs }: TxnOffsetCommitContext): CommittedOffset {
  return {
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
    commitTimestampMs: wallMs,
    expireTimestampMs: -1,
    topicId: ZERO_UUID,
  };
}

function answerWith(
  request: TxnOffsetCommitRequest, errorOf: (topic: Topic, partition: OfferedOffset) => ErrorCode,
): TxnOffsetCommitAnswer {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name, partitions: partitionErrors(topic, (partition) => errorOf(topic, partition)),
    })),
  };
}
