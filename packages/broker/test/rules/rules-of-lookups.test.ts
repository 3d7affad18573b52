/** The rules of reading and of looking offsets up (L5–L10, S1–S6, H13–H18, H21, H22), over the wire. */
import { ErrorCode, errorName } from '@hapax/base';
import { deleteRecords, fetch, listOffsets, metadata } from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf, START_MS } from '../support/batches.ts';
import {
  epochEnd, fetchFrom, leaderOf, lookUp, otherThanLeader, produceBytes, write, type FetchOptions, type LookUpOptions,
} from '../support/requests.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';
import { TransactionClient } from '../support/transaction-client.ts';

/** Offsets 0–2 in a batch, a second apart; 3, which is the latest of all; 4 and 5, open in a transaction. */
const TOPIC = 'looked-at';
let cluster: TestCluster;

beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic(TOPIC);
  write(cluster, TOPIC, ['a', 'b', 'c']);
  write(cluster, TOPIC, ['d'], START_MS + 60_000);
  const producer = new TransactionClient(cluster, 'opens', 2);
  expect(producer.init(900_000)).toBe(0);
  expect(producer.produce(TOPIC, 0, 'e')).toBe(0);
  expect(producer.produce(TOPIC, 0, 'f')).toBe(0);
});

describe('ListOffsets', () => {
  const rows: readonly (readonly [string, number, LookUpOptions, string])[] = [
    ['[S1, S2] -1: the high watermark, without a time', -1, {}, '6 at -1'],
    ['[S1, L8] -1 of committed data: the last stable offset', -1, { isolationLevel: 1 }, '4 at -1'],
    ['[S1] -1 of a debugger: the end of the log', -1, { replicaId: -2 }, '6 at -1'],
    ['[S1, S2] -2: the log start, without a time', -2, {}, '0 at -1'],
    ['[S1] -3: the record with the highest timestamp', -3, {}, '3 at +60000'],
    ['[S1] -3 in version 7', -3, { version: 7 }, '3 at +60000'],
    ['[S1] -3 in version 6', -3, { version: 6 }, 'UNSUPPORTED_VERSION'],
    ['[S1] -4: the log start', -4, {}, '0 at -1'],
    ['[S1] -4 in version 7', -4, { version: 7 }, 'UNSUPPORTED_VERSION'],
    ['[S1] -5: nothing is kept elsewhere', -5, {}, '-1 at -1'],
    ['[S1] -5 in version 8', -5, { version: 8 }, 'UNSUPPORTED_VERSION'],
    ['[S1] -6, which version 11 brings', -6, {}, 'UNSUPPORTED_VERSION'],
    ['[S1] the time of a record', START_MS + 1000, {}, '1 at +1000'],
    ['[S1] a time between records', START_MS + 1001, {}, '2 at +2000'],
    ['[S1] a time before all', 0, {}, '0 at +0'],
    ['[S1] a time after all', START_MS + 60_001, {}, '-1 at -1'],
    ['[S4] a node that does not lead', -1, { node: undefined as never }, 'NOT_LEADER_OR_FOLLOWER'],
    ['[H13] the leader epoch of now', -1, { currentLeaderEpoch: 0 }, '6 at -1'],
    ['[H13] a newer leader epoch', -1, { currentLeaderEpoch: 9 }, 'UNKNOWN_LEADER_EPOCH'],
  ];

  test.each(rows)('%s', (_rule, timestamp, options, expected) => {
    const node = 'node' in options ? { node: otherThanLeader(cluster, TOPIC) } : {};
    const found = lookUp(cluster, TOPIC, timestamp, { ...options, ...node });
    const at = found.timestamp < 0 ? `${found.timestamp}` : `+${found.timestamp - START_MS}`;
    expect(found.errorCode === 0 ? `${found.offset} at ${at}` : errorName(found.errorCode)).toBe(expected);
  });

  test('[S1] what is open in a transaction is hidden from readers of committed data', () => {
    // Both records of the transaction are of the time of offset 0.
    cluster.createTopic('hidden');
    const producer = new TransactionClient(cluster, 'hides', 2);
    expect(producer.init()).toBe(0);
    expect(producer.produce('hidden', 0, 'a')).toBe(0);
    const offsets = ([0, 1] as const).map((isolationLevel) =>
      lookUp(cluster, 'hidden', START_MS, { isolationLevel }).offset);
    expect(offsets).toEqual([0, -1]);
    expect(lookUp(cluster, 'hidden', -3, { isolationLevel: 1 }).offset).toBe(-1);
    expect(producer.end(true)).toBe(0);
  });

  test('[S2] the leader epoch comes with version 4', () => {
    expect([3, 4].map((version) => lookUp(cluster, TOPIC, -1, { version }).leaderEpoch)).toEqual([-1, 0]);
  });

  test('[S4] a partition that is named twice', () => {
    const asked = { partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1 };
    const client = cluster.connect(leaderOf(cluster, TOPIC));
    const topics = [{ name: TOPIC, partitions: [asked, asked] }];
    const { topics: answered } = client.call(listOffsets, 9, { replicaId: -1, topics });
    client.close();
    const codes = answered.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
    expect(codes).toEqual([ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  });
});

describe('Fetch', () => {
  const rows: readonly (readonly [string, number, FetchOptions, string])[] = [
    ['[L5] of committed data ends at the last stable offset', 0, { isolationLevel: 1 }, 'NONE 0,3'],
    ['[L5] of all data ends at the high watermark', 0, {}, 'NONE 0,3,4,5'],
    ['[L5] at the last stable offset', 4, { isolationLevel: 1 }, 'NONE '],
    ['[L5] between last stable offset and end', 5, { isolationLevel: 1 }, 'NONE '],
    ['[L5] at the end', 6, { isolationLevel: 1 }, 'NONE '],
    ['[L5] behind the end', 7, { isolationLevel: 1 }, 'OFFSET_OUT_OF_RANGE '],
    ['[L5] below 0', -1, {}, 'OFFSET_OUT_OF_RANGE '],
    ['[L10] from within a batch', 2, { isolationLevel: 1 }, 'NONE 0,3'],
    ['[L10] the first batch is whole, whatever the limit', 0, { partitionMaxBytes: 1 }, 'NONE 0'],
    ['[L10] whatever the limit of the request', 0, { maxBytes: 1 }, 'NONE 0'],
    ['[L10] in version 4', 0, { maxBytes: 1, version: 4 }, 'NONE 0'],
    ['[H13] the leader epoch of now', 0, { currentLeaderEpoch: 0, isolationLevel: 1 }, 'NONE 0,3'],
    ['[H13] a newer leader epoch', 0, { currentLeaderEpoch: 9 }, 'UNKNOWN_LEADER_EPOCH '],
    ['[H15] the last epoch is the leader’s', 3, { lastFetchedEpoch: 0, isolationLevel: 1 }, 'NONE 3'],
    ['[H16] more of an epoch than was ever written', 9, { lastFetchedEpoch: 0 }, 'diverges in 0 at 6'],
    ['[H16] an epoch that never was', 3, { lastFetchedEpoch: 7 }, 'OFFSET_OUT_OF_RANGE '],
    ['[H22] a node that does not lead', 0, { node: undefined as never }, 'NOT_LEADER_OR_FOLLOWER '],
    ['[H18] a partition that does not exist', 0, { partition: 9 }, 'UNKNOWN_TOPIC_OR_PARTITION '],
    ['[H18] an id of no topic', 0, { version: 13, topicId: 'AAAAAAAAAAAAAAAAAAAAzw' }, 'UNKNOWN_TOPIC_ID '],
  ];

  test.each(rows)('%s', (_rule, offset, options, expected) => {
    const node = 'node' in options ? { node: otherThanLeader(cluster, TOPIC) } : {};
    const found = fetchFrom(cluster, TOPIC, offset, { ...options, ...node });
    const { divergingEpoch: { epoch, endOffset } } = found;
    const outcome = `${errorName(found.errorCode)} ${found.offsets}`;
    expect(epoch >= 0 ? `diverges in ${epoch} at ${endOffset}` : outcome).toBe(expected);
  });

  test('[L8] the last stable offset comes with every version and isolation', () => {
    for (const isolationLevel of [0, 1] as const) {
      for (const version of [4, 12]) {
        expect(fetchFrom(cluster, TOPIC, 0, { isolationLevel, version })).toMatchObject({
          highWatermark: 6, lastStableOffset: 4,
        });
      }
    }
  });

  test('[L5] of committed data that is below the log start', () => {
    cluster.createTopic('shortened');
    write(cluster, 'shortened', ['a', 'b']);
    expect(deleteTo('shortened', 1).errorCode).toBe(0);
    expect(fetchFrom(cluster, 'shortened', 0, { isolationLevel: 1 }).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });
});

describe('OffsetForLeaderEpoch', () => {
  const rows: readonly (readonly [string, number, LookUpOptions, string])[] = [
    ['[S5, H14] the epoch of now ends at the end of the log', 0, {}, 'epoch 0 ends at 6'],
    ['[S5, H14] an epoch that never was', 7, {}, 'epoch -1 ends at -1'],
    ['[S5, H13] the leader epoch of now', 0, { currentLeaderEpoch: 0 }, 'epoch 0 ends at 6'],
    ['[S5, H13] a newer leader epoch', 0, { currentLeaderEpoch: 9 }, 'UNKNOWN_LEADER_EPOCH'],
    ['[S5, H13] a node that does not lead', 0, { node: undefined as never }, 'NOT_LEADER_OR_FOLLOWER'],
  ];

  test.each(rows)('%s', (_rule, epoch, options, expected) => {
    const node = 'node' in options ? { node: otherThanLeader(cluster, TOPIC) } : {};
    const found = epochEnd(cluster, TOPIC, epoch, { ...options, ...node });
    const outcome = `epoch ${found.leaderEpoch} ends at ${found.endOffset}`;
    expect(found.errorCode === 0 ? outcome : errorName(found.errorCode)).toBe(expected);
  });
});

function deleteTo(topic: string, offset: number, node: TestNode = leaderOf(cluster, topic), timeoutMs = 5000) {
  const client = cluster.connect(node);
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
  const [answer] = client.call(deleteRecords, 2, { topics, timeoutMs }).topics[0]?.partitions ?? [];
  client.close();
  if (answer === undefined) throw new Error(`no answer for ${topic}-0`);
  return answer;
}

describe('DeleteRecords', () => {
  beforeAll(() => {
    cluster.createTopic('cut');
    cluster.createTopic('compacted', { configs: [{ name: 'cleanup.policy', value: 'compact' }] });
    write(cluster, 'cut', ['a', 'b', 'c']);
  });

  const rows: readonly (readonly [string, string, number, string])[] = [
    ['[S6] to an offset: all live replicas begin there', 'cut', 1, 'begins at 1,1,1'],
    ['[S6] to one that is gone already', 'cut', 0, 'begins at 1,1,1'],
    ['[S6] beyond the high watermark', 'cut', 4, 'OFFSET_OUT_OF_RANGE'],
    ['[S6] to -1, the high watermark', 'cut', -1, 'begins at 3,3,3'],
    ['[S6] of a compacted topic', 'compacted', 0, 'POLICY_VIOLATION'],
  ];

  test.each(rows)('%s', (_rule, topic, offset, expected) => {
    const { errorCode } = deleteTo(topic, offset);
    const begins = cluster.nodes.map(({ broker }) => broker.services.partitions.findByName(topic, 0)?.log.startOffset);
    expect(errorCode === 0 ? `begins at ${begins}` : errorName(errorCode)).toBe(expected);
  });

  test('[S6] where another leads, and where a live replica does not hear of it', () => {
    expect(deleteTo('cut', 0, otherThanLeader(cluster, 'cut')).errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    cluster.createTopic('unheard');
    write(cluster, 'unheard', ['a']);
    const leader = leaderOf(cluster, 'unheard');
    const deaf = cluster.nodes.find((node) => node !== leader && node !== cluster.controller);
    deaf?.host.pause();
    expect(deleteTo('unheard', 1, leader, 300).errorCode).toBe(ErrorCode.REQUEST_TIMED_OUT);
    deaf?.host.resume();
  });
});

describe('a request that came to the wrong node', () => {
  const hintsOf = (found: { currentLeader: { leaderId: number; leaderEpoch: number } }, nodes: readonly unknown[]) =>
    ({ leader: found.currentLeader.leaderId, epoch: found.currentLeader.leaderEpoch, nodes: nodes.length });

  test.each([[9, -1, -1, 0], [10, 1, 0, 1]])('[H22] Produce %i', (version, isTold, epoch, nodes) => {
    const node = otherThanLeader(cluster, TOPIC);
    const found = produceBytes(cluster, TOPIC, batchOf(['a']), { node, version });
    expect(found.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    const leader = isTold === 1 ? leaderOf(cluster, TOPIC).id : -1;
    expect(hintsOf(found, found.answer.nodeEndpoints)).toEqual({ leader, epoch, nodes });
  });

  test.each([[15, -1, -1, 0], [16, 1, 0, 1]])('[H22] Fetch %i', (version, isTold, epoch, nodes) => {
    const topicId = cluster.follower.broker.services.metadata.image.topicByName(TOPIC)?.topicId ?? '';
    const found = fetchFrom(cluster, TOPIC, 0, { node: otherThanLeader(cluster, TOPIC), version, topicId });
    expect(found.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    const leader = isTold === 1 ? leaderOf(cluster, TOPIC).id : -1;
    expect(hintsOf(found, found.answer.nodeEndpoints)).toEqual({ leader, epoch, nodes });
  });
});

describe('a leader that died', () => {
  let own: TestCluster;
  let dead: TestNode;
  beforeAll(() => {
    own = new TestCluster();
    own.createTopic('moved');
    write(own, 'moved', ['a', 'b']);
    dead = leaderOf(own, 'moved');
    dead.kill();
    own.runUntil('another leads', () => own.leaderOf('moved') !== undefined);
    own.runUntil('it knows what is committed', () => lookUp(own, 'moved', -1).errorCode === 0);
  });

  test.each([
    ['[H13] Fetch with its leader epoch', () => fetchFrom(own, 'moved', 0, { currentLeaderEpoch: 0 })],
    ['[H13] ListOffsets with its leader epoch', () => lookUp(own, 'moved', -1, { currentLeaderEpoch: 0 })],
    ['[H13] OffsetForLeaderEpoch with its leader epoch', () => epochEnd(own, 'moved', 0, { currentLeaderEpoch: 0 })],
  ])('%s', (_rule, ask) => {
    expect(errorName(ask().errorCode)).toBe('FENCED_LEADER_EPOCH');
  });

  test('[H22] who comes with its leader epoch is told of the leader of now', () => {
    const topicId = leaderOf(own, 'moved').broker.services.metadata.image.topicByName('moved')?.topicId ?? '';
    const found = fetchFrom(own, 'moved', 0, { version: 16, topicId, currentLeaderEpoch: 0 });
    expect(found.currentLeader).toMatchObject({ leaderId: leaderOf(own, 'moved').id, leaderEpoch: 1 });
  });

  test('[H14, S5] its leader epoch ended where the next one began', () => {
    expect(epochEnd(own, 'moved', 0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 });
  });

  test('[H16] who read beyond that is told where its log parts', () => {
    const found = fetchFrom(own, 'moved', 3, { lastFetchedEpoch: 0 });
    expect(found).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 2 }, offsets: [] });
  });

  test('[H21] is no broker any more, and offline where it is a replica', () => {
    const client = own.connect(leaderOf(own, 'moved'));
    const told = client.call(metadata, 12, { topics: [{ name: 'moved' }] });
    client.close();
    expect(told.brokers.map(({ nodeId }) => nodeId)).not.toContain(dead.id);
    expect(told.brokers).toHaveLength(2);
    expect(told.topics[0]?.partitions[0]).toMatchObject({ offlineReplicas: [dead.id] });
    expect(told.topics[0]?.partitions[0]?.isrNodes).not.toContain(dead.id);
  });
});

describe('a new leader that does not know yet how far the one before had committed', () => {
  let own: TestCluster;
  beforeAll(() => {
    own = new TestCluster();
    const configs = [{ name: 'min.insync.replicas', value: '2' }];
    const brokerIds = own.nodes.filter((node) => node !== own.controller).map(({ id }) => id);
    const assignments = [{ partitionIndex: 0, brokerIds }];
    own.createTopic('fresh', { numPartitions: -1, replicationFactor: -1, assignments, configs });
    write(own, 'fresh', ['a', 'b']);
    // Its follower has the records, and was not told that they are committed. Alone, it commits nothing [H3].
    leaderOf(own, 'fresh').kill();
    own.runUntil('another leads', () => own.leaderOf('fresh') !== undefined);
  });

  const rows: readonly (readonly [string, number, LookUpOptions, string])[] = [
    ['[S3] -1', -1, {}, 'OFFSET_NOT_AVAILABLE'],
    ['[S3] -1 of committed data', -1, { isolationLevel: 1 }, 'OFFSET_NOT_AVAILABLE'],
    ['[S3] a time', START_MS, {}, 'OFFSET_NOT_AVAILABLE'],
    ['[S3, E5] -1 in version 5', -1, { version: 5 }, 'OFFSET_NOT_AVAILABLE'],
    ['[S3, E5] -1 in version 4', -1, { version: 4 }, 'LEADER_NOT_AVAILABLE'],
    ['[S3] -2', -2, {}, '0'],
    ['[S1, S3] -1 of a debugger: the end of the log', -1, { replicaId: -2 }, '2'],
  ];

  test.each(rows)('%s', (_rule, timestamp, options, expected) => {
    const { errorCode, offset } = lookUp(own, 'fresh', timestamp, options);
    expect(errorCode === 0 ? `${offset}` : errorName(errorCode)).toBe(expected);
  });
});

test('[L7] a fetch that waited is told of the abort that it waited for', () => {
  cluster.createTopic('awaited');
  const producer = new TransactionClient(cluster, 'awaited', 2);
  expect(producer.init()).toBe(0);
  expect(producer.produce('awaited', 0, 'a')).toBe(0);
  const client = cluster.connect(leaderOf(cluster, 'awaited'));
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  client.send(fetch, 11, {
    maxWaitMs: 30_000, minBytes: 1, isolationLevel: 1, sessionEpoch: -1, topics: [{ topic: 'awaited', partitions }],
  });
  cluster.runFor(500);
  expect(client.answers).toHaveLength(0);
  const { producerId } = producer;
  expect(producer.end(false)).toBe(0);
  const [answer] = client.take(fetch, 11).responses[0]?.partitions ?? [];
  expect(answer?.abortedTransactions).toEqual([{ producerId, firstOffset: 0 }]);
});
