/** Topics: made, deleted, enlarged, listed and described. */
import { createPartitions, createTopics, deleteTopics, metadata } from '@hapax/wire';
import { call } from '../call.ts';
import { topicOf, type TopicMetadata } from '../metadata-cache.ts';
import { success, type Done } from '../outcome.ts';
import { protocolFailure } from '../protocol-failure.ts';
import { allOrFailure, firstFailure, routingError, type AdminContext } from './admin-context.ts';

/** A topic to be made. Numbers left out are the cluster's defaults. */
export interface NewTopic {
  readonly topic: string;
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  /** Replicas of each partition, from 0 on, preferred leader first; instead of the two numbers. */
  readonly assignments?: readonly (readonly number[])[] | undefined;
  readonly configs?: Readonly<Record<string, string>> | undefined;
}

/** A topic as it was made. Numbers are −1 where the broker is too old to tell. */
export interface CreatedTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** Makes topics. Fails with the first one's error, e.g. `TOPIC_ALREADY_EXISTS`; the others may have been made. */
export function makeTopics(
  context: AdminContext,
  topics: readonly NewTopic[],
  options: { readonly validateOnly: boolean },
  done: Done<readonly CreatedTopic[]>,
): void {
  call(
    context.cluster,
    {
      api: createTopics,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'CreateTopics',
      deadlineMs: context.timeoutMs,
      build: () => ({
        topics: topics.map(topicRequest),
        timeoutMs: context.timeoutMs,
        validateOnly: options.validateOnly,
      }),
      errorOf: (response) => routingError(response.topics),
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      if (!options.validateOnly) context.cluster.refresh();
      const answered = outcome.value.response.topics;
      const all = allOrFailure(
        'CreateTopics',
        answered.map((topic) => ({ ...topic, name: `topic ${topic.name}` })),
      );
      done(
        all.ok
          ? success(
              answered.map((topic) => ({
                topic: topic.name,
                topicId: topic.topicId,
                partitions: topic.numPartitions,
                replicationFactor: topic.replicationFactor,
              })),
            )
          : all,
      );
    },
  );
}

function topicRequest(topic: NewTopic): {
  name: string;
  numPartitions: number;
  replicationFactor: number;
  assignments: { partitionIndex: number; brokerIds: readonly number[] }[];
  configs: { name: string; value: string }[];
} {
  const assigned = topic.assignments !== undefined;
  return {
    name: topic.topic,
    numPartitions: assigned ? -1 : (topic.partitions ?? -1),
    replicationFactor: assigned ? -1 : (topic.replicationFactor ?? -1),
    assignments: (topic.assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
  };
}

/** Deletes topics by name. Fails with the first one's error; the others may have been deleted. */
export function removeTopics(context: AdminContext, names: readonly string[], done: Done<null>): void {
  call(
    context.cluster,
    {
      api: deleteTopics,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'DeleteTopics',
      deadlineMs: context.timeoutMs,
      build: (version) => ({
        timeoutMs: context.timeoutMs,
        ...(version >= 6 ? { topics: names.map((name) => ({ name })) } : { topicNames: names }),
      }),
      errorOf: (response) => routingError(response.responses),
    },
    (outcome) => {
      const answered = outcome.ok ? outcome.value.response.responses : [];
      done(
        outcome.ok
          ? allOrFailure(
              'DeleteTopics',
              answered.map((one) => ({ ...one, name: `topic ${one.name}` })),
            )
          : outcome,
      );
    },
  );
}

/** A topic that gets more partitions. */
export interface NewPartitions {
  readonly topic: string;
  /** The new total. */
  readonly totalPartitions: number;
  /** Replicas of each additional partition; left out, the cluster places them. */
  readonly assignments?: readonly (readonly number[])[] | undefined;
}

/** Adds partitions to topics. Keys may then go to other partitions than before. */
export function addPartitions(
  context: AdminContext,
  topics: readonly NewPartitions[],
  options: { readonly validateOnly: boolean },
  done: Done<null>,
): void {
  call(
    context.cluster,
    {
      api: createPartitions,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'CreatePartitions',
      deadlineMs: context.timeoutMs,
      build: () => ({
        topics: topics.map(({ topic, totalPartitions, assignments }) => ({
          name: topic,
          count: totalPartitions,
          assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
        })),
        timeoutMs: context.timeoutMs,
        validateOnly: options.validateOnly,
      }),
      errorOf: (response) => routingError(response.results),
    },
    (outcome) => {
      if (outcome.ok) context.cluster.refresh();
      const answered = outcome.ok ? outcome.value.response.results : [];
      done(
        outcome.ok
          ? allOrFailure(
              'CreatePartitions',
              answered.map((one) => ({ ...one, name: `topic ${one.name}` })),
            )
          : outcome,
      );
    },
  );
}

/** Describes topics; null asks for all. Fails with the first topic's error, e.g. `UNKNOWN_TOPIC_OR_PARTITION`. */
export function readTopics(
  context: AdminContext,
  names: readonly string[] | null,
  done: Done<readonly TopicMetadata[]>,
): void {
  call(
    context.cluster,
    {
      api: metadata,
      target: { kind: 'any' },
      lane: context.lane,
      what: 'Metadata',
      minVersion: 4,
      maxVersion: 12,
      deadlineMs: context.timeoutMs,
      build: () => ({ topics: names?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: false }),
      errorOf: () => 0,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const topics = outcome.value.response.topics.map(topicOf);
      const failures = topics
        .filter((topic) => topic.errorCode !== 0)
        .map((topic) =>
          protocolFailure(topic.errorCode, {
            what: `Metadata of topic ${topic.topic}`,
            details: { topic: topic.topic },
          }),
        );
      done((names === null ? undefined : firstFailure(failures)) ?? success(topics));
    },
  );
}
