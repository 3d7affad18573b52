/** Transactions over the wire, against whole brokers: commit, abort, fencing, and coordinators that die. */
import { ErrorCode } from '@hapax/base';
import {
  deleteTopics, describeProducers, describeTransactions, endTxn, initProducerId, listTransactions, offsetFetch, produce,
  writeTxnMarkers,
} from '@hapax/wire';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { batchOf } from '../support/batches.ts';
import { TestCluster } from '../support/test-cluster.ts';
import { coordinatorNode, readTexts, TransactionClient } from '../support/transaction-client.ts';

/** Of all tests that kill nobody. */
let shared: TestCluster;
let cluster: TestCluster;
let topic: string;
let nextTopic = 0;

beforeAll(() => {
  shared = new TestCluster();
});

beforeEach(() => {
  cluster = shared;
  topic = `topic-${nextTopic++}`;
  cluster.createTopic(topic);
});

/** A producer that has taken its id over. */
function producer(transactionalId: string, version: 1 | 2): TransactionClient {
  const client = new TransactionClient(cluster, transactionalId, version);
  expect(client.init()).toBe(0);
  return client;
}

/** Begins, in the way of the producer's protocol, and writes one record. */
function write(client: TransactionClient, text: string): void {
  if (client.version === 1) expect(client.add(topic, [0])).toBe(0);
  expect(client.produce(topic, 0, text)).toBe(0);
}

function settle(): void {
  cluster.runFor(100);
}

describe.each([1, 2] as const)('a transaction of protocol version %i', (version) => {
  test('is seen as a whole once it is committed, and by impatient readers before', () => {
    const client = producer(`commit-${version}`, version);
    write(client, 'a');
    expect(client.produce(topic, 0, 'b')).toBe(0);
    expect(readTexts(cluster, topic, 'committed')).toEqual([]);
    expect(readTexts(cluster, topic, 'uncommitted')).toEqual(['a', 'b']);
    expect(client.end(true)).toBe(0);
    settle();
    expect(readTexts(cluster, topic, 'committed')).toEqual(['a', 'b']);
  });

  test('is complete although a partition of it is deleted', () => {
    const client = producer(`deleted-${version}`, version);
    write(client, 'a');
    const admin = cluster.connect(cluster.follower);
    const request = { topicNames: [topic], timeoutMs: 5000 };
    expect(admin.call(deleteTopics, 5, request).responses[0]?.errorCode).toBe(0);
    admin.close();
    expect(client.end(true)).toBe(0);
    cluster.runFor(2000);
    const coordinator = cluster.connect(coordinatorNode(cluster, client.transactionalId));
    const transactionalIds = [client.transactionalId];
    const [described] = coordinator.call(describeTransactions, 0, { transactionalIds }).transactionStates;
    coordinator.close();
    expect(described?.transactionState).toBe('CompleteCommit');
  });

  test('is not seen where it is aborted', () => {
    const client = producer(`abort-${version}`, version);
    write(client, 'a');
    expect(client.end(false)).toBe(0);
    settle();
    expect(readTexts(cluster, topic, 'committed')).toEqual([]);
    expect(readTexts(cluster, topic, 'uncommitted')).toEqual(['a']);
  });

  test('follows another without a pause: the next one waits for the markers of the last', () => {
    const client = producer(`back-to-back-${version}`, version);
    const texts = ['a', 'b', 'c', 'd', 'e'];
    for (const text of texts) {
      write(client, text);
      expect(client.end(true)).toBe(0);
    }
    settle();
    expect(readTexts(cluster, topic, 'committed')).toEqual(texts);
  });

  test('is aborted, and its producer fenced, when another takes its id over', () => {
    const first = producer(`fenced-${version}`, version);
    write(first, 'a');
    const second = producer(`fenced-${version}`, version);
    expect(second.producerId).toBe(first.producerId);
    expect(second.producerEpoch).toBeGreaterThan(first.producerEpoch);
    expect(first.produce(topic, 0, 'late')).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(first.end(true)).toBe(ErrorCode.PRODUCER_FENCED);
    // Older versions know only of an epoch that is not the newest [E1].
    expect(first.end(true, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    write(second, 'b');
    expect(second.end(true)).toBe(0);
    settle();
    expect(readTexts(cluster, topic, 'committed')).toEqual(['b']);
  });

  test('carries the offsets of a group, which count once it is committed', () => {
    const client = producer(`offsets-${version}`, version);
    const groupId = `group-${version}`;
    const offset = (requireStable: boolean) => {
      const group = cluster.connect(coordinatorNode(cluster, groupId, 0));
      const asked = { groupId, requireStable, topics: [{ name: topic, partitionIndexes: [0] }] };
      const [found] = group.call(offsetFetch, 7, asked).topics[0]?.partitions ?? [];
      group.close();
      return [found?.errorCode, found?.committedOffset];
    };
    coordinatorNode(cluster, groupId, 0);
    settle();
    write(client, 'a');
    if (version === 1) expect(client.addOffsets(groupId)).toBe(0);
    expect(client.commitOffset(groupId, topic, 7)).toBe(0);
    expect(offset(false)).toEqual([0, -1]);
    expect(offset(true)).toEqual([ErrorCode.UNSTABLE_OFFSET_COMMIT, -1]);
    expect(client.end(true)).toBe(0);
    settle();
    expect(offset(true)).toEqual([0, 7]);
    if (version === 1) expect(client.addOffsets(groupId)).toBe(0);
    expect(client.commitOffset(groupId, topic, 9)).toBe(0);
    expect(client.end(false)).toBe(0);
    settle();
    expect(offset(true)).toEqual([0, 7]);
  });

  test('that takes too long is aborted by its coordinator', () => {
    const client = new TransactionClient(cluster, `slow-${version}`, version);
    expect(client.init(1000)).toBe(0);
    write(client, 'a');
    cluster.runFor(3000);
    expect(client.end(true)).not.toBe(0);
    expect(readTexts(cluster, topic, 'committed')).toEqual([]);
    const next = producer(`slow-${version}`, version);
    write(next, 'b');
    expect(next.end(true)).toBe(0);
    settle();
    expect(readTexts(cluster, topic, 'committed')).toEqual(['b']);
  });
});

describe('a partition that was not added', () => {
  test('takes no records, by the code that the version knows [V1, V5, E2]', () => {
    const client = producer('unverified', 1);
    expect(client.produce(topic, 0, 'a', 11)).toBe(ErrorCode.TRANSACTION_ABORTABLE);
    expect(client.produce(topic, 0, 'a', 10)).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(client.commitOffset('unverified', topic, 1, 4)).toBe(ErrorCode.TRANSACTION_ABORTABLE);
    expect(client.commitOffset('unverified', topic, 1, 3)).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(client.add(topic, [0])).toBe(0);
    expect(client.produce(topic, 0, 'a', 11)).toBe(0);
    expect(client.end(true)).toBe(0);
  });

  test('is not added beside one that does not exist [A3]', () => {
    const client = producer('one-is-bad', 1);
    expect(client.add(topic, [0, 99])).toBe(ErrorCode.OPERATION_NOT_ATTEMPTED);
    expect(client.add('nowhere', [0])).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(client.end(true)).toBe(ErrorCode.INVALID_TXN_STATE);
  });
});

describe('a client that goes while its records wait for the coordinator', () => {
  test('has written nothing', () => {
    const client = producer('leaver', 2);
    const coordinator = coordinatorNode(cluster, 'leaver');
    const leader = cluster.nodes.find((node) => node !== coordinator);
    if (leader === undefined) throw new Error('there is one node');
    const assignments = [{ partitionIndex: 0, brokerIds: [leader.id] }];
    cluster.createTopic('left', { numPartitions: -1, replicationFactor: -1, assignments });
    const { producerId, producerEpoch, transactionalId } = client;
    const records = batchOf(['never'], { producerId, producerEpoch, baseSequence: 0, transactional: true });
    const topicData = [{ name: 'left', partitionData: [{ index: 0, records }] }];
    const connection = cluster.connect(leader);
    connection.send(produce, 12, { transactionalId, acks: -1, timeoutMs: 5000, topicData });
    const { verification } = leader.broker.services;
    cluster.runUntil('the coordinator is being asked', () => verification.size === 1);
    connection.close();
    cluster.runFor(500);
    expect(verification.size).toBe(0);
    expect(readTexts(cluster, 'left', 'uncommitted')).toEqual([]);
    // It was added all the same, and hence is ended.
    expect(client.end(false)).toBe(0);
  });
});

describe('bad requests', () => {
  test('get the codes of Kafka', () => {
    const client = producer('bad', 1);
    client.producerId += 1;
    expect(client.add(topic, [0])).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    client.producerId -= 1;
    expect(client.end(true)).toBe(ErrorCode.INVALID_TXN_STATE);
    const unknown = new TransactionClient(cluster, 'never-seen', 1);
    expect(unknown.end(true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    const { coordinator } = client;
    const asked = { transactionalId: 'bad', transactionTimeoutMs: 2_000_000, producerId: -1, producerEpoch: -1 };
    expect(coordinator.call(initProducerId, 4, asked).errorCode).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    expect(coordinator.call(initProducerId, 4, { ...asked, transactionalId: '' }).errorCode).toBe(
      ErrorCode.INVALID_REQUEST,
    );
    const other = cluster.nodes.find((node) => node !== coordinatorNode(cluster, 'bad'));
    const astray = cluster.connect(other as never).call(initProducerId, 4, { ...asked, transactionTimeoutMs: 1000 });
    expect(astray.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

describe('an operator', () => {
  test('sees transactions by their coordinators', () => {
    const client = producer('seen', 1);
    write(client, 'a');
    const { coordinator, producerId } = client;
    const described = coordinator.call(describeTransactions, 0, { transactionalIds: ['seen', 'unseen'] });
    expect(described.transactionStates[0]).toMatchObject({
      errorCode: 0, transactionState: 'Ongoing', producerId, topics: [{ topic, partitions: [0] }],
    });
    const listed = coordinator.call(listTransactions, 2, {
      stateFilters: ['Ongoing', 'Nonsense'], producerIdFilters: [producerId], durationFilter: -1,
      transactionalIdPattern: 's.*',
    });
    expect(listed.unknownStateFilters).toEqual(['Nonsense']);
    expect(listed.transactionStates.map((one) => one.transactionalId)).toEqual(['seen']);
    expect(client.end(true)).toBe(0);
  });

  test('cannot end by a marker what a coordinator knows, and can end what nobody knows', () => {
    const client = producer('known', 1);
    write(client, 'a');
    const leader = cluster.connect(cluster.leaderOf(topic) as never);
    const marker = (producerId: number, producerEpoch: number) => {
      const topics = [{ name: topic, partitionIndexes: [0] }];
      const markers = [{ producerId, producerEpoch, transactionResult: false, coordinatorEpoch: 0, topics }];
      const answer = leader.call(writeTxnMarkers, 1, { markers });
      return answer.markers[0]?.topics[0]?.partitions[0]?.errorCode;
    };
    expect(marker(client.producerId, client.producerEpoch)).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(client.end(true)).toBe(0);
    settle();
    // By its epoch the producer may still come back to this partition.
    expect(marker(client.producerId, client.producerEpoch)).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(marker(client.producerId + 100_000, 0)).toBe(0);
    const described = leader.call(describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
    const producers = described.topics[0]?.partitions[0]?.activeProducers ?? [];
    expect(producers.map((one) => one.currentTxnStartOffset)).toEqual([-1, -1]);
    expect(readTexts(cluster, topic, 'committed')).toEqual(['a']);
  });
});

describe('a coordinator that dies', () => {
  test.each([1, 2] as const)('after it prepared a transaction of version %i has an heir that ends it', (version) => {
    const own = new TestCluster();
    cluster = own;
    const id = `survivor-${version}`;
    const coordinator = coordinatorNode(own, id);
    const client = producer(id, version);
    const elsewhere = own.nodes.find((node) => node !== coordinator && node !== own.controller) ?? own.follower;
    expect(elsewhere).not.toBe(coordinator);
    // Only one node has the partition, so that its marker cannot be written while that node is down.
    const assignments = [{ partitionIndex: 0, brokerIds: [elsewhere.id] }];
    own.createTopic('alone', { numPartitions: -1, replicationFactor: -1, assignments });
    topic = 'alone';
    write(client, 'a');
    elsewhere.kill();
    own.runFor(4000);
    expect(client.end(true)).toBe(0);
    own.runFor(500);
    coordinator.kill();
    elsewhere.start();
    own.runUntil('the partition is led again', () => own.leaderOf('alone') !== undefined);
    own.runUntil('it is committed', () => readTexts(own, 'alone', 'committed').length === 1);
    expect(client.init()).toBe(0);
    write(client, 'b');
    expect(client.end(true)).toBe(0);
    own.runFor(500);
    expect(readTexts(own, 'alone', 'committed')).toEqual(['a', 'b']);
  });
});

describe('a partition leader that dies', () => {
  test.each([1, 2] as const)('before its marker of version %i has an heir that gets the marker', (version) => {
    const own = new TestCluster();
    cluster = own;
    topic = 'moves';
    own.createTopic(topic);
    const leader = own.leaderOf(topic);
    // An id whose coordinator stays.
    const ids = Array.from({ length: 20 }, (_, at) => `stays-${at}`);
    const id = ids.find((one) => coordinatorNode(own, one) !== leader) ?? '';
    const client = producer(id, version);
    write(client, 'a');
    const { coordinator } = client;
    const { transactionalId, producerId, producerEpoch } = client;
    coordinator.send(endTxn, 4, { transactionalId, producerId, producerEpoch, committed: true });
    // Long enough for the request to arrive, too short for two rounds of replication.
    own.runFor(1);
    leader?.kill();
    expect(coordinator.take(endTxn, 4).errorCode).toBe(0);
    own.runUntil('somebody else leads', () => own.leaderOf(topic) !== undefined);
    own.runUntil('it is committed', () => readTexts(own, topic, 'committed').length === 1);
    expect(client.init()).toBe(0);
    write(client, 'b');
    expect(client.end(true)).toBe(0);
    own.runFor(500);
    expect(readTexts(own, topic, 'committed')).toEqual(['a', 'b']);
  });
});
