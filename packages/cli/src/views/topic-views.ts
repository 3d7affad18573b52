/** Topics as tables and as values. */
import type { PartitionOffset, ResourceConfigs, TopicMetadata } from '@hapax/client';
import type { Result } from '../output.ts';

/** One line a topic. */
export function topicListView(topics: readonly TopicMetadata[]): Result {
  const value = topics.map((topic) => ({
    topic: topic.topic,
    partitions: topic.partitions.length,
    replicationFactor: Math.max(0, ...topic.partitions.map(({ replicas }) => replicas.length)),
    underReplicated: topic.partitions.filter((one) => one.inSyncReplicas.length < one.replicas.length).length,
    withoutLeader: topic.partitions.filter(({ leaderId }) => leaderId < 0).length,
    internal: topic.isInternal,
  }));
  const rows = value.map((one) => [
    one.topic,
    one.partitions,
    one.replicationFactor,
    one.underReplicated,
    one.withoutLeader,
  ]);
  const headings = ['topic', 'partitions', 'replicas', 'under-replicated', 'without leader'];
  return { value, tables: [{ headings, rows, empty: 'no topics; `hapax topic create NAME` makes one' }] };
}

/** One line a partition, with the offsets of those that have a leader. */
export function topicView(
  topics: readonly TopicMetadata[],
  starts: readonly PartitionOffset[],
  ends: readonly PartitionOffset[],
): Result {
  const start = offsetsByPlace(starts);
  const end = offsetsByPlace(ends);
  const value = topics.map((topic) => ({
    topic: topic.topic,
    topicId: topic.topicId,
    partitions: topic.partitions.map((one) => ({
      partition: one.partition,
      leader: one.leaderId,
      leaderEpoch: one.leaderEpoch,
      replicas: one.replicas,
      inSyncReplicas: one.inSyncReplicas,
      startOffset: start.get(placeOf(topic.topic, one.partition)) ?? null,
      endOffset: end.get(placeOf(topic.topic, one.partition)) ?? null,
    })),
  }));
  const headings = ['partition', 'leader', 'epoch', 'replicas', 'in sync', 'start', 'end', 'records'];
  const tables = value.map((topic) => ({
    title: `${topic.topic}  id ${topic.topicId}`,
    headings,
    rows: topic.partitions.map((one) => [
      one.partition,
      one.leader < 0 ? '-' : one.leader,
      one.leaderEpoch < 0 ? '-' : one.leaderEpoch,
      one.replicas.join(','),
      missing(one.replicas, one.inSyncReplicas),
      one.startOffset ?? '-',
      one.endOffset ?? '-',
      one.startOffset === null || one.endOffset === null ? '-' : one.endOffset - one.startOffset,
    ]),
  }));
  return { value, tables };
}

/** The sources of settings by their numbers in the protocol. */
const SOURCES: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'node file',
  5: 'default',
  8: 'group',
};

/** Settings of topics or brokers, with where each comes from. */
export function configsView(all: readonly ResourceConfigs[]): Result {
  const value = all.map(({ type, name, configs }) => ({
    type,
    name,
    configs: configs.map((one) => ({
      name: one.name,
      value: one.isSensitive ? null : one.value,
      source: SOURCES[one.source] ?? `source ${one.source}`,
    })),
  }));
  const tables = value.map(({ type, name, configs }) => ({
    title: `${type} ${name}`,
    headings: ['setting', 'value', 'from'],
    rows: configs.map((one) => [one.name, one.value ?? '-', one.source]),
  }));
  return { value, tables };
}

/** In-sync replicas, and in brackets those that are missing. */
function missing(replicas: readonly number[], inSync: readonly number[]): string {
  const absent = replicas.filter((id) => !inSync.includes(id));
  return absent.length === 0 ? inSync.join(',') : `${inSync.join(',')} (without ${absent.join(',')})`;
}

/** Offsets by {@link placeOf}. */
export function offsetsByPlace(offsets: readonly PartitionOffset[]): Map<string, number> {
  return new Map(offsets.map((one) => [placeOf(one.topic, one.partition), one.offset]));
}

/** A partition as a key. */
export function placeOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
