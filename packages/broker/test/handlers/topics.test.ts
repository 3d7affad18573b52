/** Topics come, grow and go: CreateTopics, CreatePartitions and DeleteTopics over the wire. */
import { ErrorCode } from '@hapax/base';
import { createPartitions, createTopics, deleteTopics, metadata, type RequestInput } from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '../support/test-cluster.ts';

type Creatable = NonNullable<RequestInput<typeof createTopics>['topics']>[number];

let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster({ configs: { 'num.partitions': '4' } });
});

function create(topics: readonly Creatable[], version = 7, validateOnly = false) {
  const client = cluster.connect(cluster.follower);
  const whole = topics.map((topic) => ({
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...topic,
  }));
  return client.call(createTopics, version, { topics: whole, timeoutMs: 5000, validateOnly }).topics;
}

function remove(name: string) {
  const client = cluster.connect(cluster.follower);
  return client.call(deleteTopics, 5, { topicNames: [name], timeoutMs: 5000 }).responses[0];
}

describe('CreateTopics', () => {
  test('a topic is there with leaders when the answer comes', () => {
    const client = cluster.connect(cluster.follower);
    const configs = [{ name: 'retention.ms', value: '1000' }];
    const [made] = create([{ name: 'orders', numPartitions: 6, replicationFactor: 3, configs }]);
    expect(made).toMatchObject({ name: 'orders', errorCode: 0, numPartitions: 6, replicationFactor: 3 });
    expect(made?.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '1000',
      configSource: 1,
      readOnly: false,
    });
    const told = client.call(metadata, 12, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false }).topics[0];
    expect(told).toMatchObject({ errorCode: 0, topicId: made?.topicId });
    expect(told?.partitions.map(({ leaderId }) => leaderId)).not.toContain(-1);
  });

  test("numbers that are left out are the cluster's", () => {
    const [made] = create([{ name: 'defaults', numPartitions: -1, replicationFactor: -1 }]);
    expect(made).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 3 });
  });

  test('replicas may be chosen by hand', () => {
    const assignments = [
      { partitionIndex: 0, brokerIds: [2, 3] },
      { partitionIndex: 1, brokerIds: [3, 1] },
    ];
    const [made] = create([{ name: 'by-hand', numPartitions: -1, replicationFactor: -1, assignments }]);
    expect(made).toMatchObject({ errorCode: 0, numPartitions: 2, replicationFactor: 2 });
    expect(cluster.leaderOf('by-hand', 0)?.id).toBe(2);
  });

  test('a topic that was only checked does not exist', () => {
    expect(create([{ name: 'checked' }], 7, true)[0]).toMatchObject({ errorCode: 0, numPartitions: 1 });
    expect(cluster.controller.broker.services.metadata.image.topicByName('checked')).toBeUndefined();
  });

  test.each<[string, Creatable, ErrorCode]>([
    ['a bad name', { name: 'a/b' }, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['no partitions', { name: 'none', numPartitions: 0 }, ErrorCode.INVALID_PARTITIONS],
    ['too many replicas', { name: 'wide', replicationFactor: 4 }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['an unknown setting', { name: 'odd', configs: [{ name: 'odd', value: '1' }] }, ErrorCode.INVALID_CONFIG],
    [
      'a setting without value',
      { name: 'odd', configs: [{ name: 'retention.ms', value: null }] },
      ErrorCode.INVALID_CONFIG,
    ],
    [
      'replicas both by hand and by number',
      { name: 'both', assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      ErrorCode.INVALID_REQUEST,
    ],
    [
      'replicas on brokers that do not exist',
      { name: 'gone', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [9] }] },
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    ],
  ])('%s is refused by the code that Kafka has for it', (_what, topic, errorCode) => {
    expect(create([topic])[0]).toMatchObject({ errorCode });
  });

  test('one topic of a request may fail and another be made', () => {
    const results = create([{ name: 'good' }, { name: 'bad name' }, { name: 'orders' }]);
    const codes = [ErrorCode.NONE, ErrorCode.INVALID_TOPIC_EXCEPTION, ErrorCode.TOPIC_ALREADY_EXISTS];
    expect(results.map(({ errorCode }) => errorCode)).toEqual(codes);
    expect(results[1]?.errorMessage).toContain('invalid');
  });

  test('more topics than one request may name are refused together', () => {
    const names = Array.from({ length: 10_001 }, (_, at) => ({ name: `many-${at}` }));
    const results = create(names);
    expect(new Set(results.map(({ errorCode }) => errorCode))).toEqual(new Set([ErrorCode.POLICY_VIOLATION]));
  });
});

describe('CreatePartitions', () => {
  function grow(name: string, count: number, assignments: { brokerIds: number[] }[] | null = null) {
    const client = cluster.connect(cluster.follower);
    return client.call(createPartitions, 3, {
      topics: [{ name, count, assignments }],
      timeoutMs: 5000,
      validateOnly: false,
    }).results[0];
  }

  test('a topic grows, and the new partitions have leaders when the answer comes', () => {
    create([{ name: 'growing', numPartitions: 1, replicationFactor: 2 }]);
    expect(grow('growing', 3)).toMatchObject({ errorCode: 0 });
    const { image } = cluster.follower.broker.services.metadata;
    expect(image.topicByName('growing')?.partitions.map(({ leader }) => leader)).not.toContain(-1);
    expect(image.topicByName('growing')?.partitions).toHaveLength(3);
  });

  test('fewer partitions, or as many as there are, are refused', () => {
    create([{ name: 'fixed', numPartitions: 2 }]);
    expect(grow('fixed', 2)).toMatchObject({ errorCode: ErrorCode.INVALID_PARTITIONS });
    expect(grow('fixed', 1)).toMatchObject({ errorCode: ErrorCode.INVALID_PARTITIONS });
    expect(grow('fixed', 4, [{ brokerIds: [1] }])).toMatchObject({ errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT });
    expect(grow('absent', 4)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  });
});

describe('DeleteTopics', () => {
  test('a topic is gone from the broker that was asked when the answer comes', () => {
    create([{ name: 'short-lived' }]);
    const client = cluster.connect(cluster.follower);
    expect(remove('short-lived')).toMatchObject({ errorCode: 0 });
    const told = client.call(metadata, 12, { topics: [{ name: 'short-lived' }], allowAutoTopicCreation: false })
      .topics[0];
    expect(told?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('a topic may be named by its id, and the answer says both', () => {
    const [made] = create([{ name: 'by-id' }]);
    const client = cluster.connect(cluster.follower);
    const topics = [{ name: null, topicId: made?.topicId ?? '' }];
    const [result] = client.call(deleteTopics, 6, { topics, timeoutMs: 5000 }).responses;
    expect(result).toMatchObject({ errorCode: 0, name: 'by-id', topicId: made?.topicId });
  });

  test('what does not exist is refused, by name and by id', () => {
    const client = cluster.connect(cluster.follower);
    const topics = [{ name: 'absent' }, { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }];
    const results = client.call(deleteTopics, 6, { topics, timeoutMs: 5000 }).responses;
    const codes = [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID];
    expect(results.map(({ errorCode }) => errorCode)).toEqual(codes);
  });

  test('a name is free again at once, and the new topic is another', () => {
    const [first] = create([{ name: 'again' }]);
    remove('again');
    const [second] = create([{ name: 'again' }]);
    expect(second).toMatchObject({ errorCode: 0 });
    expect(second?.topicId).not.toBe(first?.topicId);
  });
});

test('without a controller a request ends when its time is up', () => {
  const lonely = new TestCluster();
  const client = lonely.connect(lonely.node(1));
  lonely.node(2).kill();
  lonely.node(3).kill();
  lonely.runFor(2000);
  const topics = [{ name: 'never', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }];
  const beforeMs = lonely.time.nowMs;
  const [result] = client.call(createTopics, 7, { topics, timeoutMs: 1500, validateOnly: false }).topics;
  expect([ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NOT_CONTROLLER]).toContain(result?.errorCode);
  expect(lonely.time.nowMs - beforeMs).toBeLessThan(3000);
});
