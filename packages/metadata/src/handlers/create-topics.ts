/** Creates topics: names, numbers, placement, configuration [D5]. Each topic succeeds or fails on its own. */
import { ErrorCode, type NodeId, randomUuid, ZERO_UUID } from '@hapax/base';
import { BROKER_CONFIGS } from '../broker-configs.ts';
import type { ClusterImage } from '../cluster-image.ts';
import { describeTopicConfigs, validateConfig } from '../describe-configs.ts';
import { type Handler, type HandlerContext, refusal, SUCCESS } from '../handler-context.ts';
import { INTERNAL_TOPICS } from '../internal-topics.ts';
import type { MetadataRecord } from '../records.ts';
import type { CreatableTopic, CreateTopicResult, Result } from '../requests.ts';
import { checkTopicName, collisionForm } from '../topic-names.ts';
import { partitionRecords, placeAutomatically, placeByHand, type Placement } from './new-partitions.ts';

export const createTopics: Handler<'create-topics'> = (context, request) => {
  const { image, config } = context;
  const records: MetadataRecord[] = [];
  const topics: CreateTopicResult[] = [];
  const counts = new Map<string, number>();
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const forms = new Map(image.topics().map(({ name }) => [collisionForm(name), name]));
  let remaining = Math.min(config.partitionsPerRequestMax, config.partitionsMax - image.partitionCount);
  for (const topic of request.topics) {
    const refused = (counts.get(topic.name) ?? 0) > 1
      ? refusal(ErrorCode.INVALID_REQUEST, `topic ${topic.name} is named twice`)
      : checkName(image, topic.name, forms);
    const outcome = refused === undefined ? createOne(context, topic, remaining) : { refused };
    if ('refused' in outcome) {
      topics.push(failed(topic.name, outcome.refused));
      continue;
    }
    forms.set(collisionForm(topic.name), topic.name);
    remaining -= outcome.result.partitions;
    topics.push(outcome.result);
    records.push(...outcome.records);
  }
  return { records: request.validateOnly ? [] : records, answer: { topics } };
};

/** How many partitions a topic gets that names no number. */
function defaultPartitions(image: ClusterImage, name: string): number {
  return numberConfig(image, INTERNAL_TOPICS.get(name)?.partitionsKey ?? 'num.partitions') ?? 1;
}

/** How many replicas a topic gets that names no number: 3, or as many as the cluster has nodes where they are fewer. */
function defaultReplicationFactor({ image, config }: HandlerContext, name: string): number {
  const own = INTERNAL_TOPICS.get(name)?.replicationFactorKey;
  const configured = own === undefined ? undefined : numberConfig(image, own);
  const nodes = Math.max(config.nodesExpected, image.brokers.length);
  return configured ?? numberConfig(image, 'default.replication.factor') ?? Math.min(3, nodes);
}

function checkName(image: ClusterImage, name: string, forms: ReadonlyMap<string, string>): Result | undefined {
  const problem = checkTopicName(name);
  if (problem !== undefined) {
    return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`);
  }
  if (image.topicByName(name) !== undefined) {
    return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const other = forms.get(collisionForm(name));
  if (other === undefined) return undefined;
  return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${other}`);
}

type Created =
  | { readonly records: readonly MetadataRecord[]; readonly result: CreateTopicResult }
  | { readonly refused: Result };

function createOne(context: HandlerContext, topic: CreatableTopic, partitionsMax: number): Created {
  const { image, random } = context;
  const placement = place(context, topic, partitionsMax);
  if ('refused' in placement) return placement;
  const replicationFactor = placement.replicas[0]?.length ?? 0;
  const configs = configsOf(image, topic, replicationFactor);
  if ('refused' in configs) return configs;
  const { name } = topic;
  const topicId = randomUuid(random);
  const records: MetadataRecord[] = [{ type: 'topic', topicId, name }];
  for (const [key, value] of configs.overrides) {
    records.push({ type: 'config', resourceType: 'topic', resourceName: name, key, value });
  }
  records.push(...partitionRecords(image, topicId, 0, placement.replicas));
  const described = describeTopicConfigs(image, { replicationFactor, overrides: configs.overrides, keys: null });
  const numbers = { partitions: placement.replicas.length, replicationFactor };
  return { records, result: { ...SUCCESS, name, topicId, ...numbers, configs: described } };
}

function place(context: HandlerContext, topic: CreatableTopic, partitionsMax: number): Placement {
  const refuse = (error: ErrorCode, message: string): Placement => ({ refused: refusal(error, message) });
  const count = topic.partitions === -1 ? defaultPartitions(context.image, topic.name) : topic.partitions;
  if (topic.assignments.length === 0) {
    if (count < 1) return refuse(ErrorCode.INVALID_PARTITIONS, `Number of partitions was set to ${count}: at least 1`);
    if (count > partitionsMax) return tooMany(count, partitionsMax);
    const factor = topic.replicationFactor;
    return placeAutomatically(context, count, factor === -1 ? defaultReplicationFactor(context, topic.name) : factor);
  }
  if (topic.replicationFactor !== -1 || topic.partitions !== -1) {
    const numbers = `partitions ${topic.partitions} and replication factor ${topic.replicationFactor}`;
    return refuse(ErrorCode.INVALID_REQUEST, `replicas were chosen by hand, but ${numbers} are not -1`);
  }
  if (topic.assignments.length > partitionsMax) return tooMany(topic.assignments.length, partitionsMax);
  const replicas: (readonly NodeId[])[] = [];
  for (const { partition, brokerIds } of [...topic.assignments].sort((a, b) => a.partition - b.partition)) {
    if (partition !== replicas.length) {
      const message = `partitions should be consecutive from 0, but ${partition} follows ${replicas.length - 1}`;
      return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
    }
    replicas.push(brokerIds);
  }
  return placeByHand(context, replicas, undefined);
}

function tooMany(count: number, partitionsMax: number): Placement {
  const message = `${count} partitions are too many: the request or the cluster has room for ${partitionsMax}`;
  return { refused: refusal(ErrorCode.POLICY_VIOLATION, message) };
}

type TopicOverrides = { readonly overrides: ReadonlyMap<string, string> } | { readonly refused: Result };

function configsOf(image: ClusterImage, topic: CreatableTopic, replicationFactor: number): TopicOverrides {
  const overrides = new Map<string, string>();
  for (const [key, value] of Object.entries(topic.configs)) {
    const problem = value === null ? `Null value not supported for ${key}` : validateConfig('topic', key, value);
    if (problem !== undefined) return { refused: refusal(ErrorCode.INVALID_CONFIG, problem) };
    if (value !== null) overrides.set(key, value);
  }
  const internal = INTERNAL_TOPICS.get(topic.name);
  if (internal === undefined) return { overrides };
  const segmentBytes = numberConfig(image, internal.segmentBytesKey);
  if (segmentBytes !== undefined) overrides.set('segment.bytes', String(segmentBytes));
  const { minInsyncReplicasKey: key } = internal;
  // Never so many that the loss of one replica stops every transaction.
  const wanted = key === undefined ? undefined : numberConfig(image, key);
  if (wanted !== undefined) {
    overrides.set('min.insync.replicas', String(Math.min(wanted, Math.max(1, replicationFactor - 1))));
  }
  for (const [name, value] of Object.entries(internal.configs)) overrides.set(name, value);
  return { overrides };
}

/** What all brokers are configured with, else the default; undefined where the default depends on the cluster. */
function numberConfig(image: ClusterImage, key: string): number | undefined {
  const text = image.clusterConfig(key) ?? BROKER_CONFIGS.get(key)?.default;
  return text === null || text === undefined ? undefined : Number(text);
}

function failed(name: string, result: Result): CreateTopicResult {
  return { ...result, name, topicId: ZERO_UUID, partitions: -1, replicationFactor: -1, configs: [] };
}
