/** Metadata: brokers, topics, partitions and leaders, as this node's image has them; may create topics that lack. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { checkTopicName, isInternalTopic, type PartitionImage, type TopicImage } from '@hapax/metadata';
import type { metadata, RequestOf, ResponseInput } from '@hapax/wire';
import { autoCreateTopics } from '../kafka/auto-create.ts';
import { advertisedBrokers, controllerFor } from '../kafka/advertised-brokers.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Response = ResponseInput<typeof metadata>;
type Topic = NonNullable<Response['topics']>[number];
type Partition = NonNullable<Topic['partitions']>[number];

/** Asking for no topic meant all of them, before there was null. */
const NULL_MEANS_ALL_FROM = 1;

export const handleMetadata: Handler<typeof metadata> = (services, request, context, answer) => {
  const reply = (): void =>
    answer({
      brokers: advertisedBrokers(services, context),
      clusterId: services.options.clusterId,
      controllerId: controllerFor(services),
      topics: describeTopics(services, request, context),
    });
  const missing = missingNames(services, request);
  const mayCreate = request.allowAutoTopicCreation && services.options.topics.autoCreate;
  if (missing.length === 0 || !mayCreate) return reply();
  autoCreateTopics(services, missing, reply);
};

function missingNames(services: Services, request: RequestOf<typeof metadata>): string[] {
  const names = (request.topics ?? []).map((topic) => topic.name);
  return names.filter((name) => name !== null && services.metadata.image.topicByName(name) === undefined) as string[];
}

function describeTopics(services: Services, request: RequestOf<typeof metadata>, context: RequestContext): Topic[] {
  const { image } = services.metadata;
  const asked = request.topics;
  const isAll = asked === null || (asked.length === 0 && context.apiVersion < NULL_MEANS_ALL_FROM);
  if (isAll) return [...image.topics()].map((topic) => describe(services, topic));
  return asked.map(({ name, topicId }): Topic => {
    const topic = name !== null ? image.topicByName(name) : image.topicById(topicId);
    if (topic !== undefined) return describe(services, topic);
    if (name === null) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId, partitions: [] };
    const errorCode = checkTopicName(name) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
    return { errorCode, name, topicId: ZERO_UUID, partitions: [] };
  });
}

function describe(services: Services, topic: TopicImage): Topic {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => describePartition(services, partition)),
  };
}

/** A replica on a broker that is fenced or gone is offline; a partition without leader says so [H21, D4]. */
function describePartition(services: Services, partition: PartitionImage): Partition {
  const { image } = services.metadata;
  const isAlive = (id: number): boolean => image.broker(id)?.fenced === false;
  const leaderId = isAlive(partition.leader) ? partition.leader : -1;
  return {
    errorCode: leaderId === -1 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.partition,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    offlineReplicas: partition.replicas.filter((id) => !isAlive(id)),
  };
}
