/** What the log says about one transactional id. Values: every change makes a new one. */
import type { ProducerEpoch, ProducerId } from '@hapax/base';
import type { TransactionState } from './states.ts';

/** Partitions of one topic. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** `transaction.version`: 0 and 1 are the protocol of KIP-98, 2 is KIP-890's with an epoch for each transaction. */
export type TransactionVersion = 0 | 1 | 2;

/** One transactional id at one moment. */
export interface Transaction {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The epoch before this one, where its owner may not know of the change yet; −1 for none. Not in the log. [N3] */
  readonly lastProducerEpoch: ProducerEpoch;
  /** The producer id before this one, whose epochs were used up; −1 for none. */
  readonly previousProducerId: ProducerId;
  /** The producer id that follows once this transaction is complete, its epochs being used up; −1 for none. [W4] */
  readonly nextProducerId: ProducerId;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  /** In the order in which they came. Empty unless Ongoing or prepared. */
  readonly topics: readonly TopicPartitions[];
  /** When the transaction began, in milliseconds since 1970; −1 for never. */
  readonly startMs: number;
  readonly lastUpdateMs: number;
  /** Of the request that moved it last, or of the server where nobody asked. Markers carry it. [M2] */
  readonly transactionVersion: TransactionVersion;
}

/** The highest epoch that a client is ever told; the one above it is kept so that its owner can be fenced. [P9] */
export const EPOCH_MAX_FOR_CLIENTS = 32_766;
/** Shuts out the last client of a producer id. */
export const EPOCH_MAX = 32_767;
/** A timeout that never passes. */
export const NO_TIMEOUT_MS = 0x7fff_ffff;

/** Whether the next producer needs a new producer id. [P9] */
export function isExhausted(epoch: ProducerEpoch): boolean {
  return epoch >= EPOCH_MAX_FOR_CLIENTS;
}

/** Whether a partition is part of a set. */
export function includesPartition(topics: readonly TopicPartitions[], topic: string, partition: number): boolean {
  return topics.some((each) => each.topic === topic && each.partitions.includes(partition));
}

/** How many partitions there are. */
export function partitionCount(topics: readonly TopicPartitions[]): number {
  return topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
}

/** Both sets together; the first one itself where nothing is new. */
export function unionOf(
  topics: readonly TopicPartitions[],
  added: readonly TopicPartitions[],
): readonly TopicPartitions[] {
  let union = topics;
  for (const { topic, partitions } of added) union = withPartitions(union, topic, partitions);
  return union;
}

/** What is left of a set without the others. */
export function withoutPartitions(
  topics: readonly TopicPartitions[],
  removed: readonly TopicPartitions[],
): readonly TopicPartitions[] {
  return topics
    .map(({ topic, partitions }) => ({
      topic, partitions: partitions.filter((partition) => !includesPartition(removed, topic, partition)),
    }))
    .filter(({ partitions }) => partitions.length > 0);
}

function withPartitions(
  topics: readonly TopicPartitions[],
  topic: string,
  partitions: readonly number[],
): readonly TopicPartitions[] {
  const at = topics.findIndex((each) => each.topic === topic);
  const known = topics[at]?.partitions ?? [];
  const fresh = [...new Set(partitions)].filter((partition) => !known.includes(partition));
  if (fresh.length === 0) return topics;
  const merged = { topic, partitions: [...known, ...fresh] };
  return at < 0 ? [...topics, merged] : topics.map((each, index) => (index === at ? merged : each));
}

/** Single partitions, by topic. Each must be there once. */
export function byTopic(
  partitions: Iterable<{ readonly topic: string; readonly partition: number }>,
): TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [partition]);
    else known.push(partition);
  }
  return [...topics].map(([topic, its]) => ({ topic, partitions: its }));
}
