/** The rules of Produce, producer ids, verification and markers (I2–I21, V1–V8, X6, M8–M13), over the wire. */
import { ErrorCode, errorName } from '@hapax/base';
import { initProducerId, produce, writeTxnMarkers } from '@hapax/wire';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Partition } from '../../src/drivers/partition.ts';
import { produceRefusal, txnOffsetCommitRefusal } from '../../src/kafka/verification-codes.ts';
import { batchOf } from '../support/batches.ts';
import { leaderOf, otherThanLeader, produceBytes, type ProduceOptions } from '../support/requests.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';
import { coordinatorNode, readTexts, TransactionClient } from '../support/transaction-client.ts';

let cluster: TestCluster;
let topic: string;
let nextTopic = 0;
let nextProducerId = 1_000_000;
let producerId: number;

beforeAll(() => {
  cluster = new TestCluster();
});

beforeEach(() => {
  topic = `produced-${nextTopic++}`;
  cluster.createTopic(topic);
  producerId = nextProducerId++;
});

/** An idempotent batch; the values of records do not matter. */
const idempotent = (baseSequence: number, producerEpoch = 0, count = 1): Uint8Array =>
  batchOf(Array.from({ length: count }, () => 'x'), { producerId, producerEpoch, baseSequence });
const transactional = (baseSequence = 0, id = producerId): Uint8Array =>
  batchOf(['x'], { producerId: id, producerEpoch: 0, baseSequence, transactional: true });

/** What is in the log already, what is sent how, and the answer. */
type Row = readonly [
  rule: string, given: () => readonly Uint8Array[], sent: () => Uint8Array, options: ProduceOptions, expected: string,
];

describe('Produce', () => {
  const nothing = (): readonly Uint8Array[] => [];
  const rows: readonly Row[] = [
    ['[I2] 9: a retry is told where the original is', () => [idempotent(0), idempotent(1)], () => idempotent(0), {},
      'NONE at 0'],
    ['[I2] 3: the same', () => [idempotent(0), idempotent(1)], () => idempotent(0), { version: 3 }, 'NONE at 0'],
    ['[I4] 9: a part of a batch', () => [idempotent(0, 0, 3)], () => idempotent(0, 0, 2), {},
      'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['[I5] 9: a gap', () => [idempotent(0)], () => idempotent(2), {}, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['[I6] 9: a new epoch elsewhere than at 0', () => [idempotent(0)], () => idempotent(1, 1), {},
      'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['[I7] 9: an unknown producer anywhere', nothing, () => idempotent(9), {}, 'NONE at 0'],
    ['[I9] 9: an older epoch', () => [idempotent(0, 2)], () => idempotent(1, 1), {}, 'INVALID_PRODUCER_EPOCH'],
    ['[I12] 9: transactional records without an id', nothing, () => transactional(), {},
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['[I20] 9: an epoch that the client raised by itself', () => [idempotent(0)], () => idempotent(0, 1), {},
      'NONE at 1'],
    ['[I21] 9: acks=2', nothing, () => idempotent(0), { acks: 2 }, 'INVALID_REQUIRED_ACKS'],
    ['[I21] 3: acks=-2', nothing, () => idempotent(0), { acks: -2, version: 3 }, 'INVALID_REQUIRED_ACKS'],
    ['[I21] 9: acks=1', nothing, () => idempotent(0), { acks: 1 }, 'NONE at 0'],
  ];

  test.each(rows)('%s', (_rule, given, sent, options, expected) => {
    for (const records of given()) expect(produceBytes(cluster, topic, records).errorCode).toBe(0);
    const { errorCode, baseOffset } = produceBytes(cluster, topic, sent(), options);
    expect(errorCode === 0 ? `NONE at ${baseOffset}` : errorName(errorCode)).toBe(expected);
  });

  test('[I3] a retry with acks=-1 is answered when the original is replicated', () => {
    const leader = leaderOf(cluster, topic);
    const deaf = cluster.nodes.filter((node) => node !== leader);
    for (const node of deaf) node.host.pause();
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: idempotent(0) }] }];
    const clients = [cluster.connect(leader), cluster.connect(leader)];
    for (const client of clients) client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData });
    cluster.runFor(200);
    expect(clients.map(({ answers }) => answers.length)).toEqual([0, 0]);
    for (const node of deaf) node.host.resume();
    const answers = clients.map((client) => client.take(produce, 9).responses[0]?.partitionResponses[0]);
    expect(answers).toMatchObject([{ errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 0 }]);
  });

  test('[I11] transactional records of two producers: the whole request is refused', () => {
    const other = `${topic}-too`;
    cluster.createTopic(other);
    const client = cluster.connect(leaderOf(cluster, topic));
    const topicData = [
      { name: topic, partitionData: [{ index: 0, records: transactional() }] },
      { name: other, partitionData: [{ index: 0, records: transactional(0, producerId + 500_000) }] },
    ];
    const answer = client.call(produce, 9, { transactionalId: 't', acks: -1, timeoutMs: 5000, topicData });
    const codes = answer.responses.map(({ partitionResponses }) => partitionResponses[0]?.errorCode);
    expect(codes).toEqual([ErrorCode.INVALID_PRODUCER_ID_MAPPING, ErrorCode.INVALID_PRODUCER_ID_MAPPING]);
  });

  test('[I21] acks=0: no answer, and an error closes the connection', () => {
    const client = cluster.connect(leaderOf(cluster, topic));
    const send = (records: Uint8Array): void => {
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
      client.send(produce, 9, { acks: 0, timeoutMs: 5000, topicData });
      cluster.runFor(100);
    };
    send(idempotent(0));
    expect([client.answers.length, client.isOpen]).toEqual([0, true]);
    send(idempotent(7));
    expect([client.answers.length, client.isOpen]).toEqual([0, false]);
  });
});

describe('InitProducerId without a transactional id', () => {
  const idFrom = (node: TestNode, of = cluster): readonly [number, number, number] => {
    const client = of.connect(node);
    const asked = { transactionalId: null, transactionTimeoutMs: 0 };
    const answer = client.call(initProducerId, 1, asked);
    client.close();
    return [answer.errorCode, answer.producerId, answer.producerEpoch];
  };

  test('[I18] any broker gives a new one, with epoch 0', () => {
    const given = [...cluster.nodes, ...cluster.nodes].map((node) => idFrom(node));
    expect(given.every(([error, , epoch]) => error === 0 && epoch === 0)).toBe(true);
    expect(new Set(given.map(([, id]) => id)).size).toBe(6);
  });

  test('[I19] brokers have blocks of 1000, and none is given again by one that starts anew', () => {
    const own = new TestCluster();
    const [node] = own.nodes as readonly [TestNode];
    const [, before] = idFrom(node, own);
    node.kill();
    own.runUntil('somebody is the controller', () =>
      own.nodes.some((one) => one.isRunning && one.broker.controllerDriver?.active === true));
    node.start();
    own.runUntil('it is ready', () => node.isReady);
    const [, after] = idFrom(node, own);
    expect(Math.floor(after / 1000)).toBeGreaterThan(Math.floor(before / 1000));
    const [, elsewhere] = idFrom(own.nodes[1] as TestNode, own);
    expect(Math.floor(elsewhere / 1000)).not.toBe(Math.floor(after / 1000));
  });

  test('[I19] brokers that need more than a block each never give the same', () => {
    const [one, other] = cluster.nodes as readonly [TestNode, TestNode, TestNode];
    const given = Array.from({ length: 1100 }, () => [idFrom(one), idFrom(other)]).flat();
    expect(given.every(([error]) => error === 0)).toBe(true);
    expect(new Set(given.map(([, id]) => id)).size).toBe(2200);
  });

  test('[I19] with no block left and no controller the client is to come again', () => {
    const own = new TestCluster();
    const [alone, ...others] = own.nodes as readonly [TestNode, ...TestNode[]];
    expect(idFrom(alone, own)[0]).toBe(0);
    for (const node of others) node.kill();
    let last = idFrom(alone, own);
    for (let given = 0; given < 2000 && last[0] === 0; given++) last = idFrom(alone, own);
    expect(last).toEqual([ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, -1, -1]);
  });
});

describe('a coordinator that did not say yes', () => {
  const produceRows: readonly (readonly [string, ErrorCode, number, string])[] = [
    ['[V4] Produce 11, unreachable', ErrorCode.NETWORK_EXCEPTION, 11, 'NOT_ENOUGH_REPLICAS'],
    ['[V4] Produce 12, unreachable', ErrorCode.NETWORK_EXCEPTION, 12, 'NOT_ENOUGH_REPLICAS'],
    ['[V4] Produce 11, it loads', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 11, 'NOT_ENOUGH_REPLICAS'],
    ['[V4] Produce 11, it moved', ErrorCode.NOT_COORDINATOR, 11, 'NOT_ENOUGH_REPLICAS'],
    ['[V5] Produce 11, it is not known', ErrorCode.COORDINATOR_NOT_AVAILABLE, 11, 'NOT_ENOUGH_REPLICAS'],
    ['[V4] Produce 11, the transaction before is being ended', ErrorCode.CONCURRENT_TRANSACTIONS, 11,
      'NOT_ENOUGH_REPLICAS'],
    ['[V4] Produce 12, the transaction before is being ended', ErrorCode.CONCURRENT_TRANSACTIONS, 12,
      'CONCURRENT_TRANSACTIONS'],
    ['[V5, E2] Produce 11, not part of the transaction', ErrorCode.TRANSACTION_ABORTABLE, 11, 'TRANSACTION_ABORTABLE'],
    ['[V5, E2] Produce 10, not part of the transaction', ErrorCode.TRANSACTION_ABORTABLE, 10, 'INVALID_TXN_STATE'],
    ['[V5] Produce 11, it refused the broker', ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 11, 'INVALID_TXN_STATE'],
    ['[V5, E3] Produce 12, fenced', ErrorCode.PRODUCER_FENCED, 12, 'INVALID_PRODUCER_EPOCH'],
    ['[V5] Produce 12, another producer id', ErrorCode.INVALID_PRODUCER_ID_MAPPING, 12, 'INVALID_PRODUCER_ID_MAPPING'],
  ];

  test.each(produceRows)('%s', (_rule, error, version, expected) => {
    expect(errorName(produceRefusal(error, version).error)).toBe(expected);
  });

  const commitRows: readonly (readonly [string, ErrorCode, number, string])[] = [
    ['[V7] TxnOffsetCommit 3, unreachable', ErrorCode.NETWORK_EXCEPTION, 3, 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['[V7] TxnOffsetCommit 5, unreachable', ErrorCode.NETWORK_EXCEPTION, 5, 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['[V7] TxnOffsetCommit 5, it moved', ErrorCode.NOT_COORDINATOR, 5, 'NOT_COORDINATOR'],
    ['[V7] TxnOffsetCommit 5, it is not known', ErrorCode.COORDINATOR_NOT_AVAILABLE, 5, 'COORDINATOR_NOT_AVAILABLE'],
    ['[V7] TxnOffsetCommit 5, too many wait', ErrorCode.NOT_ENOUGH_REPLICAS, 5, 'COORDINATOR_NOT_AVAILABLE'],
    ['[V7] TxnOffsetCommit 5, another leads', ErrorCode.NOT_LEADER_OR_FOLLOWER, 5, 'NOT_COORDINATOR'],
    ['[V5, E2] TxnOffsetCommit 4, not part of it', ErrorCode.TRANSACTION_ABORTABLE, 4, 'TRANSACTION_ABORTABLE'],
    ['[V5, E2] TxnOffsetCommit 3, not part of it', ErrorCode.TRANSACTION_ABORTABLE, 3, 'INVALID_TXN_STATE'],
    ['[V5, E3] TxnOffsetCommit 5, fenced', ErrorCode.PRODUCER_FENCED, 5, 'INVALID_PRODUCER_EPOCH'],
  ];

  test.each([
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.REQUEST_TIMED_OUT, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.KAFKA_STORAGE_ERROR, 'NOT_COORDINATOR'],
  ] as const)('[V7] TxnOffsetCommit 5, the log said %i: %s', (error, expected) => {
    expect(errorName(txnOffsetCommitRefusal(error, 5))).toBe(expected);
  });

  test.each(commitRows)('%s', (_rule, error, version, expected) => {
    expect(errorName(txnOffsetCommitRefusal(error, version))).toBe(expected);
  });
});

describe('a partition of a transaction', () => {
  const producer = (version: 1 | 2): TransactionClient => {
    const client = new TransactionClient(cluster, `of-${topic}`, version);
    expect(client.init()).toBe(0);
    return client;
  };

  const rows: readonly (readonly [string, (client: TransactionClient) => number, string])[] = [
    ['[V1] Produce 3 to one that was not added', (client) => client.produce(topic, 0, 'x', 3), 'INVALID_TXN_STATE'],
    ['[V1] Produce 10 to one that was not added', (client) => client.produce(topic, 0, 'x', 10), 'INVALID_TXN_STATE'],
    ['[V1] Produce 11 to one that was not added', (client) => client.produce(topic, 0, 'x', 11),
      'TRANSACTION_ABORTABLE'],
    ['[V1] Produce 11 to one that was added', (client) => {
      client.add(topic, [0]);
      return client.produce(topic, 0, 'x', 11);
    }, 'NONE'],
    ['[V1] Produce 12 adds it', (client) => client.produce(topic, 0, 'x', 12), 'NONE'],
    ['[V1] TxnOffsetCommit 4 to a group that was not added', (client) => client.commitOffset('g', topic, 1, 4),
      'TRANSACTION_ABORTABLE'],
    ['[V1] TxnOffsetCommit 3 to a group that was not added', (client) => client.commitOffset('g', topic, 1, 3),
      'INVALID_TXN_STATE'],
    ['[V1] TxnOffsetCommit 5 adds it', (client) => client.commitOffset('g', topic, 1, 5), 'NONE'],
    ['[V2] Produce 12 of an epoch that the partition knows as old', (client) => {
      client.produce(topic, 0, 'x', 12);
      client.end(true, 5);
      client.producerEpoch -= 1;
      return client.produce(topic, 0, 'y', 12);
    }, 'INVALID_PRODUCER_EPOCH'],
    ['[V5] Produce 11 with another producer id', (client) => {
      client.producerId += 1000;
      return client.produce(topic, 0, 'x', 11);
    }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['[V5, E3] Produce 12 of an epoch that its coordinator knows as old', (client) => {
      const { producerEpoch } = client;
      client.init();
      client.producerEpoch = producerEpoch;
      return client.produce(topic, 0, 'x', 12);
    }, 'INVALID_PRODUCER_EPOCH'],
  ];

  test.each(rows)('%s', (_rule, act, expected) => {
    const client = producer(1);
    expect(errorName(act(client) as ErrorCode)).toBe(expected);
    client.end(false, 4);
    cluster.runFor(100);
  });

  test('[V8] there is no way around the verification: nothing hangs', () => {
    const client = producer(1);
    for (const version of [3, 5, 7, 8, 9, 10, 11]) expect(client.produce(topic, 0, 'x', version)).not.toBe(0);
    expect(leaderOf(cluster, topic).broker.services.partitions.findByName(topic, 0)?.log.endOffset).toBe(0);
  });

  test('[V6] a question of an older epoch makes way for one of a newer', () => {
    const coordinator = coordinatorNode(cluster, `of-${topic}`);
    const asking = cluster.nodes.find((node) => node !== coordinator);
    const client = producer(2);
    const old = client.producerEpoch;
    client.init();
    const ask = (producerEpoch: number): readonly ErrorCode[] => {
      const codes: ErrorCode[] = [];
      const question = {
        transactionalId: `of-${topic}`, producerId: client.producerId, producerEpoch, mode: 'verify', connectionId: 1,
        partitions: [{ topic, index: 0 }],
      } as const;
      asking?.broker.services.verification.ask(question, (errors) => codes.push(...errors));
      return codes;
    };
    const [first, second] = [ask(old), ask(client.producerEpoch)];
    expect(first).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
    cluster.runUntil('the newer one is answered', () => second.length > 0);
    expect(second).toEqual([ErrorCode.TRANSACTION_ABORTABLE]);
  });

  test.each([1, 2] as const)('[M12] TV%i: added, never written: it gets a marker, and the rest is committed', (tv) => {
    const empty = `${topic}-empty`;
    cluster.createTopic(empty);
    const client = producer(tv);
    expect(client.add(empty, [0])).toBe(0);
    if (tv === 1) expect(client.add(topic, [0])).toBe(0);
    expect(client.produce(topic, 0, 'x')).toBe(0);
    expect(client.end(true)).toBe(0);
    cluster.runFor(200);
    expect(leaderOf(cluster, empty).broker.services.partitions.findByName(empty, 0)?.log.endOffset).toBe(1);
    expect(readTexts(cluster, topic, 'committed')).toEqual(['x']);
    expect(client.init()).toBe(0);
  });

  test.each([
    [1, 'NONE', ['x']],
    [2, 'PRODUCER_FENCED', []],
  ] as const)('[M13] TV%i: an EndTxn that comes after the next transaction began: %s', (tv, expected, committed) => {
    const client = producer(tv);
    const late = { transactionalId: `of-${topic}`, producerId: client.producerId, producerEpoch: client.producerEpoch };
    const other = `${topic}-other`;
    cluster.createTopic(other);
    if (tv === 1) client.add(other, [0]);
    expect(client.produce(other, 0, 'first')).toBe(0);
    expect(client.end(true)).toBe(0);
    cluster.runFor(200);
    if (tv === 1) client.add(topic, [0]);
    expect(client.produce(topic, 0, 'x')).toBe(0);
    // The first EndTxn again, by a connection that was slow.
    const impostor = new TransactionClient(cluster, late.transactionalId, tv);
    Object.assign(impostor, late);
    expect(errorName(impostor.end(true) as ErrorCode)).toBe(expected);
    cluster.runFor(200);
    expect(readTexts(cluster, topic, 'committed')).toEqual(committed);
  });
});

describe('WriteTxnMarkers', () => {
  const mark = (node: TestNode, index: number, fields: object = {}, version = 1): string => {
    const topics = [{ name: topic, partitionIndexes: [index] }];
    const marker = { producerId, producerEpoch: 0, transactionResult: false, coordinatorEpoch: 0, topics, ...fields };
    const client = cluster.connect(node);
    const answer = client.call(writeTxnMarkers, version, { markers: [marker] });
    client.close();
    const code = answer.markers[0]?.topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    return errorName(code as ErrorCode);
  };

  beforeAll(() => {
    // An operator's marker is written only where every part of the transaction log was searched.
    coordinatorNode(cluster, 'anybody');
    cluster.runFor(500);
  });

  test('[M8] to a partition that does not exist, and to one that another node leads', () => {
    expect(mark(leaderOf(cluster, topic), 9)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(mark(otherThanLeader(cluster, topic), 0)).toBe('NOT_LEADER_OR_FOLLOWER');
  });

  test('[M8, M10] to one without a transaction: it is written, and moves the last stable offset past it', () => {
    expect(mark(leaderOf(cluster, topic), 0)).toBe('NONE');
    const partition = leaderOf(cluster, topic).broker.services.partitions.findByName(topic, 0);
    expect([partition?.log.endOffset, partition?.replica.lastStableOffset]).toEqual([1, 1]);
  });

  /** A partition with a transaction of epoch 0 that no coordinator knows: nobody was asked, as before KIP-890. */
  const hanging = (): Partition => {
    const partition = leaderOf(cluster, topic).broker.services.partitions.findByName(topic, 0);
    if (partition === undefined) throw new Error(`there is no ${topic}-0`);
    const records = transactional();
    const verification = partition.verificationFor(records);
    const options = { requiredAcks: -1, deadlineMs: cluster.time.nowMs + 5000, apiVersion: 9, verification } as const;
    partition.produce(records, options, () => undefined);
    cluster.runUntil('it is committed to the log', () => partition.replica.highWatermark === 1);
    expect(partition.replica.lastStableOffset).toBe(0);
    return partition;
  };

  test.each([
    ['1', 1, {}, 'NONE', 2],
    ['2, made by TV1', 2, { transactionVersion: 1 }, 'NONE', 2],
    ['2, made by TV2: its marker is an epoch ahead', 2, { transactionVersion: 2, producerEpoch: 1 }, 'NONE', 2],
    ['2, made by TV2, of its own epoch', 2, { transactionVersion: 2 }, 'INVALID_PRODUCER_EPOCH', 0],
  ] as const)('[X6, M9] ends a transaction that hangs: version %s', (_rule, version, fields, expected, stable) => {
    const partition = hanging();
    expect(mark(leaderOf(cluster, topic), 0, fields, version)).toBe(expected);
    expect(partition.replica.lastStableOffset).toBe(stable);
  });

  test('[X6] ends no transaction that a coordinator knows', () => {
    const client = new TransactionClient(cluster, `of-${topic}`, 2);
    expect(client.init()).toBe(0);
    expect(client.produce(topic, 0, 'x')).toBe(0);
    const { producerEpoch } = client;
    const fields = { producerId: client.producerId, producerEpoch };
    expect(mark(leaderOf(cluster, topic), 0, fields)).toBe('INVALID_TXN_STATE');
    expect(client.end(true)).toBe(0);
  });

  test('[M9] of an older epoch, and of an older coordinator', () => {
    const leader = leaderOf(cluster, topic);
    expect(mark(leader, 0, { producerEpoch: 5, coordinatorEpoch: 3 })).toBe('NONE');
    expect(mark(leader, 0, { producerEpoch: 4, coordinatorEpoch: 3 })).toBe('INVALID_PRODUCER_EPOCH');
    expect(mark(leader, 0, { producerEpoch: 5, coordinatorEpoch: 2 })).toBe('TRANSACTION_COORDINATOR_FENCED');
  });

  test('[M9, M11] version 2 says by which protocol: the same marker again is written again', () => {
    const leader = leaderOf(cluster, topic);
    const fields = { producerEpoch: 5, transactionVersion: 2 };
    expect([mark(leader, 0, fields, 2), mark(leader, 0, fields, 2)]).toEqual(['NONE', 'NONE']);
    expect(leader.broker.services.partitions.findByName(topic, 0)?.log.endOffset).toBe(2);
  });
});
