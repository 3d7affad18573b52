/** A transactional producer of frames: finds its coordinator and does one step at a time. */
import { decodeText, ErrorCode } from '@hapax/base';
import {
  addOffsetsToTxn, addPartitionsToTxn, endTxn, fetch, findCoordinator, initProducerId, listOffsets, produce,
  txnOffsetCommit,
} from '@hapax/wire';
import { iterateBatches, readRecords } from '@hapax/wire/records';
import { batchOf } from './batches.ts';
import type { TestCluster } from './test-cluster.ts';
import type { TestNode } from './test-node.ts';
import type { WireClient } from './wire-client.ts';

const TRANSACTION_KEY = 1;
const GROUP_KEY = 0;
const PATIENCE_MS = 10_000;
/** What a client tries again later. */
const RETRIED: readonly number[] = [
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR,
  ErrorCode.CONCURRENT_TRANSACTIONS,
];

/** The node that coordinates a transactional id, or a group. Waits until it serves. */
export function coordinatorNode(cluster: TestCluster, key: string, keyType = TRANSACTION_KEY): TestNode {
  for (let tries = 0; tries < 100; tries++) {
    const alive = cluster.nodes.find((node) => node.isReady);
    if (alive === undefined) throw new Error('no node is ready');
    const client = cluster.connect(alive);
    const found = client.call(findCoordinator, 2, { key, keyType });
    client.close();
    if (found.errorCode === 0) return cluster.node(found.nodeId);
    cluster.runFor(100);
  }
  throw new Error(`${key} has no coordinator`);
}

/** Sends until the answer is none that a client tries again. */
export function retrying<Answer>(
  cluster: TestCluster, send: () => Answer, errorOf: (answer: Answer) => number,
): Answer {
  const untilMs = cluster.time.nowMs + PATIENCE_MS;
  for (;;) {
    const answer = send();
    if (!RETRIED.includes(errorOf(answer)) || cluster.time.nowMs > untilMs) return answer;
    cluster.runFor(50);
  }
}

/** One producer; `version` is that of its protocol: 1 adds partitions itself, 2 leaves it to the broker. */
export class TransactionClient {
  readonly cluster: TestCluster;
  readonly transactionalId: string;
  readonly version: 1 | 2;
  producerId = -1;
  producerEpoch = -1;
  private readonly sequences = new Map<string, number>();
  private readonly clients = new Map<TestNode, WireClient>();

  constructor(cluster: TestCluster, transactionalId: string, version: 1 | 2) {
    this.cluster = cluster;
    this.transactionalId = transactionalId;
    this.version = version;
  }

  /** Takes the transactional id over. Returns the error. */
  init(transactionTimeoutMs = 60_000): number {
    const request = { transactionalId: this.transactionalId, transactionTimeoutMs, producerId: -1, producerEpoch: -1 };
    const send = () => this.coordinator.call(initProducerId, 4, request);
    const answer = retrying(this.cluster, send, (one) => one.errorCode);
    if (answer.errorCode === 0) this.become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  add(topic: string, partitions: readonly number[], apiVersion = 3): number {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [...partitions] }],
    };
    const answer = this.coordinator.call(addPartitionsToTxn, apiVersion, request);
    return answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0;
  }

  addOffsets(groupId: string): number {
    const { transactionalId, producerId, producerEpoch } = this;
    return this.coordinator.call(addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId }).errorCode;
  }

  /** Writes one record to the leader, as it is, whatever the coordinator knows. Returns the error. */
  produce(topic: string, partition: number, text: string, apiVersion = this.version === 2 ? 12 : 11): number {
    const key = `${topic}-${partition}`;
    const baseSequence = this.sequences.get(key) ?? 0;
    const { producerId, producerEpoch, transactionalId } = this;
    const records = batchOf([text], { producerId, producerEpoch, baseSequence, transactional: true });
    const leader = this.cluster.leaderOf(topic, partition);
    if (leader === undefined) return ErrorCode.LEADER_NOT_AVAILABLE;
    const request = {
      transactionalId, acks: -1, timeoutMs: 5000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    };
    const errorOf = (answer: ReturnType<typeof send>): number =>
      answer.responses[0]?.partitionResponses[0]?.errorCode ?? 0;
    const send = () => this.to(leader).call(produce, apiVersion, request);
    const error = errorOf(send());
    if (error === 0) this.sequences.set(key, baseSequence + 1);
    return error;
  }

  commitOffset(
    groupId: string, topic: string, committedOffset: number, apiVersion = this.version === 2 ? 5 : 3,
  ): number {
    const { transactionalId, producerId, producerEpoch } = this;
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }];
    const request = { transactionalId, groupId, producerId, producerEpoch, topics };
    const group = this.to(coordinatorNode(this.cluster, groupId, GROUP_KEY));
    const errorOf = (answer: ReturnType<typeof send>): number => answer.topics[0]?.partitions[0]?.errorCode ?? 0;
    const send = () => group.call(txnOffsetCommit, apiVersion, request);
    return errorOf(retrying(this.cluster, send, errorOf));
  }

  /** Commits or aborts. Returns the error. */
  end(committed: boolean, apiVersion = this.version === 2 ? 5 : 4): number {
    const { transactionalId, producerId, producerEpoch } = this;
    const request = { transactionalId, producerId, producerEpoch, committed };
    const answer = this.coordinator.call(endTxn, apiVersion, request);
    if (answer.errorCode === 0 && apiVersion >= 5) this.become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  /** A connection to the coordinator as it is now. */
  get coordinator(): WireClient {
    return this.to(coordinatorNode(this.cluster, this.transactionalId));
  }

  private become(producerId: number, producerEpoch: number): void {
    if (producerId === this.producerId && producerEpoch === this.producerEpoch) return;
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.sequences.clear();
  }

  private to(node: TestNode): WireClient {
    let client = this.clients.get(node);
    if (client?.isOpen !== true) {
      client = this.cluster.connect(node);
      this.clients.set(node, client);
    }
    return client;
  }
}

/** The texts that a reader sees from the beginning of a partition; those of aborted transactions are left out. */
export function readTexts(cluster: TestCluster, topic: string, isolation: 'committed' | 'uncommitted'): string[] {
  const leader = cluster.leaderOf(topic);
  if (leader === undefined) throw new Error(`${topic} has no leader`);
  const client = cluster.connect(leader);
  const isolationLevel = isolation === 'committed' ? 1 : 0;
  const latest = client.call(listOffsets, 4, {
    replicaId: -1, isolationLevel,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1 }] }],
  });
  const end = latest.topics[0]?.partitions[0]?.offset ?? -1;
  const answer = client.call(fetch, 11, {
    replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel, sessionId: 0, sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  });
  client.close();
  const [partition] = answer.responses[0]?.partitions ?? [];
  const aborted = (partition?.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const skipped = new Set<number>();
  const texts: string[] = [];
  for (const { header, bytes } of iterateBatches(partition?.records ?? NOTHING)) {
    if (header.baseOffset >= end) break;
    while (aborted[0] !== undefined && aborted[0].firstOffset <= header.lastOffset) {
      skipped.add((aborted.shift() as { producerId: number }).producerId);
    }
    if (header.isControl) {
      skipped.delete(header.producerId);
      continue;
    }
    if (header.isTransactional && skipped.has(header.producerId)) continue;
    for (const { value } of readRecords(bytes, NO_COMPRESSION, 1 << 20)) texts.push(decodeText(value ?? NOTHING));
  }
  return texts;
}

const NOTHING = new Uint8Array(0);
const NO_COMPRESSION = {
  compress: (_name: unknown, bytes: Uint8Array) => bytes,
  decompress: (_name: unknown, bytes: Uint8Array) => bytes,
};
