/** What clients are told of the cluster itself: brokers, topics, coordinators, the quorum, features, producer ids. */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import {
  apiVersions,
  describeCluster,
  describeQuorum,
  findCoordinator,
  initProducerId,
  metadata,
  updateFeatures,
} from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '../support/test-cluster.ts';
import { CLUSTER_ID } from '../support/test-options.ts';

let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic('known', { numPartitions: 2 });
});

function connect() {
  return cluster.connect(cluster.follower);
}

describe('Metadata', () => {
  test('all topics are asked for by an empty list in version 0, and by null later', () => {
    expect(
      connect()
        .call(metadata, 0, { topics: [] })
        .topics.map(({ name }) => name),
    ).toContain('known');
    expect(connect().call(metadata, 1, { topics: [] }).topics).toEqual([]);
    expect(
      connect()
        .call(metadata, 1, { topics: null })
        .topics.map(({ name }) => name),
    ).toContain('known');
  });

  test('brokers, the cluster and a controller that takes requests are told', () => {
    const told = connect().call(metadata, 12, { topics: [] });
    expect(told.clusterId).toBe(CLUSTER_ID);
    expect(told.brokers.map(({ nodeId, host, port }) => `${nodeId}@${host}:${port}`).sort()).toEqual(
      [1, 2, 3].map((id) => `${id}@node-${id}:9092`),
    );
    expect(told.controllerId).toBe(cluster.follower.id);
  });

  test('a topic is made because it was asked for, once, though it is named twice', () => {
    const topics = [{ name: 'wished' }, { name: 'wished' }, { name: 'not a name' }];
    const told = connect().call(metadata, 12, { topics }).topics;
    expect(told.map(({ errorCode }) => errorCode)).toEqual([0, 0, ErrorCode.INVALID_TOPIC_EXCEPTION]);
  });

  test('a topic that may not be made is unknown', () => {
    const told = connect().call(metadata, 12, { topics: [{ name: 'unwished' }], allowAutoTopicCreation: false })
      .topics[0];
    expect(told?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const strict = new TestCluster({ autoCreate: false });
    const client = strict.connect(strict.follower);
    expect(client.call(metadata, 12, { topics: [{ name: 'unwished' }] }).topics[0]?.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
  });

  test('a topic is found by its id from version 12 on; before, the request is invalid', () => {
    const [known] = connect().call(metadata, 12, { topics: [{ name: 'known' }] }).topics;
    const topics = [
      { name: null, topicId: known?.topicId ?? '' },
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' },
    ];
    const told = connect().call(metadata, 12, { topics }).topics;
    expect(told.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['known', 0],
      [null, ErrorCode.UNKNOWN_TOPIC_ID],
    ]);
    const early = connect().call(metadata, 11, { topics }).topics;
    expect(early.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  });
});

describe('DescribeCluster', () => {
  test('tells the brokers', () => {
    const told = connect().call(describeCluster, 1, { endpointType: 1 });
    expect(told).toMatchObject({ errorCode: 0, clusterId: CLUSTER_ID, endpointType: 1 });
    expect(told.brokers).toHaveLength(3);
  });

  test('does not tell controllers, and knows nothing else', () => {
    expect(connect().call(describeCluster, 1, { endpointType: 2 }).errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE);
    expect(connect().call(describeCluster, 1, { endpointType: 3 }).errorCode).toBe(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE);
  });
});

describe('DescribeQuorum', () => {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];

  test('the leader tells how far every voter is', () => {
    const { controller } = cluster;
    const told = cluster.connect(controller).call(describeQuorum, 2, { topics });
    const [quorum] = told.topics[0]?.partitions ?? [];
    expect(quorum).toMatchObject({ errorCode: 0, leaderId: controller.id, observers: [] });
    expect(quorum?.currentVoters.map(({ replicaId }) => replicaId)).toEqual([1, 2, 3]);
    for (const { logEndOffset } of quorum?.currentVoters ?? []) expect(logEndOffset).toBeGreaterThan(0);
    expect(told.nodes.map(({ nodeId, listeners }) => `${nodeId} ${listeners[0]?.host}:${listeners[0]?.port}`)).toEqual(
      [1, 2, 3].map((id) => `${id} node-${id}:9192`),
    );
  });

  test("another node names the leader, and says that it does not know the others' ends", () => {
    const { follower } = cluster;
    const [quorum] = cluster.connect(follower).call(describeQuorum, 1, { topics }).topics[0]?.partitions ?? [];
    expect(quorum?.leaderId).toBe(cluster.controller.id);
    const ends = quorum?.currentVoters.map(({ replicaId, logEndOffset }) =>
      replicaId === follower.id ? logEndOffset > 0 : logEndOffset === -1,
    );
    expect(ends).toEqual([true, true, true]);
  });

  test('nothing else has a quorum', () => {
    const other = [{ topicName: 'known', partitions: [{ partitionIndex: 0 }] }];
    const [partition] = connect().call(describeQuorum, 2, { topics: other }).topics[0]?.partitions ?? [];
    expect(partition?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});

describe('UpdateFeatures', () => {
  function update(feature: string, maxVersionLevel: number, upgradeType = 1) {
    return connect().call(updateFeatures, 1, {
      featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
      timeoutMs: 5000,
    });
  }

  test('a level is finalized, told by ApiVersions at once, and taken back only by a downgrade', () => {
    const told = (): number | undefined => {
      const { finalizedFeatures } = connect().call(apiVersions, 4, {
        clientSoftwareName: 'a',
        clientSoftwareVersion: '1',
      });
      return finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel;
    };
    expect(told()).toBe(2);
    expect(update('transaction.version', 0).errorCode).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(update('transaction.version', 0, 2).errorCode).toBe(0);
    expect(told()).toBeUndefined();
    expect(update('transaction.version', 1)).toMatchObject({
      errorCode: 0,
      results: [{ feature: 'transaction.version', errorCode: 0 }],
    });
    expect(told()).toBe(1);
  });

  test('what is not known is refused', () => {
    expect(update('odd', 1)).toMatchObject({ errorCode: ErrorCode.INVALID_UPDATE_VERSION });
    expect(update('transaction.version', 99)).toMatchObject({ errorCode: ErrorCode.INVALID_UPDATE_VERSION });
    expect(update('transaction.version', 1, 9)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
  });
});

describe('FindCoordinator', () => {
  test('a coordinator leads the partition that its group hashes to; its topic is made at the first question', () => {
    const { coordinators } = connect().call(findCoordinator, 4, {
      keyType: 0,
      coordinatorKeys: ['test-group', 'other'],
    });
    expect(coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual([
      ['test-group', 0],
      ['other', 0],
    ]);
    const partition = coordinatorPartition('test-group', 3);
    cluster.runUntil('somebody leads it', () => cluster.leaderOf('__consumer_offsets', partition) !== undefined);
    expect(coordinators[0]?.nodeId).toBe(cluster.leaderOf('__consumer_offsets', partition)?.id);
    const single = connect().call(findCoordinator, 2, { key: 'test-group', keyType: 0 });
    expect(single).toMatchObject({ errorCode: 0, nodeId: coordinators[0]?.nodeId, port: 9092 });
  });

  test('other coordinators are not served', () => {
    const { coordinators } = connect().call(findCoordinator, 4, { keyType: 2, coordinatorKeys: ['x'] });
    expect(coordinators[0]).toMatchObject({ key: 'x', errorCode: ErrorCode.INVALID_REQUEST, nodeId: -1 });
  });
});

describe('InitProducerId', () => {
  test('every producer gets an id of its own, from any broker', () => {
    const ids = new Set<number>();
    for (const node of cluster.nodes) {
      for (let count = 0; count < 5; count++) {
        const got = cluster
          .connect(node)
          .call(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 });
        expect(got).toMatchObject({ errorCode: 0, producerEpoch: 0 });
        ids.add(got.producerId);
      }
    }
    expect(ids.size).toBe(15);
  });

  test('an empty transactional id, or half an identity, is invalid', () => {
    const client = connect();
    const asked = { transactionTimeoutMs: 1000 };
    expect(client.call(initProducerId, 4, { ...asked, transactionalId: '' }).errorCode).toBe(ErrorCode.INVALID_REQUEST);
    const half = client.call(initProducerId, 4, { ...asked, transactionalId: null, producerId: 5 });
    expect(half).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, producerId: -1, producerEpoch: -1 });
  });
});
