/** Adds partitions to topics [D5]. Each topic succeeds or fails on its own. */
import { ErrorCode } from '@hapax/base';
import { type Handler, type HandlerContext, refusal, SUCCESS } from '../handler-context.ts';
import { isInternalTopic } from '../internal-topics.ts';
import type { MetadataRecord } from '../records.ts';
import type { CreatePartitionsItem, Result } from '../requests.ts';
import { partitionRecords, placeAutomatically, placeByHand } from './new-partitions.ts';

export const createPartitions: Handler<'create-partitions'> = (context, request) => {
  const { image, config } = context;
  const records: MetadataRecord[] = [];
  const topics: (Result & { readonly name: string })[] = [];
  const seen = new Set<string>();
  let remaining = Math.min(config.partitionsPerRequestMax, config.partitionsMax - image.partitionCount);
  for (const item of request.topics) {
    const { name } = item;
    if (seen.has(name)) {
      topics.push({ name, ...refusal(ErrorCode.INVALID_REQUEST, `topic ${name} is named twice`) });
      continue;
    }
    seen.add(name);
    const added = addPartitions(context, item, remaining);
    if ('refused' in added) {
      topics.push({ name, ...added.refused });
      continue;
    }
    remaining -= added.records.length;
    records.push(...added.records);
    topics.push({ name, ...SUCCESS });
  }
  return { records: request.validateOnly ? [] : records, answer: { topics } };
};

type Added = { readonly records: readonly MetadataRecord[] } | { readonly refused: Result };

function addPartitions(context: HandlerContext, item: CreatePartitionsItem, partitionsMax: number): Added {
  const refuse = (error: ErrorCode, message: string): Added => ({ refused: refusal(error, message) });
  const topic = context.image.topicByName(item.name);
  if (topic === undefined) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${item.name} does not exist`);
  if (isInternalTopic(item.name)) {
    const message = `${item.name} keeps its number of partitions: it decides which coordinator owns which id`;
    return refuse(ErrorCode.POLICY_VIOLATION, message);
  }
  const present = topic.partitions.length;
  const invalid = (message: string): Added => refuse(ErrorCode.INVALID_PARTITIONS, message);
  if (item.count === present) return invalid(`Topic already has ${present} partition(s).`);
  if (item.count < present) {
    return invalid(`The topic ${item.name} has ${present} partition(s); ${item.count} would not be an increase.`);
  }
  const added = item.count - present;
  if (added > partitionsMax) {
    const message = `${added} partitions are too many: the request or the cluster has room for ${partitionsMax}`;
    return refuse(ErrorCode.POLICY_VIOLATION, message);
  }
  if (item.assignments !== null && item.assignments.length !== added) {
    const message = `${item.assignments.length} assignments were given for ${added} new partitions`;
    return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  }
  const first = topic.partitions[0];
  const replicationFactor = (first?.replicas.length ?? 1) - (first?.addingReplicas.length ?? 0);
  const placed = item.assignments === null
    ? placeAutomatically(context, added, replicationFactor)
    : placeByHand(context, item.assignments, replicationFactor);
  if ('refused' in placed) return placed;
  return { records: partitionRecords(context.image, topic.topicId, present, placed.replicas) };
}
