/** Deletes topics, by name or by id [D5]. Each topic succeeds or fails on its own. */
import { ErrorCode } from '@hapax/base';
import type { ClusterImage, TopicImage } from '../cluster-image.ts';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';
import type { MetadataRecord } from '../records.ts';
import type { Result, TopicReference } from '../requests.ts';

export const deleteTopics: Handler<'delete-topics'> = ({ image }, request) => {
  const records: MetadataRecord[] = [];
  const topics: (TopicReference & Result)[] = [];
  const seen = new Set<string>();
  for (const reference of request.topics) {
    const found = find(image, reference, seen);
    if ('refused' in found) {
      topics.push({ ...reference, ...found.refused });
      continue;
    }
    const { topicId, name } = found.topic;
    seen.add(topicId);
    records.push({ type: 'remove-topic', topicId });
    topics.push({ ...SUCCESS, name, topicId });
  }
  return { records, answer: { topics } };
};

type Found = { readonly topic: TopicImage } | { readonly refused: Result };

function find(image: ClusterImage, { name, topicId }: TopicReference, seen: ReadonlySet<string>): Found {
  if (image.clusterConfig('delete.topic.enable')?.trim().toLowerCase() === 'false') {
    return { refused: refusal(ErrorCode.TOPIC_DELETION_DISABLED, 'delete.topic.enable is false') };
  }
  if ((name === null) === (topicId === null)) {
    return { refused: refusal(ErrorCode.INVALID_REQUEST, 'a topic is named either by its name or by its id') };
  }
  const topic = name === null ? image.topicById(topicId ?? '') : image.topicByName(name);
  if (topic === undefined) {
    if (name === null) return { refused: refusal(ErrorCode.UNKNOWN_TOPIC_ID, `no topic has the id ${topicId}`) };
    return { refused: refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name} does not exist`) };
  }
  if (!seen.has(topic.topicId)) return { topic };
  return { refused: refusal(ErrorCode.INVALID_REQUEST, `topic ${topic.name} is named twice`) };
}
