/** Metadata: brokers, topics, partitions and leaders, as this node's image has them; may create topics that lack. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { checkTopicName, isInternalTopic, type TopicImage } from '@hapax/metadata';
import type { metadata, RequestOf, ResponseInput } from '@hapax/wire';
import { autoCreateTopics } from '../kafka/auto-create.ts';
import { advertisedBrokers, controllerFor } from '../kafka/advertised-brokers.ts';
import { describePartition } from '../kafka/partition-description.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Response = ResponseInput<typeof metadata>;
type Topic = NonNullable<Response['topics']>[number];

/** Asking for no topic meant all of them, before there was null. */
const NULL_MEANS_ALL_FROM = 1;
/** Ids stand in requests from version 10 on, but are only looked at from here on [KIP-516]. */
const IDS_FROM = 12;
/** How many topics one request may bring into being. */
const CREATED_MAX = 1000;

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
  const names = new Set<string>();
  for (const { name } of request.topics ?? []) {
    if (name === null || checkTopicName(name) !== undefined || names.size >= CREATED_MAX) continue;
    if (services.metadata.image.topicByName(name) === undefined) names.add(name);
  }
  return [...names];
}

function describeTopics(services: Services, request: RequestOf<typeof metadata>, context: RequestContext): Topic[] {
  const { image } = services.metadata;
  const asked = request.topics;
  const isAll = asked === null || (asked.length === 0 && context.apiVersion < NULL_MEANS_ALL_FROM);
  if (isAll) return [...image.topics()].map((topic) => describe(services, topic));
  return asked.map(({ name, topicId }): Topic => {
    if (context.apiVersion < IDS_FROM && (name === null || topicId !== ZERO_UUID)) {
      return { errorCode: ErrorCode.INVALID_REQUEST, name: name ?? '', topicId, partitions: [] };
    }
    const topic = name !== null ? image.topicByName(name) : image.topicById(topicId);
    if (topic !== undefined) return describe(services, topic);
    if (name === null) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId, partitions: [] };
    const errorCode =
      checkTopicName(name) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
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
