/** Partitions move, lose their beginnings and are looked at, over the wire. */
import { ErrorCode, type NodeId } from '@hapax/base';
import {
  alterPartitionReassignments,
  deleteRecords,
  describeLogDirs,
  describeProducers,
  describeTopicPartitions,
  electLeaders,
  fetch,
  listOffsets,
  listPartitionReassignments,
  metadata,
  produce,
  type ResponseOf,
} from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf } from '../support/batches.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';

type Page = ResponseOf<typeof describeTopicPartitions>;

let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster();
});

function leader(topic: string, partition = 0): TestNode {
  const found = cluster.leaderOf(topic, partition);
  if (found === undefined) throw new Error(`nobody leads ${topic}-${partition}`);
  return found;
}

function write(topic: string, texts: readonly string[], producer: object = {}): void {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(texts, producer) }] }];
  const client = cluster.connect(leader(topic));
  const [result] =
    client.call(produce, 9, { acks: -1, timeoutMs: 5000, topicData }).responses[0]?.partitionResponses ?? [];
  expect(result?.errorCode).toBe(0);
}

function replicasOf(topic: string): readonly NodeId[] {
  return cluster.controller.broker.services.metadata.image.topicByName(topic)?.partitions[0]?.replicas ?? [];
}

describe('DeleteRecords', () => {
  function cut(topic: string, offset: number, node = leader(topic), timeoutMs = 5000) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
    return cluster.connect(node).call(deleteRecords, 2, { topics, timeoutMs }).topics[0]?.partitions[0];
  }

  function beginningAt(node: TestNode, topic: string): number | undefined {
    return node.broker.services.partitions.findByName(topic, 0)?.log.startOffset;
  }

  test('the log begins later on every live replica when the answer comes', () => {
    cluster.createTopic('cut');
    write('cut', ['a', 'b', 'c']);
    write('cut', ['d', 'e']);
    expect(cut('cut', 4)).toMatchObject({ errorCode: 0, lowWatermark: 4 });
    expect(cluster.nodes.map((node) => beginningAt(node, 'cut'))).toEqual([4, 4, 4]);
    const client = cluster.connect(leader('cut'));
    const asked = [{ name: 'cut', partitions: [{ partitionIndex: 0, timestamp: -2 }] }];
    expect(client.call(listOffsets, 7, { replicaId: -1, topics: asked }).topics[0]?.partitions[0]?.offset).toBe(4);
    const topics = [{ topic: 'cut', partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }] }];
    const [read] =
      client.call(fetch, 11, { maxWaitMs: 0, minBytes: 0, topics, sessionEpoch: -1 }).responses[0]?.partitions ?? [];
    expect(read).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  test('-1 means everything that is committed; an offset that is gone already changes nothing', () => {
    cluster.createTopic('cut-all');
    write('cut-all', ['a', 'b', 'c']);
    expect(cut('cut-all', -1)).toMatchObject({ errorCode: 0, lowWatermark: 3 });
    expect(cut('cut-all', 1)).toMatchObject({ errorCode: 0, lowWatermark: 3 });
    write('cut-all', ['d']);
    expect(leader('cut-all').broker.services.partitions.findByName('cut-all', 0)?.log.endOffset).toBe(4);
  });

  test('what cannot be cut is refused', () => {
    cluster.createTopic('uncut');
    cluster.createTopic('compacted', { configs: [{ name: 'cleanup.policy', value: 'compact' }] });
    write('uncut', ['a']);
    expect(cut('uncut', 2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 });
    expect(cut('uncut', -2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(cut('compacted', 0)).toMatchObject({ errorCode: ErrorCode.POLICY_VIOLATION });
    expect(cut('nowhere', 0, cluster.follower)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    const other = cluster.nodes.find((node) => node !== leader('uncut'));
    expect(cut('uncut', 1, other)).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
  });

  test('time runs out where a live replica does not hear of it', () => {
    cluster.createTopic('unheard');
    write('unheard', ['a', 'b']);
    const node = leader('unheard');
    const deaf = cluster.nodes.find((one) => one !== node && one !== cluster.controller);
    if (deaf === undefined) throw new Error('there is no other node');
    deaf.host.pause();
    expect(cut('unheard', 1, node, 300)).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT, lowWatermark: -1 });
    deaf.host.resume();
    cluster.runFor(5000);
    expect(beginningAt(deaf, 'unheard')).toBe(1);
  });
});

describe('reassignments', () => {
  function move(topic: string, replicas: number[] | null, allowReplicationFactorChange = true) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, replicas }] }];
    const asked = { timeoutMs: 5000, allowReplicationFactorChange, topics };
    return cluster.connect(cluster.follower).call(alterPartitionReassignments, 1, asked);
  }

  test('a partition moves to other brokers with all that it holds', () => {
    cluster.createTopic('moving', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
    });
    write('moving', ['a', 'b']);
    expect(move('moving', [3, 2]).responses[0]?.partitions[0]).toMatchObject({ errorCode: 0 });
    cluster.runUntil('the move is done', () => replicasOf('moving').join() === '3,2');
    cluster.runUntil(
      'the copy is whole',
      () => cluster.node(3).broker.services.partitions.findByName('moving', 0)?.log.endOffset === 2,
    );
    expect(cluster.node(1).broker.services.partitions.findByName('moving', 0)).toBeUndefined();
  });

  test('a move is listed while it is under way, and can be called off', () => {
    cluster.createTopic('stuck', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
    });
    write('stuck', ['a', 'b']);
    cluster.node(3).host.pause();
    expect(move('stuck', [1, 3]).responses[0]?.partitions[0]).toMatchObject({ errorCode: 0 });
    const client = cluster.connect(cluster.node(2));
    const [listed] = client.call(listPartitionReassignments, 0, { topics: null }).topics;
    expect(listed).toMatchObject({
      name: 'stuck',
      partitions: [{ partitionIndex: 0, addingReplicas: [3], removingReplicas: [2] }],
    });
    const other = client.call(listPartitionReassignments, 0, {
      topics: [{ name: 'moving', partitionIndexes: [0, 7] }],
    });
    expect(other.topics).toEqual([]);
    expect(move('stuck', null).responses[0]?.partitions[0]).toMatchObject({ errorCode: 0 });
    cluster.runUntil('it is called off', () => replicasOf('stuck').join() === '1,2');
    cluster.node(3).host.resume();
    cluster.runFor(3000);
  });

  test('what cannot be moved is refused', () => {
    cluster.createTopic('unmoved', { replicationFactor: 2 });
    expect(move('unmoved', null).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
    expect(move('unmoved', [1, 9]).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(move('unmoved', []).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(move('nowhere', [1]).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(move('unmoved', [1, 2, 3], false).responses[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.INVALID_REPLICATION_FACTOR,
    );
  });
});

describe('ElectLeaders', () => {
  function elect(topic: string, electionType = 0, version = 2) {
    const topicPartitions = [{ topic, partitions: [0] }];
    const asked =
      version === 0 ? { topicPartitions, timeoutMs: 5000 } : { electionType, topicPartitions, timeoutMs: 5000 };
    return cluster.connect(cluster.follower).call(electLeaders, version, asked);
  }

  test('leadership goes back to the preferred replica, and shows at once on the broker that was asked', () => {
    cluster.createTopic('led', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
    });
    write('led', ['a']);
    // With the preferred replica last, its leader is not the preferred one any more.
    const topics = [{ name: 'led', partitions: [{ partitionIndex: 0, replicas: [2, 1] }] }];
    cluster.connect(cluster.follower).call(alterPartitionReassignments, 1, { timeoutMs: 5000, topics });
    cluster.runUntil('the order is another', () => replicasOf('led').join() === '2,1');
    expect(leader('led').id).toBe(1);
    expect(elect('led').replicaElectionResults[0]?.partitionResult[0]).toMatchObject({ partitionId: 0, errorCode: 0 });
    expect(cluster.follower.broker.services.metadata.image.topicByName('led')?.partitions[0]?.leader).toBe(2);
    cluster.runUntil('it leads', () => cluster.leaderOf('led')?.id === 2 || cluster.node(2).failure !== undefined);
  });

  test('an election that is not needed, not known or not possible says so', () => {
    cluster.createTopic('content');
    const result = elect('content').replicaElectionResults[0]?.partitionResult[0];
    expect(result?.errorCode).toBe(ErrorCode.ELECTION_NOT_NEEDED);
    expect(elect('content', 1).replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(
      ErrorCode.ELECTION_NOT_NEEDED,
    );
    expect(elect('nowhere').replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
    expect(elect('content', 5).errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect(elect('content', 0, 0).replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(
      ErrorCode.ELECTION_NOT_NEEDED,
    );
  });

  test('asked about everything, an election leaves out what has nothing to elect', () => {
    const client = cluster.connect(cluster.follower);
    const { errorCode, replicaElectionResults } = client.call(electLeaders, 2, {
      electionType: 0,
      topicPartitions: null,
      timeoutMs: 5000,
    });
    expect(errorCode).toBe(0);
    expect(replicaElectionResults.some(({ topic }) => topic === 'content')).toBe(false);
  });
});

describe('DescribeTopicPartitions', () => {
  test('pages follow each other by their cursors, and together tell everything once', () => {
    const paged = new TestCluster();
    for (const name of ['p1', 'p2', 'p3']) paged.createTopic(name, { numPartitions: 5, replicationFactor: 1 });
    const client = paged.connect(paged.follower);
    const seen: string[] = [];
    let cursor: Page['nextCursor'] = null;
    let pages = 0;
    do {
      const page: Page = client.call(describeTopicPartitions, 0, { topics: [], responsePartitionLimit: 4, cursor });
      for (const { name, partitions } of page.topics)
        seen.push(...partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null && pages < 20);
    const all = ['p1', 'p2', 'p3'].flatMap((name) => [0, 1, 2, 3, 4].map((index) => `${name}-${index}`));
    expect(seen).toEqual(all);
    expect(pages).toBe(4);
  });

  test('eligible replicas are told, and unknown topics refused', () => {
    cluster.createTopic('eligible');
    const client = cluster.connect(cluster.follower);
    const topics = [{ name: 'eligible' }, { name: 'nowhere' }, { name: 'eligible' }];
    const found = client.call(describeTopicPartitions, 0, { topics, responsePartitionLimit: 100 });
    expect(found.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['eligible', ErrorCode.NONE],
      ['nowhere', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
    expect(found.topics[0]?.partitions[0]).toMatchObject({ eligibleLeaderReplicas: [], lastKnownElr: [] });
    expect(found.topics[0]?.partitions[0]?.isrNodes).toHaveLength(3);
    expect(found.nextCursor).toBeNull();
  });
});

test('DescribeLogDirs tells how large each copy is', () => {
  cluster.createTopic('sized');
  write('sized', ['x'.repeat(1000)]);
  const client = cluster.connect(leader('sized'));
  const [directory] = client.call(describeLogDirs, 4, { topics: [{ topic: 'sized', partitions: [0, 5] }] }).results;
  expect(directory).toMatchObject({ errorCode: 0, totalBytes: -1 });
  expect(directory?.usableBytes).toBeGreaterThan(0);
  expect(directory?.topics).toHaveLength(1);
  expect(directory?.topics[0]?.partitions).toHaveLength(1);
  expect(directory?.topics[0]?.partitions[0]?.partitionSize).toBeGreaterThan(1000);
  expect(directory?.topics[0]?.partitions[0]).toMatchObject({ offsetLag: 0, isFutureKey: false });
});

test('DescribeProducers tells of producers where they wrote, on the leader only', () => {
  cluster.createTopic('written');
  write('written', ['a', 'b'], { producerId: 4711, producerEpoch: 3, baseSequence: 0 });
  const ask = (node: TestNode) => {
    const topics = [{ name: 'written', partitionIndexes: [0, 9] }];
    return cluster.connect(node).call(describeProducers, 0, { topics }).topics[0]?.partitions ?? [];
  };
  const [found, missing] = ask(leader('written'));
  expect(found).toMatchObject({
    errorCode: 0,
    activeProducers: [{ producerId: 4711, producerEpoch: 3, lastSequence: 1, currentTxnStartOffset: -1 }],
  });
  expect(missing?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const other = cluster.nodes.find((node) => node !== leader('written'));
  expect(ask(other as TestNode)[0]?.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a partition whose leader is gone is told without one', () => {
  const broken = new TestCluster();
  broken.createTopic('single', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [3] }],
  });
  broken.node(3).kill();
  broken.runFor(6000);
  const client = broken.connect(broken.node(1));
  const told = client.call(metadata, 12, { topics: [{ name: 'single' }] });
  expect(told.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2]);
  expect(told.topics[0]?.partitions[0]).toMatchObject({
    errorCode: ErrorCode.LEADER_NOT_AVAILABLE,
    leaderId: -1,
    offlineReplicas: [3],
  });
});
