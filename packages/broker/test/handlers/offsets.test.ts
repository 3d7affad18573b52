/** Where logs begin and end and what lies between: ListOffsets and OffsetForLeaderEpoch over the wire. */
import { ErrorCode } from '@hapax/base';
import { listOffsets, offsetForLeaderEpoch, produce } from '@hapax/wire';
import { sealBatch } from '@hapax/wire/records';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf, START_MS } from '../support/batches.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';

const TOPIC = 'timed';
let cluster: TestCluster;
let leader: TestNode;

beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic(TOPIC);
  leader = cluster.leaderOf(TOPIC) as TestNode;
  for (const firstMs of [START_MS - 100_000, START_MS - 50_000]) write(batchOf(['a', 'b', 'c'], { firstMs }));
});

function write(records: Uint8Array, topic = TOPIC): void {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const [result] =
    cluster.connect(leader).call(produce, 9, { acks: -1, timeoutMs: 5000, topicData }).responses[0]
      ?.partitionResponses ?? [];
  expect(result?.errorCode).toBe(0);
}

function find(
  timestamp: number,
  options: { version?: number; partition?: number; epoch?: number; node?: TestNode; replicaId?: number } = {},
) {
  const { version = 9, partition = 0, epoch = -1, node = leader, replicaId = -1 } = options;
  const partitions = [{ partitionIndex: partition, currentLeaderEpoch: epoch, timestamp }];
  const asked = { replicaId, topics: [{ name: TOPIC, partitions }] };
  return cluster.connect(node).call(listOffsets, version, asked).topics[0]?.partitions[0];
}

describe('ListOffsets', () => {
  test('the beginning, the end and the highest timestamp have names', () => {
    expect(find(-2)).toMatchObject({ errorCode: 0, offset: 0, timestamp: -1 });
    expect(find(-1)).toMatchObject({ errorCode: 0, offset: 6, timestamp: -1, leaderEpoch: 0 });
    expect(find(-3)).toMatchObject({ errorCode: 0, offset: 5, timestamp: START_MS - 48_000 });
    expect(find(-4)).toMatchObject({ errorCode: 0, offset: 0 });
    expect(find(-5)).toMatchObject({ errorCode: 0, offset: -1 });
  });

  test('a time finds the first record that is not older, within batches too', () => {
    expect(find(0)).toMatchObject({ offset: 0, timestamp: START_MS - 100_000 });
    expect(find(START_MS - 98_999)).toMatchObject({ offset: 2, timestamp: START_MS - 98_000 });
    expect(find(START_MS - 60_000)).toMatchObject({ offset: 3, timestamp: START_MS - 50_000 });
    expect(find(START_MS)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
  });

  test('names that a version does not know are refused', () => {
    expect(find(-3, { version: 6 })?.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(find(-4, { version: 7 })?.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(find(-77)?.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
  });

  test('the leader epoch that a client knows is checked', () => {
    expect(find(-1, { epoch: 5 })?.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
    expect(find(-1, { epoch: 0 })?.errorCode).toBe(0);
  });

  test('other brokers and other partitions are told apart', () => {
    const other = cluster.nodes.find((node) => node !== leader) as TestNode;
    expect(find(-1, { node: other })?.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    expect(find(-1, { partition: 4 })?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('a partition that is named twice is refused both times', () => {
    const partitions = [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const { topics } = cluster
      .connect(leader)
      .call(listOffsets, 5, { replicaId: -1, topics: [{ name: TOPIC, partitions }] });
    expect(topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual(
      [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST],
    );
  });

  test('records that no one can decompress are corrupt, and the connection stays', () => {
    cluster.createTopic('garbled', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [leader.id] }],
    });
    const garbled = batchOf(['what is not gzip']);
    new DataView(garbled.buffer, garbled.byteOffset).setInt16(21, 1);
    sealBatch(garbled);
    write(garbled, 'garbled');
    const client = cluster.connect(leader);
    const topics = [{ name: 'garbled', partitions: [{ partitionIndex: 0, timestamp: 0 }] }];
    const { topics: found } = client.call(listOffsets, 5, { replicaId: -1, topics });
    expect(found[0]?.partitions[0]?.errorCode).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(client.isOpen).toBe(true);
  });
});

describe('OffsetForLeaderEpoch', () => {
  function endOf(leaderEpoch: number, currentLeaderEpoch = -1, node = leader) {
    const topics = [{ topic: TOPIC, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }];
    return cluster.connect(node).call(offsetForLeaderEpoch, 4, { replicaId: -1, topics }).topics[0]?.partitions[0];
  }

  test('the present epoch ends where the log ends; a later one is not known', () => {
    expect(endOf(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 6 });
    expect(endOf(7)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
    expect(endOf(0, 9)?.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
    const other = cluster.nodes.find((node) => node !== leader) as TestNode;
    expect(endOf(0, -1, other)?.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  });
});
