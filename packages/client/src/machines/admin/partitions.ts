/** Partitions: their records, leaders, replicas, sizes and producers. */
import {
  alterPartitionReassignments,
  deleteRecords,
  describeLogDirs,
  describeProducers,
  electLeaders,
  listPartitionReassignments,
  type ResponseOf,
} from '@hapax/wire';
import { AppError, ErrorCode } from '@hapax/base';
import { call } from '../call.ts';
import { askLeaders, byTopic, type PartitionOutcome, type TopicPartition } from '../leader-fan-out.ts';
import { findOffsets, type FoundOffset, type OffsetQuery } from '../list-offsets.ts';
import { success, type Done, type Outcome } from '../outcome.ts';
import { allOrFailure, firstFailure, type AdminContext } from './admin-context.ts';

/** An offset that was found, and where. */
export interface PartitionOffset extends TopicPartition, FoundOffset {}

/** Finds offsets. Fails with the first partition's error. */
export function readOffsets(
  context: AdminContext,
  queries: readonly OffsetQuery[],
  options: { readonly readCommitted: boolean },
  done: Done<readonly PartitionOffset[]>,
): void {
  findOffsets(
    context.cluster,
    queries,
    { lane: context.lane, deadlineMs: context.timeoutMs, ...options },
    (outcomes) => {
      done(allAnswers(outcomes, ({ topic, partition }, found) => ({ topic, partition, ...found })));
    },
  );
}

/** Where the records of a partition are to begin. −1 deletes all that are replicated. */
export interface RecordsToDelete extends TopicPartition {
  readonly beforeOffset: number;
}

/** Deletes the records before offsets, and answers where each partition begins now. */
export function removeRecords(
  context: AdminContext,
  items: readonly RecordsToDelete[],
  done: Done<readonly (TopicPartition & { readonly logStartOffset: number })[]>,
): void {
  askLeaders(
    context.cluster,
    {
      lane: context.lane,
      what: 'DeleteRecords',
      deadlineMs: context.timeoutMs,
      items,
      plan: (some) => ({
        api: deleteRecords,
        build: () => ({
          timeoutMs: context.timeoutMs,
          topics: byTopic(some).map(({ topic, items: partitions }) => ({
            name: topic,
            partitions: partitions.map((item) => ({ partitionIndex: item.partition, offset: item.beforeOffset })),
          })),
        }),
      }),
      find: (response, item) => {
        const found = response.topics
          .find((topic) => topic.name === item.topic)
          ?.partitions.find((partition) => partition.partitionIndex === item.partition);
        return found === undefined ? undefined : { errorCode: found.errorCode, value: found.lowWatermark };
      },
    },
    (outcomes) =>
      done(allAnswers(outcomes, ({ topic, partition }, logStartOffset) => ({ topic, partition, logStartOffset }))),
  );
}

/**
 * Elects leaders: the preferred replicas, or any replica that lives, at the price of lost records. Null is all
 * partitions.
 */
export function changeLeaders(
  context: AdminContext,
  type: 'preferred' | 'unclean',
  partitions: readonly TopicPartition[] | null,
  done: Done<null>,
): void {
  call(
    context.cluster,
    {
      api: electLeaders,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'ElectLeaders',
      minVersion: type === 'unclean' ? 1 : 0,
      deadlineMs: context.timeoutMs,
      build: (version) => ({
        ...(version >= 1 ? { electionType: type === 'unclean' ? 1 : 0 } : {}),
        topicPartitions:
          partitions === null
            ? null
            : byTopic(partitions).map(({ topic, items }) => ({
                topic,
                partitions: items.map((item) => item.partition),
              })),
        timeoutMs: context.timeoutMs,
      }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      context.cluster.refresh();
      const items = outcome.value.response.replicaElectionResults.flatMap((topic) =>
        topic.partitionResult.map((one) => ({
          name: `${topic.topic}-${one.partitionId}`,
          // A partition that has the leader it should have is as it was wished.
          errorCode: one.errorCode === ErrorCode.ELECTION_NOT_NEEDED ? 0 : one.errorCode,
          errorMessage: one.errorMessage,
        })),
      );
      done(allOrFailure('ElectLeaders', items));
    },
  );
}

/** Where the replicas of a partition are to be; null takes a move back that is under way. */
export interface Reassignment extends TopicPartition {
  readonly replicas: readonly number[] | null;
}

/** Begins (or takes back) moves of replicas. They go on after the answer; see {@link readReassignments}. */
export function changeReassignments(context: AdminContext, moves: readonly Reassignment[], done: Done<null>): void {
  call(
    context.cluster,
    {
      api: alterPartitionReassignments,
      maxVersion: 0,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'AlterPartitionReassignments',
      deadlineMs: context.timeoutMs,
      build: () => ({
        timeoutMs: context.timeoutMs,
        topics: byTopic(moves).map(({ topic, items }) => ({
          name: topic,
          partitions: items.map((item) => ({ partitionIndex: item.partition, replicas: item.replicas })),
        })),
      }),
      errorOf: (response) => response.errorCode,
      messageOf: (response) => response.errorMessage,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const items = outcome.value.response.responses.flatMap((topic) =>
        topic.partitions.map((one) => ({
          name: `${topic.name}-${one.partitionIndex}`,
          errorCode: one.errorCode,
          errorMessage: one.errorMessage,
        })),
      );
      done(allOrFailure('AlterPartitionReassignments', items));
    },
  );
}

/** A move of replicas that is under way. */
export interface OngoingReassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

/** Lists the moves that are under way. */
export function readReassignments(context: AdminContext, done: Done<readonly OngoingReassignment[]>): void {
  call(
    context.cluster,
    {
      api: listPartitionReassignments,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'ListPartitionReassignments',
      deadlineMs: context.timeoutMs,
      build: () => ({ timeoutMs: context.timeoutMs, topics: null }),
      errorOf: (response) => response.errorCode,
      messageOf: (response) => response.errorMessage,
    },
    (outcome) =>
      done(
        outcome.ok
          ? success(
              outcome.value.response.topics.flatMap((topic) =>
                topic.partitions.map((one) => ({
                  topic: topic.name,
                  partition: one.partitionIndex,
                  replicas: one.replicas,
                  adding: one.addingReplicas,
                  removing: one.removingReplicas,
                })),
              ),
            )
          : outcome,
      ),
  );
}

/** A directory of a broker, as the protocol tells of it. */
export type LogDirectory = ResponseOf<typeof describeLogDirs>['results'][number];

/** The directories of one broker, with the size of each partition there. */
export function readLogDirectories(context: AdminContext, nodeId: number, done: Done<readonly LogDirectory[]>): void {
  call(
    context.cluster,
    {
      api: describeLogDirs,
      maxVersion: 4,
      target: { kind: 'node', nodeId },
      lane: context.lane,
      what: `DescribeLogDirs of broker ${nodeId}`,
      deadlineMs: context.timeoutMs,
      build: () => ({ topics: null }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => done(outcome.ok ? success(outcome.value.response.results) : outcome),
  );
}

/** A producer as a partition remembers it. */
export type ActiveProducer = ResponseOf<
  typeof describeProducers
>['topics'][number]['partitions'][number]['activeProducers'][number];

/** The producers that partitions remember, and where their open transactions begin. [KIP-664] */
export function readProducers(
  context: AdminContext,
  partitions: readonly TopicPartition[],
  done: Done<readonly (TopicPartition & { readonly producers: readonly ActiveProducer[] })[]>,
): void {
  askLeaders(
    context.cluster,
    {
      lane: context.lane,
      what: 'DescribeProducers',
      deadlineMs: context.timeoutMs,
      items: partitions,
      plan: (some) => ({
        api: describeProducers,
        build: () => ({
          topics: byTopic(some).map(({ topic, items }) => ({
            name: topic,
            partitionIndexes: items.map((item) => item.partition),
          })),
        }),
      }),
      find: (response, item) => {
        const found = response.topics
          .find((topic) => topic.name === item.topic)
          ?.partitions.find((partition) => partition.partitionIndex === item.partition);
        return found === undefined ? undefined : { errorCode: found.errorCode, value: found.activeProducers };
      },
    },
    (outcomes) => done(allAnswers(outcomes, ({ topic, partition }, producers) => ({ topic, partition, producers }))),
  );
}

function allAnswers<Item, Answer, Value>(
  outcomes: readonly PartitionOutcome<Item, Answer>[],
  read: (item: Item, answer: Answer) => Value,
): Outcome<readonly Value[]> {
  const failures: AppError[] = [];
  const values: Value[] = [];
  for (const outcome of outcomes) {
    if (outcome.error !== undefined) failures.push(outcome.error);
    else values.push(read(outcome.item, outcome.answer));
  }
  return firstFailure(failures) ?? success(values);
}
