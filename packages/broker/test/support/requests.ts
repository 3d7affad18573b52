/** Single-partition requests with their usual fields, so that a row of a table shows only what it is about. */
import { assert } from '@hapax/base';
import { fetch, listOffsets, offsetForLeaderEpoch, produce } from '@hapax/wire';
import { iterateBatches } from '@hapax/wire/records';
import { batchOf } from './batches.ts';
import type { TestCluster } from './test-cluster.ts';
import type { TestNode } from './test-node.ts';

/** The node that leads partition 0 of a topic. */
export function leaderOf(cluster: TestCluster, topic: string): TestNode {
  const leader = cluster.leaderOf(topic);
  assert(leader !== undefined, `nobody leads ${topic}-0`);
  return leader;
}

/** A node that does not lead partition 0 of a topic. */
export function otherThanLeader(cluster: TestCluster, topic: string): TestNode {
  const leader = leaderOf(cluster, topic);
  const other = cluster.nodes.find((node) => node.isRunning && node !== leader);
  assert(other !== undefined, `only ${leader.id} runs`);
  return other;
}

/** What a request may say otherwise. */
export interface ProduceOptions {
  readonly node?: TestNode;
  readonly version?: number;
  readonly acks?: number;
  readonly transactionalId?: string | null;
  readonly timeoutMs?: number;
}

/** Produces bytes to partition 0. Returns the partition's part of the answer, and the whole. */
export function produceBytes(cluster: TestCluster, topic: string, records: Uint8Array, options: ProduceOptions = {}) {
  const { node = leaderOf(cluster, topic), version = 9, acks = -1, transactionalId = null, timeoutMs = 5000 } = options;
  const client = cluster.connect(node);
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const answer = client.call(produce, version, { transactionalId, acks, timeoutMs, topicData });
  client.close();
  const [partition] = answer.responses[0]?.partitionResponses ?? [];
  assert(partition !== undefined, `no answer for ${topic}-0`);
  return { ...partition, answer };
}

/** Produces texts, outside of transactions. */
export function write(cluster: TestCluster, topic: string, texts: readonly string[], firstMs?: number): void {
  const { errorCode } = produceBytes(cluster, topic, batchOf(texts, firstMs === undefined ? {} : { firstMs }));
  assert(errorCode === 0, `${topic} took no records: ${errorCode}`);
}

export interface FetchOptions {
  readonly node?: TestNode;
  readonly version?: number;
  readonly isolationLevel?: 0 | 1;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly maxWaitMs?: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  readonly partition?: number;
  readonly topicId?: string;
}

/** The request of a consumer for partition 0, outside of sessions. */
export function fetchRequest(topic: string, fetchOffset: number, options: FetchOptions = {}) {
  const {
    isolationLevel = 0, maxBytes = 1 << 20, partitionMaxBytes = 1 << 20, maxWaitMs = 0, currentLeaderEpoch = -1,
    lastFetchedEpoch = -1, partition = 0, topicId,
  } = options;
  const partitions = [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch }];
  const topics = [topicId === undefined ? { topic, partitions } : { topicId, partitions }];
  return { maxWaitMs, minBytes: 1, maxBytes, isolationLevel, sessionId: 0, sessionEpoch: -1, topics };
}

/** Fetches from partition 0. Returns the partition's part of the answer with where its batches stand, and the whole. */
export function fetchFrom(cluster: TestCluster, topic: string, fetchOffset: number, options: FetchOptions = {}) {
  const { node = leaderOf(cluster, topic), version = 12 } = options;
  const client = cluster.connect(node);
  const answer = client.call(fetch, version, fetchRequest(topic, fetchOffset, options));
  client.close();
  const [partition] = answer.responses[0]?.partitions ?? [];
  assert(partition !== undefined, `no answer for ${topic}-0`);
  const batches = iterateBatches(partition.records ?? new Uint8Array(0)).map(({ header }) => header);
  return { ...partition, offsets: batches.map(({ baseOffset }) => baseOffset), answer };
}

export interface LookUpOptions {
  readonly node?: TestNode;
  readonly version?: number;
  readonly isolationLevel?: 0 | 1;
  readonly replicaId?: number;
  readonly currentLeaderEpoch?: number;
}

/** ListOffsets of partition 0. */
export function lookUp(cluster: TestCluster, topic: string, timestamp: number, options: LookUpOptions = {}) {
  const { node = leaderOf(cluster, topic), version = 9, isolationLevel = 0, replicaId = -1 } = options;
  const client = cluster.connect(node);
  const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch: options.currentLeaderEpoch ?? -1 }];
  const topics = [{ name: topic, partitions }];
  const isolated = version >= 2 ? { isolationLevel } : {};
  const [partition] = client.call(listOffsets, version, { replicaId, ...isolated, topics }).topics[0]?.partitions ?? [];
  client.close();
  assert(partition !== undefined, `no answer for ${topic}-0`);
  return partition;
}

/** OffsetForLeaderEpoch of partition 0. */
export function epochEnd(
  cluster: TestCluster, topic: string, leaderEpoch: number,
  { node = leaderOf(cluster, topic), version = 4, currentLeaderEpoch = -1 }: LookUpOptions = {},
) {
  const client = cluster.connect(node);
  const topics = [{ topic, partitions: [{ partition: 0, leaderEpoch, currentLeaderEpoch }] }];
  const [partition] = client.call(offsetForLeaderEpoch, version, { topics }).topics[0]?.partitions ?? [];
  client.close();
  assert(partition !== undefined, `no answer for ${topic}-0`);
  return partition;
}
