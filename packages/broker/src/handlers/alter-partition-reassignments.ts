/** AlterPartitionReassignments: moves partitions to other brokers, or calls a move off [KIP-455, KIP-860, D6]. */
import { ErrorCode } from '@hapax/base';
import type { PartitionImage, PartitionResult } from '@hapax/metadata';
import type { alterPartitionReassignments, RequestOf, ResponseInput } from '@hapax/wire';
import { askController, awaitShown, changeDeadline } from '../kafka/ask-controller.ts';
import { resultsByTopic } from '../kafka/results-by-topic.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof alterPartitionReassignments>;
type Responses = NonNullable<ResponseInput<typeof alterPartitionReassignments>['responses']>;

interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[] | null;
}

export const handleAlterPartitionReassignments: Handler<typeof alterPartitionReassignments> = (
  services,
  request,
  context,
  answer,
) => {
  const { allowReplicationFactorChange } = request;
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const moves = movesOf(request);
  const refused = allowReplicationFactorChange ? [] : moves.flatMap((move) => refusalOf(services, move));
  const isRefused = new Set(refused.map(({ topic, partition }) => `${topic}-${partition}`));
  const passed = moves.filter(({ topic, partition }) => !isRefused.has(`${topic}-${partition}`));
  const topics = resultsByTopic(passed).map(({ name, results }) => ({ name, partitions: results }));
  const finish = (results: readonly PartitionResult[]): void =>
    answer({ allowReplicationFactorChange, errorCode: ErrorCode.NONE, errorMessage: null, responses: group(results) });
  if (passed.length === 0) return finish(refused);
  const asked = { type: 'alter-reassignments', topics } as const;
  askController(services, { request: asked, count: passed.length, deadlineMs }, (outcome) => {
    if (!outcome.ok) {
      const { error: errorCode, message: errorMessage } = outcome;
      return answer({ allowReplicationFactorChange, errorCode, errorMessage, responses: [] });
    }
    const { partitions } = outcome.answer;
    const made = passed.filter((move) => partitions.some((one) => isSame(one, move) && one.error === ErrorCode.NONE));
    awaitShown(
      services,
      () => made.every((move) => isShown(services, move)),
      () => finish([...refused, ...partitions]),
    );
  });
};

function movesOf({ topics }: Request): Move[] {
  return topics.flatMap(({ name, partitions }) => {
    return partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partition: partitionIndex, replicas }));
  });
}

/** A move that would change how many replicas there are, where the client said that none may. */
function refusalOf(services: Services, { topic, partition, replicas }: Move): PartitionResult[] {
  const known = find(services, topic, partition);
  if (known === undefined || replicas === null) return [];
  const present = known.replicas.length - known.removingReplicas.length;
  if (present === replicas.length) return [];
  const message = `the request forbids to change the replication factor, which is ${present}, to ${replicas.length}`;
  return [{ topic, partition, error: ErrorCode.INVALID_REPLICATION_FACTOR, message }];
}

/** Whether this node's image has the move under way, done, or called off. */
function isShown(services: Services, { topic, partition, replicas }: Move): boolean {
  const known = find(services, topic, partition);
  if (known === undefined) return true;
  if (replicas === null) return known.addingReplicas.length === 0 && known.removingReplicas.length === 0;
  return replicas.every((id) => known.replicas.includes(id));
}

function find(services: Services, topic: string, partition: number): PartitionImage | undefined {
  return services.metadata.image.topicByName(topic)?.partitions[partition];
}

function isSame(result: PartitionResult, move: Move): boolean {
  return result.topic === move.topic && result.partition === move.partition;
}

function group(results: readonly PartitionResult[]): Responses {
  return resultsByTopic(results).map(({ name, results: partitions }) => ({
    name,
    partitions: partitions.map(({ partition, error, message }) => {
      return { partitionIndex: partition, errorCode: error, errorMessage: message };
    }),
  }));
}
