/** What both ways to commit offsets share: a record for each partition that can be taken, an error for each of all. */
import { ErrorCode } from '@hapax/base';
import type { CommittedOffset, GroupRecord } from '../group-record.ts';
import type { LiveGroups } from '../live-groups.ts';
import { offsetPartitionError, type OfferedOffset } from '../offset-partition.ts';

interface OffsetTopic<Partition extends OfferedOffset> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

interface OffsetRequest<Topic> {
  readonly groupId: string;
  readonly topics: readonly Topic[];
}

/** The records of a request. Partitions that cannot be taken do not keep the others from it. */
export function offsetRecords<T, Partition extends OfferedOffset, Topic extends OffsetTopic<Partition>>(
  live: LiveGroups<T>,
  { groupId, topics }: OffsetRequest<Topic & OffsetTopic<Partition>>,
  valueOf: (topic: Topic, partition: Partition) => CommittedOffset,
): GroupRecord[] {
  return topics.flatMap((topic) =>
    topic.partitions
      .filter((partition) => offsetPartitionError(live, topic.name, partition) === ErrorCode.NONE)
      .map((partition): GroupRecord => ({
        kind: 'offset',
        groupId,
        topic: topic.name,
        partition: partition.partitionIndex,
        value: valueOf(topic, partition),
      })));
}

/** The partitions of a topic in an answer. */
export function partitionErrors(
  { partitions }: OffsetTopic<OfferedOffset>, errorOf: (partition: OfferedOffset) => ErrorCode,
): { partitionIndex: number; errorCode: ErrorCode }[] {
  return partitions.map((partition) => ({
    partitionIndex: partition.partitionIndex, errorCode: errorOf(partition),
  }));
}
