/** The broker's part of the coordinator's rules (T1–T10, A1–A6, N1, W7, W8, X3–X5, M3, E1), over the wire. */
import { coordinatorPartition, ErrorCode, errorName } from '@hapax/base';
import {
  addOffsetsToTxn, addPartitionsToTxn, createPartitions, deleteTopics, describeConfigs, describeProducers,
  describeTransactions, endTxn, findCoordinator, initProducerId, listTransactions, txnOffsetCommit,
} from '@hapax/wire';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { leaderOf, otherThanLeader } from '../support/requests.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';
import { coordinatorNode, readTexts, TransactionClient } from '../support/transaction-client.ts';

const TRANSACTION_LOG = '__transaction_state';
const GROUPS = 0;
const TRANSACTIONS = 1;
let cluster: TestCluster;
let topic: string;
let nextTopic = 0;

beforeAll(() => {
  cluster = new TestCluster();
  coordinatorNode(cluster, 'anybody');
});

beforeEach(() => {
  topic = `coordinated-${nextTopic++}`;
  cluster.createTopic(topic, { numPartitions: 2 });
});

function producer(version: 1 | 2, id = `of-${topic}`): TransactionClient {
  const client = new TransactionClient(cluster, id, version);
  expect(client.init()).toBe(0);
  return client;
}

/** A node that does not coordinate an id. */
function elsewhere(id: string): TestNode {
  const coordinator = coordinatorNode(cluster, id);
  return cluster.nodes.find((node) => node !== coordinator) as TestNode;
}

describe('where a transactional id is coordinated', () => {
  test.each(['', 'a', 'my-txn', 'polygenelubricants', 'héllo', '日本語', '😀'])('[T1, T2] %j', (id) => {
    const client = cluster.connect(cluster.follower);
    const found = client.call(findCoordinator, 3, { key: id, keyType: TRANSACTIONS });
    client.close();
    const partition = coordinatorPartition(id, 3);
    expect(found).toMatchObject({ errorCode: 0, nodeId: cluster.leaderOf(TRANSACTION_LOG, partition)?.id });
  });

  test('[T2] version 4 asks for many, each with its own answer', () => {
    const client = cluster.connect(cluster.follower);
    const keys = ['a', 'abc', 'my-txn'];
    const { coordinators } = client.call(findCoordinator, 4, { coordinatorKeys: keys, keyType: TRANSACTIONS });
    client.close();
    expect(coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual(keys.map((key) => [key, 0]));
    const leaders = keys.map((key) => cluster.leaderOf(TRANSACTION_LOG, coordinatorPartition(key, 3))?.id);
    expect(coordinators.map(({ nodeId }) => nodeId)).toEqual(leaders);
  });

  test('[T2] a log that is not there is made; a log without a leader has no coordinator', () => {
    const one = '1';
    const own = new TestCluster({
      configs: {
        'transaction.state.log.replication.factor': one, 'transaction.state.log.min.isr': one,
        'transaction.state.log.num.partitions': one,
      },
    });
    expect(own.controller.broker.services.metadata.image.topicByName(TRANSACTION_LOG)).toBeUndefined();
    const client = own.connect(own.follower);
    const ask = (): string => errorName(client.call(findCoordinator, 3, { key: 'a', keyType: TRANSACTIONS }).errorCode);
    expect(['NONE', 'COORDINATOR_NOT_AVAILABLE']).toContain(ask());
    const dead = coordinatorNode(own, 'a');
    dead.kill();
    own.runFor(5000);
    const alive = own.connect(own.nodes.find((node) => node !== dead) as TestNode);
    const found = alive.call(findCoordinator, 3, { key: 'a', keyType: TRANSACTIONS });
    expect(found).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1 });
  });

  test('[T3] its log has settings of its own', () => {
    const client = cluster.connect(cluster.follower);
    const resources = [{ resourceType: 2, resourceName: TRANSACTION_LOG, configurationKeys: null }];
    const [described] = client.call(describeConfigs, 4, { resources }).results;
    client.close();
    const configs = Object.fromEntries((described?.configs ?? []).map(({ name, value }) => [name, value]));
    expect(configs).toMatchObject({
      'cleanup.policy': 'compact', 'compression.type': 'uncompressed', 'unclean.leader.election.enable': 'false',
      'min.insync.replicas': '2', 'segment.bytes': '104857600',
    });
  });

  test('[T10] its number of partitions cannot be changed, which would give ids to other coordinators', () => {
    const client = cluster.connect(cluster.follower);
    const topics = [{ name: TRANSACTION_LOG, count: 6, assignments: null }];
    const { results } = client.call(createPartitions, 3, { topics, timeoutMs: 5000, validateOnly: false });
    client.close();
    expect(results[0]?.errorCode).toBe(ErrorCode.POLICY_VIOLATION);
    expect(cluster.follower.broker.services.metadata.image.topicByName(TRANSACTION_LOG)?.partitions).toHaveLength(3);
  });

  /** Every request that only a coordinator answers, sent to another node. */
  const astray: readonly (readonly [string, (node: TestNode, id: string) => number | undefined])[] = [
    ['[T9] InitProducerId', (node, transactionalId) =>
      cluster.connect(node).call(initProducerId, 4, { transactionalId, transactionTimeoutMs: 1000 }).errorCode],
    ['[T9] AddOffsetsToTxn', (node, transactionalId) => cluster.connect(node).call(
      addOffsetsToTxn, 3, { transactionalId, producerId: 1, producerEpoch: 0, groupId: 'g' }).errorCode],
    ['[T9] EndTxn', (node, transactionalId) => cluster.connect(node).call(
      endTxn, 5, { transactionalId, producerId: 1, producerEpoch: 0, committed: true }).errorCode],
    ['[T9, X3] DescribeTransactions', (node, id) => cluster.connect(node).call(
      describeTransactions, 0, { transactionalIds: [id] }).transactionStates[0]?.errorCode],
  ];

  test.each(astray)('%s to a node that is not the coordinator', (_rule, ask) => {
    producer(1);
    coordinatorNode(cluster, 'g', GROUPS);
    expect(ask(elsewhere(`of-${topic}`), `of-${topic}`)).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

/** From version 2 on a client knows that it was fenced. */
function fencedBy(...versions: readonly number[]): readonly (readonly [number, string])[] {
  return versions.map((version) => [version, version < 2 ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED']);
}

describe('AddPartitionsToTxn', () => {
  /** Per partition of the request, in order. */
  const add = (
    client: TransactionClient, topics: readonly { readonly name: string; readonly partitions: readonly number[] }[],
    version = 3, fields: { readonly verifyOnly?: boolean; readonly producerEpoch?: number } = {},
  ): string[] => {
    const { transactionalId, producerId } = client;
    const { verifyOnly = false, producerEpoch = client.producerEpoch } = fields;
    const asked = topics.map(({ name, partitions }) => ({ name, partitions: [...partitions] }));
    const request = version >= 4
      ? { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics: asked }] }
      : {
          v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: asked,
        };
    const answer = client.coordinator.call(addPartitionsToTxn, version, request);
    const results = version >= 4 ? answer.resultsByTransaction[0]?.topicResults : answer.resultsByTopicV3AndBelow;
    return (results ?? []).flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode as ErrorCode)));
  };

  const bad: readonly (readonly [string, number, () => { name: string; partitions: number[] }[], string[]])[] = [
    ['[A3] 3: one partition does not exist', 3, () => [{ name: topic, partitions: [0, 9] }],
      ['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']],
    ['[A3] 0: one topic does not exist', 0,
      () => [{ name: topic, partitions: [0, 1] }, { name: 'nowhere', partitions: [0] }],
      ['OPERATION_NOT_ATTEMPTED', 'OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']],
    ['[A3] 4: one partition does not exist', 4, () => [{ name: topic, partitions: [0, 9] }],
      ['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']],
    ['[A3] 3: one is the broker’s own', 3,
      () => [{ name: topic, partitions: [0] }, { name: TRANSACTION_LOG, partitions: [0] }],
      ['OPERATION_NOT_ATTEMPTED', 'TOPIC_AUTHORIZATION_FAILED']],
  ];

  test.each(bad)('%s: none is added', (_rule, version, topics, expected) => {
    const client = producer(1);
    expect(add(client, topics(), version)).toEqual(expected);
    expect(stateOf(client)).toMatchObject({ transactionState: 'Empty', topics: [] });
  });

  test('[A4] 4: clients may use it where nobody needs authority; many transactions in one request', () => {
    const [one, two] = [producer(2), producer(2, `too-of-${topic}`)];
    const topics = [{ name: topic, partitions: [0] }];
    const transactions = [one, two].map(({ transactionalId, producerId, producerEpoch }) =>
      ({ transactionalId, producerId, producerEpoch, verifyOnly: false, topics }));
    const { resultsByTransaction } = one.coordinator.call(addPartitionsToTxn, 4, { transactions });
    const codes = resultsByTransaction.map(({ transactionalId, topicResults }) =>
      [transactionalId, topicResults[0]?.resultsByPartition[0]?.partitionErrorCode]);
    const isSame = coordinatorNode(cluster, one.transactionalId) === coordinatorNode(cluster, two.transactionalId);
    expect(codes).toEqual([
      [one.transactionalId, 0], [two.transactionalId, isSame ? 0 : ErrorCode.NOT_COORDINATOR],
    ]);
  });

  test('[A5] 4, verify only: part of it, and not', () => {
    const client = producer(1);
    const asked = [{ name: topic, partitions: [0, 1] }];
    expect(add(client, [{ name: topic, partitions: [0] }])).toEqual(['NONE']);
    expect(add(client, asked, 4, { verifyOnly: true })).toEqual(['NONE', 'TRANSACTION_ABORTABLE']);
  });

  test.each(fencedBy(0, 1, 2, 3, 4))('[A1, E1] %i: an older epoch is %s', (version, expected) => {
    const client = producer(1);
    const { producerEpoch } = client;
    expect(client.init()).toBe(0);
    expect(add(client, [{ name: topic, partitions: [0] }], version, { producerEpoch })).toEqual([expected]);
  });

  test.each(fencedBy(0, 1, 2, 3))('[A6, E1] AddOffsetsToTxn %i: an older epoch is %s', (version, expected) => {
    const client = producer(1);
    const { transactionalId, producerId, producerEpoch } = client;
    expect(client.init()).toBe(0);
    const asked = { transactionalId, producerId, producerEpoch, groupId: 'g' };
    expect(errorName(client.coordinator.call(addOffsetsToTxn, version, asked).errorCode)).toBe(expected);
  });

  test('[A6] the offsets of a group are the partition that its coordinator keeps them in', () => {
    const client = producer(1);
    expect(client.addOffsets('a-group')).toBe(0);
    const partitions = [coordinatorPartition('a-group', 3)];
    expect(stateOf(client)).toMatchObject({ topics: [{ topic: '__consumer_offsets', partitions }] });
  });
});

describe('EndTxn and InitProducerId', () => {
  test.each(fencedBy(0, 1, 2, 4, 5))('[W1, E1] EndTxn %i: a fenced epoch is %s', (version, expected) => {
    const first = producer(1);
    expect(new TransactionClient(cluster, first.transactionalId, 1).init()).toBe(0);
    expect(new TransactionClient(cluster, first.transactionalId, 1).init()).toBe(0);
    expect(errorName(first.end(true, version) as ErrorCode)).toBe(expected);
  });

  test.each([[3, 'INVALID_PRODUCER_EPOCH'], [4, 'PRODUCER_FENCED'], [5, 'PRODUCER_FENCED']] as const)(
    '[P7, E1] InitProducerId %i with an epoch of long ago is %s', (version, expected) => {
      const client = producer(1);
      const { transactionalId, producerId, producerEpoch } = client;
      for (let at = 0; at < 2; at++) expect(client.init()).toBe(0);
      const asked = { transactionalId, transactionTimeoutMs: 1000, producerId, producerEpoch };
      const answer = client.coordinator.call(initProducerId, version, asked);
      expect([errorName(answer.errorCode), answer.producerId, answer.producerEpoch]).toEqual([expected, -1, -1]);
    },
  );

  test.each([4, 5])('[W7, W8] EndTxn %i on a cluster of TV2: who goes on as whom', (version) => {
    const client = producer(1);
    expect(client.add(topic, [0])).toBe(0);
    const { transactionalId, producerId, producerEpoch } = client;
    const request = { transactionalId, producerId, producerEpoch, committed: true };
    const answer = client.coordinator.call(endTxn, version, request);
    const told = [answer.errorCode, answer.producerId, answer.producerEpoch];
    expect(told).toEqual(version >= 5 ? [0, producerId, producerEpoch + 1] : [0, -1, -1]);
    const failed = client.coordinator.call(endTxn, version, { ...request, producerId: producerId + 1 });
    expect([failed.producerId, failed.producerEpoch]).toEqual([-1, -1]);
  });

  test('[M3] a partition that was deleted holds up nothing', () => {
    const client = producer(2);
    expect(client.produce(topic, 0, 'x')).toBe(0);
    const admin = cluster.connect(cluster.follower);
    expect(admin.call(deleteTopics, 5, { topicNames: [topic], timeoutMs: 5000 }).responses[0]?.errorCode).toBe(0);
    admin.close();
    expect(client.end(true)).toBe(0);
    cluster.runFor(2000);
    expect(stateOf(client)).toMatchObject({ transactionState: 'CompleteCommit' });
  });
});

describe('TxnOffsetCommit to a node that does not coordinate the group', () => {
  test.each([0, 1, 2, 3, 5])('[O1] %i', (version) => {
    const client = producer(1);
    const coordinator = coordinatorNode(cluster, 'some-group', GROUPS);
    const node = cluster.nodes.find((one) => one !== coordinator) as TestNode;
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }];
    const { transactionalId, producerId, producerEpoch } = client;
    const request = { transactionalId, groupId: 'some-group', producerId, producerEpoch, topics };
    const answer = cluster.connect(node).call(txnOffsetCommit, version, request);
    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

/** The transaction as DescribeTransactions shows it. */
function stateOf({ coordinator, transactionalId }: TransactionClient) {
  return coordinator.call(describeTransactions, 0, { transactionalIds: [transactionalId] }).transactionStates[0];
}

describe('who looks at transactions', () => {
  const described: readonly (readonly [string, string, string])[] = [
    ['[X3] the empty id', '', 'INVALID_REQUEST'],
    ['[X3] an id that nobody used', 'nobody', 'TRANSACTIONAL_ID_NOT_FOUND'],
  ];
  test.each(described)('%s', (_rule, id, expected) => {
    const client = cluster.connect(coordinatorNode(cluster, id));
    const [state] = client.call(describeTransactions, 0, { transactionalIds: [id] }).transactionStates;
    client.close();
    expect(errorName((state?.errorCode ?? 0) as ErrorCode)).toBe(expected);
  });

  const filters: readonly (readonly [string, number, (client: TransactionClient) => object, string])[] = [
    ['[X4] 0: by state', 0, () => ({ stateFilters: ['Ongoing'] }), 'finds'],
    ['[X4] 0: by another state', 0, () => ({ stateFilters: ['Empty'] }), 'finds not'],
    ['[X4] 0: by a state that is none, beside one', 0, () => ({ stateFilters: ['Ongoing', 'Odd'] }), 'finds, not Odd'],
    ['[X4] 0: by producer id', 0, ({ producerId }) => ({ producerIdFilters: [producerId] }), 'finds'],
    ['[X4] 0: by another producer id', 0, () => ({ producerIdFilters: [999_999] }), 'finds not'],
    ['[X4] 1: open for a time', 1, () => ({ durationFilter: 100 }), 'finds'],
    ['[X4] 1: open for longer', 1, () => ({ durationFilter: 3_600_000 }), 'finds not'],
    ['[X4] 2: by a pattern', 2, () => ({ transactionalIdPattern: 'of-.*' }), 'finds'],
    ['[X4] 2: by a pattern of another id', 2, () => ({ transactionalIdPattern: 'f-.*' }), 'finds not'],
    ['[X4] 2: by a pattern that is none', 2, () => ({ transactionalIdPattern: '(' }), 'INVALID_REGULAR_EXPRESSION'],
  ];
  test.each(filters)('%s', (_rule, version, filterOf, expected) => {
    const client = producer(1);
    expect(client.add(topic, [0])).toBe(0);
    cluster.runFor(200);
    const asked = { stateFilters: [], producerIdFilters: [], ...filterOf(client) };
    const answer = client.coordinator.call(listTransactions, version, asked);
    const isFound = answer.transactionStates.some(({ transactionalId }) => transactionalId === client.transactionalId);
    const unknown = answer.unknownStateFilters.map((name) => `, not ${name}`).join('');
    const found = `${isFound ? 'finds' : 'finds not'}${unknown}`;
    expect(answer.errorCode === 0 ? found : errorName(answer.errorCode)).toBe(expected);
    expect(client.end(false)).toBe(0);
  });

  test('[X5] producers where they wrote, with what they have open, by the leader alone', () => {
    const client = producer(2);
    const ask = (node: TestNode) => cluster.connect(node).call(
      describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] }).topics[0]?.partitions[0];
    expect(client.produce(topic, 0, 'x')).toBe(0);
    const { producerId, producerEpoch } = client;
    expect(ask(leaderOf(cluster, topic))?.activeProducers).toMatchObject([
      { producerId, producerEpoch, lastSequence: 0, coordinatorEpoch: -1, currentTxnStartOffset: 0 },
    ]);
    expect(client.end(true)).toBe(0);
    cluster.runFor(200);
    expect(ask(leaderOf(cluster, topic))?.activeProducers).toMatchObject([
      {
        producerId, producerEpoch: producerEpoch + 1, lastSequence: -1, coordinatorEpoch: 0, currentTxnStartOffset: -1,
      },
    ]);
    expect(ask(otherThanLeader(cluster, topic))?.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  });

  test.each([1, 2] as const)('[N1] TV%i: the answer comes before the markers, the next step waits for them', (tv) => {
    const client = producer(tv);
    for (const text of ['a', 'b', 'c']) {
      if (tv === 1) expect(client.add(topic, [0])).toBe(0);
      expect(client.produce(topic, 0, text)).toBe(0);
      expect(client.end(true)).toBe(0);
    }
    cluster.runFor(100);
    expect(readTexts(cluster, topic, 'committed')).toEqual(['a', 'b', 'c']);
  });
});
