/** ElectLeaders: leadership goes back to preferred replicas, or to any live one [KIP-460, D6]. */
import { ErrorCode } from '@hapax/base';
import type { ElectLeadersRequest, PartitionResult } from '@hapax/metadata';
import type { electLeaders, ResponseInput } from '@hapax/wire';
import { askController, awaitShown, changeDeadline } from '../kafka/ask-controller.ts';
import { resultsByTopic } from '../kafka/results-by-topic.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Results = NonNullable<ResponseInput<typeof electLeaders>['replicaElectionResults']>;

/** By Kafka's numbers. */
const KINDS: readonly ElectLeadersRequest['kind'][] = ['preferred', 'unclean'];
/** Before, there was no room for an error of the whole request: each partition carries it. */
const TOP_LEVEL_ERRORS_FROM = 1;

export const handleElectLeaders: Handler<typeof electLeaders> = (services, request, context, answer) => {
  const topics = request.topicPartitions?.map(({ topic, partitions }) => ({ name: topic, partitions })) ?? null;
  const asked = (topics ?? []).flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  );
  const refuse = (error: ErrorCode, message: string): void => {
    const replicaElectionResults = group(asked.map((partition) => ({ ...partition, error, message })));
    if (context.apiVersion < TOP_LEVEL_ERRORS_FROM) return answer({ replicaElectionResults });
    answer({ errorCode: error, replicaElectionResults });
  };
  const kind = KINDS[request.electionType];
  if (kind === undefined) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      `election type ${request.electionType} is neither preferred (0) nor unclean (1)`,
    );
  }
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const election = { type: 'elect-leaders', kind, topics } as const;
  askController(services, { request: election, count: asked.length, deadlineMs }, (outcome) => {
    if (!outcome.ok) return refuse(outcome.error, outcome.message);
    const { partitions } = outcome.answer;
    const elected = partitions.filter(({ error }) => error === ErrorCode.NONE);
    const areShown = (): boolean => elected.every((partition) => isShown(services, partition, kind));
    awaitShown(services, areShown, () => answer({ replicaElectionResults: group(partitions) }));
  });
};

function isShown(
  services: Services,
  { topic, partition }: PartitionResult,
  kind: ElectLeadersRequest['kind'],
): boolean {
  const known = services.metadata.image.topicByName(topic)?.partitions[partition];
  if (known === undefined) return true;
  return kind === 'preferred' ? known.leader === known.replicas[0] : known.leader !== -1;
}

function group(partitions: readonly PartitionResult[]): Results {
  return resultsByTopic(partitions).map(({ name, results }) => ({
    topic: name,
    partitionResult: results.map(({ partition, error, message }) => {
      return { partitionId: partition, errorCode: error, errorMessage: message };
    }),
  }));
}
