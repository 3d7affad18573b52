/** DescribeTopicPartitions: topics with their partitions and eligible replicas, page by page [KIP-966]. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { checkTopicName, isInternalTopic, type PartitionImage } from '@hapax/metadata';
import type { describeTopicPartitions, RequestOf, ResponseInput } from '@hapax/wire';
import { describePartition } from '../kafka/partition-description.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof describeTopicPartitions>;
type Response = ResponseInput<typeof describeTopicPartitions>;
type Topic = NonNullable<Response['topics']>[number];
type Partition = NonNullable<Topic['partitions']>[number];

/** However many partitions a client would take in one page. */
const PAGE_PARTITIONS_MAX = 2000;

export const handleDescribeTopicPartitions: Handler<typeof describeTopicPartitions> = (
  services,
  request,
  _context,
  answer,
) => {
  const { cursor } = request;
  if (cursor !== null && cursor.partitionIndex < 0) {
    const topics = [{ errorCode: ErrorCode.INVALID_REQUEST, name: cursor.topicName }];
    return answer({ topics, nextCursor: null });
  }
  let room = Math.max(1, Math.min(request.responsePartitionLimit, PAGE_PARTITIONS_MAX));
  const topics: Topic[] = [];
  for (const name of namesOf(services, request)) {
    // Before any partition of the topic was told: with nothing left, the next page begins with it.
    if (room <= 0) return answer({ topics, nextCursor: { topicName: name, partitionIndex: 0 } });
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const topic = services.metadata.image.topicByName(name);
    if (topic === undefined) {
      room -= 1;
      topics.push(unknown(name));
      continue;
    }
    const page = topic.partitions.slice(from, from + room);
    room -= Math.max(1, page.length);
    const partitions = page.map((partition) => describe(services, partition));
    topics.push({
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.topicId,
      isInternal: isInternalTopic(name),
      partitions,
    });
    const next = from + page.length;
    if (next < topic.partitions.length)
      return answer({ topics, nextCursor: { topicName: name, partitionIndex: next } });
  }
  answer({ topics, nextCursor: null });
};

/** In the order of their names, so that a cursor has a meaning; from the cursor's topic on, where there is one. */
function namesOf(services: Services, { topics, cursor }: Request): string[] {
  const asked = topics.length === 0 ? services.metadata.image.topics() : topics;
  const names = [...new Set(asked.map(({ name }) => name))].sort();
  return cursor === null ? names : names.filter((name) => name >= cursor.topicName);
}

function unknown(name: string): Topic {
  const isName = checkTopicName(name) === undefined;
  const errorCode = isName ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, topicId: ZERO_UUID, partitions: [] };
}

function describe(services: Services, partition: PartitionImage): Partition {
  const { elr: eligibleLeaderReplicas, lastKnownElr } = partition;
  return { ...describePartition(services, partition), eligibleLeaderReplicas, lastKnownElr };
}
