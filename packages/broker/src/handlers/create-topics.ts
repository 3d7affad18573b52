/** CreateTopics: made by the controller; answered when the new partitions have leaders [D5, KIP-525]. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import type { CreatableTopic, CreateTopicResult } from '@hapax/metadata';
import type { createTopics, RequestOf, ResponseInput } from '@hapax/wire';
import { askController, awaitImage, changeDeadline } from '../kafka/ask-controller.ts';
import { CONFIG_SOURCE_CODES } from '../kafka/config-codes.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Asked = RequestOf<typeof createTopics>['topics'][number];
type Topic = NonNullable<ResponseInput<typeof createTopics>['topics']>[number];

export const handleCreateTopics: Handler<typeof createTopics> = (services, request, context, answer) => {
  const { validateOnly } = request;
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const asked = { type: 'create-topics', topics: request.topics.map(creatable), validateOnly } as const;
  askController(services, { request: asked, count: request.topics.length, deadlineMs }, (outcome) => {
    if (!outcome.ok) {
      const { error: errorCode, message: errorMessage } = outcome;
      return answer({ topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })) });
    }
    const { topics } = outcome.answer;
    if (validateOnly) return answer({ topics: topics.map(describe) });
    const made = topics.filter(({ error }) => error === ErrorCode.NONE);
    const allLed = (): boolean => made.every((topic) => isLed(services, topic));
    awaitImage(services, deadlineMs, allLed, () => {
      answer({ topics: topics.map((topic) => describeMade(services, topic)) });
    });
  });
};

function creatable({ name, numPartitions, replicationFactor, assignments, configs }: Asked): CreatableTopic {
  return {
    name,
    partitions: numPartitions,
    replicationFactor,
    assignments: assignments.map(({ partitionIndex, brokerIds }) => ({ partition: partitionIndex, brokerIds })),
    configs: Object.fromEntries(configs.map((config) => [config.name, config.value])),
  };
}

/** Whether clients can produce to every partition, as far as this node knows. */
function isLed(services: Services, { topicId, partitions }: CreateTopicResult): boolean {
  const made = services.metadata.image.topicById(topicId);
  return (
    made !== undefined && made.partitions.length >= partitions && made.partitions.every(({ leader }) => leader !== -1)
  );
}

/** A topic that has no leaders by now exists all the same: the client is told that time ran out, as Kafka does. */
function describeMade(services: Services, topic: CreateTopicResult): Topic {
  if (topic.error !== ErrorCode.NONE || isLed(services, topic)) return describe(topic);
  const errorMessage = 'the topic was created, but its partitions had no leaders in time';
  return { ...describe(topic), errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage };
}

function describe(topic: CreateTopicResult): Topic {
  const { name, topicId, error: errorCode, message: errorMessage, partitions, replicationFactor } = topic;
  if (errorCode !== ErrorCode.NONE) return { name, topicId: ZERO_UUID, errorCode, errorMessage };
  const configs = topic.configs.map(({ name: key, value, readOnly, source }) => {
    return { name: key, value, readOnly, configSource: CONFIG_SOURCE_CODES[source], isSensitive: false };
  });
  return { name, topicId, errorCode, errorMessage, numPartitions: partitions, replicationFactor, configs };
}
