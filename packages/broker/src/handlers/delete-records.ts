/** DeleteRecords: moves the beginning of a partition forward, here and then at every live replica [KIP-107, S6]. */
import { ErrorCode, type Offset } from '@hapax/base';
import { isInternalTopic } from '@hapax/metadata';
import type { deleteRecords, RequestOf, ResponseInput } from '@hapax/wire';
import type { Partition } from '../drivers/partition.ts';
import { awaitImage, CHANGES_PER_REQUEST_MAX, changeDeadline } from '../kafka/ask-controller.ts';
import { gather } from '../kafka/gather.ts';
import { resultsByTopic } from '../kafka/results-by-topic.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Topics = NonNullable<ResponseInput<typeof deleteRecords>['topics']>;

/** Everything up to the high watermark. */
const ALL_COMMITTED = -1;

interface Asked {
  readonly topic: string;
  readonly index: number;
  readonly offset: Offset;
}

interface Result {
  readonly topic: string;
  readonly partitionIndex: number;
  /** The lowest offset that any live replica still has; −1 after an error. */
  readonly lowWatermark: Offset;
  readonly errorCode: ErrorCode;
}

export const handleDeleteRecords: Handler<typeof deleteRecords> = (services, request, context, answer) => {
  const asked = askedOf(request);
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const finishAll = (results: readonly Result[]): void => answer({ topics: group(results) });
  if (asked.length > CHANGES_PER_REQUEST_MAX) {
    return finishAll(asked.map((one) => refuse(one, ErrorCode.POLICY_VIOLATION)));
  }
  gather<Asked, Result>(asked, (one, finish) => deleteOne(services, one, deadlineMs, finish), finishAll);
};

function askedOf({ topics }: RequestOf<typeof deleteRecords>): Asked[] {
  return topics.flatMap(({ name, partitions }) => {
    return partitions.map(({ partitionIndex, offset }) => ({ topic: name, index: partitionIndex, offset }));
  });
}

function deleteOne(services: Services, asked: Asked, deadlineMs: number, finish: (result: Result) => void): void {
  const partition = services.partitions.findByName(asked.topic, asked.index);
  const target = partition === undefined ? asked.offset : targetOf(partition, asked.offset);
  const refused = refusalOf(services, asked, partition, target);
  if (partition === undefined || refused !== ErrorCode.NONE) return finish(refuse(asked, refused));
  partition.advanceStart(target);
  const isDecided = (): boolean => !partition.leads() || lowWatermark(services, partition) >= target;
  awaitImage(services, deadlineMs, isDecided, (isDone) => {
    if (!partition.leads()) return finish(refuse(asked, ErrorCode.NOT_LEADER_OR_FOLLOWER));
    if (!isDone) return finish(refuse(asked, ErrorCode.REQUEST_TIMED_OUT));
    const { topic, index } = asked;
    finish({
      topic,
      partitionIndex: index,
      lowWatermark: lowWatermark(services, partition),
      errorCode: ErrorCode.NONE,
    });
  });
}

function targetOf(partition: Partition, offset: Offset): Offset {
  return offset === ALL_COMMITTED ? partition.replica.highWatermark : offset;
}

function refusalOf(services: Services, asked: Asked, partition: Partition | undefined, target: Offset): ErrorCode {
  const { topic, index } = asked;
  if (partition === undefined) return services.metadata.whereIs(topic, index);
  if (!partition.leads()) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  if (isInternalTopic(topic)) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  if (!services.metadata.image.topicConfig(topic, 'cleanup.policy').includes('delete'))
    return ErrorCode.POLICY_VIOLATION;
  if (target < 0 || target > partition.replica.highWatermark) return ErrorCode.OFFSET_OUT_OF_RANGE;
  return ErrorCode.NONE;
}

/** The lowest beginning among the live replicas, as each of them acked it; −1 while one has not acked anything. */
function lowWatermark(services: Services, partition: Partition): Offset {
  const { image } = services.metadata;
  let lowest = partition.log.startOffset;
  for (const { nodeId, logStartOffset } of partition.replica.followers()) {
    if (image.broker(nodeId)?.fenced === false) lowest = Math.min(lowest, logStartOffset);
  }
  return lowest;
}

function refuse({ topic, index }: Asked, errorCode: ErrorCode): Result {
  return { topic, partitionIndex: index, lowWatermark: -1, errorCode };
}

function group(results: readonly Result[]): Topics {
  return resultsByTopic(results).map(({ name, results: partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, lowWatermark: low, errorCode }) => {
      return { partitionIndex, lowWatermark: low, errorCode };
    }),
  }));
}
