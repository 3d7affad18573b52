/** Topics are created, deleted and enlarged; replicas are placed. */
import { ErrorCode, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { TRANSACTION_STATE_TOPIC } from '../src/index.ts';
import { placeReplicas } from '../src/placement.ts';
import { TestCluster } from './test-cluster.ts';

function threeBrokers(config = {}): TestCluster {
  const cluster = new TestCluster({ config });
  cluster.start(1, 2, 3);
  return cluster;
}

describe('creating topics [D5]', () => {
  test('a topic gets the cluster\'s defaults: one partition, three replicas, all in sync', () => {
    const cluster = threeBrokers();
    expect(cluster.create({ name: 't' })).toMatchObject({ error: 0, partitions: 1, replicationFactor: 3 });
    const { replicas, isr, leader } = cluster.partition('t');
    expect([...isr].sort()).toEqual([1, 2, 3]);
    expect(leader).toBe(replicas[0]);
    expect(cluster.image.topicConfig('t', 'min.insync.replicas')).toBe(2);
    expect(cluster.committed.topicById(cluster.partition('t').topicId)?.name).toBe('t');
  });

  test('names: empty, dots, too long, foreign characters, taken, colliding and named twice', () => {
    const cluster = threeBrokers();
    for (const name of ['', '.', '..', 'a'.repeat(250), 'a b', 'ü']) {
      expect(cluster.create({ name }).error, name).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
    }
    expect(cluster.create({ name: 'a'.repeat(249) }).error).toBe(0);
    expect(cluster.create({ name: 'a.b' }).error).toBe(0);
    expect(cluster.create({ name: 'a.b' })).toMatchObject({ error: ErrorCode.TOPIC_ALREADY_EXISTS });
    expect(cluster.create({ name: 'a_b' })).toMatchObject({ error: ErrorCode.INVALID_TOPIC_EXCEPTION });
    const topic = { name: 'twice', partitions: 1, replicationFactor: 1, assignments: [], configs: {} };
    const answer = cluster.ask({ type: 'create-topics', topics: [topic, topic], validateOnly: false });
    expect(answer.topics.map(({ error }) => error)).toEqual([ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  });

  test('numbers that cannot be are refused, with the limit in the message', () => {
    const cluster = threeBrokers({ partitionsMax: 10, partitionsPerRequestMax: 8 });
    expect(cluster.create({ name: 't', partitions: 0 }).error).toBe(ErrorCode.INVALID_PARTITIONS);
    expect(cluster.create({ name: 't', replicationFactor: 0 }).error).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
    const tooFew = cluster.create({ name: 't', replicationFactor: 4 });
    expect(tooFew.error).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
    expect(tooFew.message).toContain('only 3 broker(s) are registered');
    expect(cluster.create({ name: 't', partitions: 9 })).toMatchObject({ error: ErrorCode.POLICY_VIOLATION });
    expect(cluster.create({ name: 't', partitions: 8 }).error).toBe(0);
    expect(cluster.create({ name: 'u', partitions: 3 }).message).toContain('room for 2');
  });

  test('with fewer nodes than expected the default factor waits for the others; a single node has factor 1', () => {
    const cluster = new TestCluster();
    cluster.start(1);
    expect(cluster.create({ name: 't' }).error).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
    const single = new TestCluster({ config: { nodesExpected: 1 } });
    single.start(1);
    expect(single.create({ name: 't' })).toMatchObject({ error: 0, replicationFactor: 1 });
    expect(single.image.topicConfig('t', 'min.insync.replicas')).toBe(1);
  });

  test('a fenced broker takes replicas only for want of others, and is not in their ISR', () => {
    const cluster = threeBrokers();
    cluster.kill(2);
    expect(cluster.create({ name: 't', replicationFactor: 3 }).error).toBe(0);
    expect(cluster.partition('t').isr).not.toContain(2);
    cluster.create({ name: 'u', replicationFactor: 2 });
    expect(cluster.partition('u').replicas).not.toContain(2);
    cluster.kill(1);
    cluster.kill(3);
    expect(cluster.create({ name: 'v' }).message).toContain('all brokers are currently fenced');
  });

  test('replicas chosen by hand must be consecutive, complete, distinct, known and alive', () => {
    const cluster = threeBrokers();
    const create = (...chosen: [number, number[]][]) => {
      const assignments = chosen.map(([partition, brokerIds]) => ({ partition, brokerIds }));
      return cluster.create({ name: 't', assignments });
    };
    const refused = [
      create([1, [1]]), create([0, [1]], [0, [2]]), create([0, []]), create([0, [1, 1]]), create([0, [1, 9]]),
      create([0, [1, 2]], [1, [1]]),
    ];
    for (const { error } of refused) expect(error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    const both = cluster.create({ name: 't', partitions: 1, assignments: [{ partition: 0, brokerIds: [1] }] });
    expect(both.error).toBe(ErrorCode.INVALID_REQUEST);
    cluster.kill(3);
    expect(create([0, [3]]).error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(create([1, [3, 2]], [0, [1, 2]]).error).toBe(0);
    expect(cluster.partition('t', 1)).toMatchObject({ replicas: [3, 2], isr: [2], leader: 2 });
  });

  test('a configuration is checked, kept and told in the answer', () => {
    const cluster = threeBrokers();
    expect(cluster.create({ name: 't', configs: { 'no.such.key': '1' } }).error).toBe(ErrorCode.INVALID_CONFIG);
    expect(cluster.create({ name: 't', configs: { 'retention.ms': '-2' } }).message).toContain('at least -1');
    expect(cluster.create({ name: 't', configs: { 'retention.ms': null } }).error).toBe(ErrorCode.INVALID_CONFIG);
    const created = cluster.create({ name: 't', configs: { 'retention.ms': '5000' } });
    const retention = created.configs.find(({ name }) => name === 'retention.ms');
    expect(retention).toMatchObject({ value: '5000', source: 'topic' });
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(5000);
  });

  test('validateOnly answers the same and creates nothing', () => {
    const cluster = threeBrokers();
    const { index } = cluster;
    const topics = [{ name: 't', partitions: 3, replicationFactor: 2, assignments: [], configs: {} }];
    const { topics: [checked] } = cluster.ask({ type: 'create-topics', topics, validateOnly: true });
    expect(checked).toMatchObject({ error: 0, partitions: 3, replicationFactor: 2 });
    expect(cluster.index).toBe(index);
  });

  test('internal topics are created compacted, with the partitions that hashing expects [T3]', () => {
    const cluster = threeBrokers();
    expect(cluster.create({ name: TRANSACTION_STATE_TOPIC })).toMatchObject({ partitions: 50, replicationFactor: 3 });
    expect(cluster.image.topicConfigs(TRANSACTION_STATE_TOPIC)).toMatchObject({
      'cleanup.policy': ['compact'], 'compression.type': 'uncompressed', 'segment.bytes': 104857600,
      'min.insync.replicas': 2, 'unclean.leader.election.enable': false,
    });
    cluster.create({ name: '__consumer_offsets', configs: { 'cleanup.policy': 'delete' } });
    expect(cluster.image.topicConfig('__consumer_offsets', 'cleanup.policy')).toEqual(['compact']);
    const grow = { name: TRANSACTION_STATE_TOPIC, count: 60, assignments: null };
    const answer = cluster.ask({ type: 'create-partitions', topics: [grow], validateOnly: false });
    expect(answer.topics[0]?.error).toBe(ErrorCode.POLICY_VIOLATION);
  });
});

describe('deleting topics and adding partitions [D5]', () => {
  test('a topic is deleted by name or by id, with its configuration', () => {
    const cluster = threeBrokers();
    cluster.create({ name: 't', configs: { 'retention.ms': '1' } });
    cluster.create({ name: 'u' });
    const { topicId } = cluster.partition('u');
    const byName = (name: string) => ({ name, topicId: null });
    const topics = [byName('t'), { name: null, topicId }, byName('x'), { name: null, topicId: 'x' }, byName('u')];
    const answer = cluster.ask({ type: 'delete-topics', topics });
    expect(answer.topics.map(({ error }) => error)).toEqual([
      0, 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.INVALID_REQUEST,
    ]);
    expect(cluster.image).toMatchObject({ topicCount: 0, partitionCount: 0 });
    cluster.create({ name: 't' });
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(604800000);
  });

  test('where deletion is disabled, TOPIC_DELETION_DISABLED', () => {
    const cluster = threeBrokers();
    cluster.create({ name: 't' });
    cluster.setConfig('broker', '', 'delete.topic.enable', 'false');
    const answer = cluster.ask({ type: 'delete-topics', topics: [{ name: 't', topicId: null }] });
    expect(answer.topics[0]?.error).toBe(ErrorCode.TOPIC_DELETION_DISABLED);
  });

  test('partitions are added, never taken away', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2], [2, 3]);
    const grow = (count: number, assignments: number[][] | null = null, name = 't') =>
      cluster.ask({ type: 'create-partitions', topics: [{ name, count, assignments }], validateOnly: false }).topics[0];
    expect(grow(2)?.message).toBe('Topic already has 2 partition(s).');
    expect(grow(2)?.error).toBe(ErrorCode.INVALID_PARTITIONS);
    expect(grow(1)?.error).toBe(ErrorCode.INVALID_PARTITIONS);
    expect(grow(3, null, 'x')?.error).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(grow(4, [[1, 2]])?.error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(grow(3, [[1, 2, 3]])?.error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(grow(3, [[3, 1]])?.error).toBe(0);
    expect(cluster.partition('t', 2)).toMatchObject({ replicas: [3, 1], leader: 3 });
    expect(grow(5)?.error).toBe(0);
    expect(cluster.partition('t', 4).replicas).toHaveLength(2);
  });
});

describe('placement', () => {
  const place = (racks: (string | null)[], partitions: number, replicationFactor: number, seed = 1) => {
    const brokers = racks.map((rack, brokerId) => ({ brokerId, rack, fenced: false }));
    return placeReplicas({ partitions, replicationFactor, brokers, random: new SeededRandom(seed) });
  };
  const counts = (ids: number[]) => {
    return [...new Set(ids)].map((id) => ids.filter((other) => other === id).length);
  };

  test('leaders and replicas are even', () => {
    for (let seed = 0; seed < 20; seed++) {
      const placed = place([null, null, null, null], 40, 3, seed);
      expect(counts(placed.map((ids) => ids[0] as number))).toEqual([10, 10, 10, 10]);
      expect(Math.max(...counts(placed.flat()))).toBeLessThanOrEqual(36);
    }
  });

  test('replicas of a partition stand in as many racks as there are', () => {
    const racks = ['a', 'a', 'b', 'b', 'c', 'c'];
    for (let seed = 0; seed < 20; seed++) {
      for (const ids of place(racks, 12, 3, seed)) {
        expect(new Set(ids).size).toBe(3);
        expect(new Set(ids.map((id) => racks[id])).size).toBe(3);
      }
    }
  });

  test('two racks with three replicas use both', () => {
    const racks = ['a', 'a', 'a', 'b'];
    for (const ids of place(racks, 8, 3)) expect(new Set(ids.map((id) => racks[id])).size).toBe(2);
  });

  test('the followers of one leader are spread over all others', () => {
    const placed = place([null, null, null, null], 24, 2);
    const followers = placed.filter((ids) => ids[0] === 0).map((ids) => ids[1]);
    expect(new Set(followers).size).toBe(3);
  });
});
