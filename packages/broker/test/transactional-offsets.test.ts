/** Offsets in transactions, and a group coordinator that goes: its log is all that the next one has. [O5 to O7] */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import type { OffsetFetchGroupAnswer, TxnOffsetCommitAnswer } from '@hapax/group';
import { CONSUMER_OFFSETS_TOPIC } from '@hapax/metadata';
import { findCoordinator } from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Partition } from '../src/drivers/partition.ts';
import { TestCluster } from './support/test-cluster.ts';
import type { TestNode } from './support/test-node.ts';

let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic('read');
});

/** A group whose offsets one producer commits; the transaction's own coordinator is played by the test. */
class TransactionalGroup {
  private readonly groupId: string;
  private readonly producer: { readonly producerId: number; readonly producerEpoch: number };

  constructor(groupId: string, producerId: number) {
    this.groupId = groupId;
    this.producer = { producerId, producerEpoch: 0 };
    cluster.connect(cluster.follower).call(findCoordinator, 1, { key: groupId, keyType: 0 });
    cluster.runUntil(`${groupId} has a coordinator`, () => this.find() !== undefined);
  }

  private find(): { readonly node: TestNode; readonly partition: Partition } | undefined {
    for (const node of cluster.nodes) {
      if (!node.isReady) continue;
      const { metadata, partitions } = node.broker.services;
      const count = metadata.image.topicByName(CONSUMER_OFFSETS_TOPIC)?.partitions.length ?? 0;
      if (count === 0) continue;
      const partition = partitions.findByName(CONSUMER_OFFSETS_TOPIC, coordinatorPartition(this.groupId, count));
      if (partition?.leads() === true) return { node, partition };
    }
    return undefined;
  }

  get coordinator(): { readonly node: TestNode; readonly partition: Partition } {
    cluster.runUntil(`${this.groupId} has a coordinator`, () => this.find() !== undefined);
    return this.find()!;
  }

  commit(offset: number): number | undefined {
    const { node, partition } = this.coordinator;
    const request = {
      transactionalId: 'txn', groupId: this.groupId, ...this.producer, generationId: -1, memberId: '',
      groupInstanceId: null,
      topics: [{
        name: 'read',
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' }],
      }],
    };
    const verification = partition.verificationFor(this.producer);
    const wallMs = Math.floor(cluster.time.nowMs);
    const context = { apiVersion: 3, clientId: '', clientHost: '/', wallMs, verification };
    const answer = this.answerOf<TxnOffsetCommitAnswer>((token) =>
      node.broker.services.groups.forGroup(this.groupId, (coordinator, nowMs) =>
        coordinator.txnOffsetCommit(token as never, request, context, nowMs)));
    return answer.topics?.[0]?.partitions?.[0]?.errorCode;
  }

  /** The offset; undefined where it is unstable. */
  fetch(requireStable: boolean): number | undefined {
    const request = {
      groupId: this.groupId, topics: [{ name: 'read', topicId: '', partitionIndexes: [0] }], requireStable,
    };
    const context = { apiVersion: 8, clientId: '', clientHost: '/', wallMs: Math.floor(cluster.time.nowMs) };
    for (;;) {
      const { node } = this.coordinator;
      const answer = this.answerOf<OffsetFetchGroupAnswer>((token) =>
        node.broker.services.groups.forGroup(this.groupId, (coordinator, nowMs) =>
          coordinator.offsetFetchGroup(token as never, request, context, nowMs)));
      cluster.runFor(20);
      if (answer.errorCode !== ErrorCode.NONE) continue;
      const partition = answer.topics?.[0]?.partitions?.[0];
      return partition?.errorCode === ErrorCode.UNSTABLE_OFFSET_COMMIT ? undefined : partition?.committedOffset;
    }
  }

  /** As the transaction's coordinator does, until the marker is committed. */
  mark(kind: 'commit' | 'abort'): void {
    const { partition } = this.coordinator;
    const marker = { ...this.producer, kind, coordinatorEpoch: 1, transactionVersion: 1 } as const;
    let error: ErrorCode | undefined;
    partition.appendMarker(marker, cluster.time.nowMs + 10_000, (found) => {
      error = found;
    });
    cluster.runUntil('the marker is committed', () => error !== undefined);
    expect(error).toBe(ErrorCode.NONE);
  }

  /** The coordinator's process is gone; another one leads, and the first comes back. */
  move(): void {
    const { node } = this.coordinator;
    node.kill();
    cluster.runUntil('another node coordinates', () => this.find() !== undefined);
    node.start();
    cluster.runUntil('all nodes are ready', () => cluster.nodes.every((one) => one.isReady));
    cluster.runFor(1000);
  }

  private answerOf<A>(ask: (token: (answer: A) => void) => ErrorCode): A {
    let given: A | undefined;
    const error = ask((answer) => {
      given = answer;
    });
    expect(error).toBe(ErrorCode.NONE);
    cluster.runUntil('the request is answered', () => given !== undefined);
    return given!;
  }
}

describe('offsets in a transaction', () => {
  test('are told from the marker on, and are unstable before it', () => {
    const group = new TransactionalGroup('live', 1000);
    expect(group.commit(7)).toBe(ErrorCode.NONE);
    expect([group.fetch(false), group.fetch(true)]).toEqual([-1, undefined]);
    group.mark('commit');
    expect([group.fetch(false), group.fetch(true)]).toEqual([7, 7]);
    expect(group.commit(8)).toBe(ErrorCode.NONE);
    group.mark('abort');
    expect([group.fetch(false), group.fetch(true)]).toEqual([7, 7]);
  });

  test('are pending on the next coordinator, which hears of their marker', () => {
    const group = new TransactionalGroup('moved', 1001);
    expect(group.commit(7)).toBe(ErrorCode.NONE);
    group.move();
    expect([group.fetch(false), group.fetch(true)]).toEqual([-1, undefined]);
    group.mark('commit');
    expect([group.fetch(false), group.fetch(true)]).toEqual([7, 7]);
  });

  test('that were committed or aborted are so on the next coordinator, which reads the markers', () => {
    const group = new TransactionalGroup('loaded', 1002);
    expect(group.commit(7)).toBe(ErrorCode.NONE);
    group.mark('commit');
    expect(group.commit(8)).toBe(ErrorCode.NONE);
    group.mark('abort');
    group.move();
    expect([group.fetch(false), group.fetch(true)]).toEqual([7, 7]);
  });
});
