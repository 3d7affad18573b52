/** Reassignments, elections on demand, features, producer ids. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { TestCluster } from './test-cluster.ts';

function fourBrokers(config = {}): TestCluster {
  const cluster = new TestCluster({ config });
  cluster.start(1, 2, 3, 4);
  cluster.createTopic('t', [1, 2, 3]);
  return cluster;
}

function reassign(cluster: TestCluster, replicas: number[] | null, partition = 0, name = 't') {
  const topics = [{ name, partitions: [{ partition, replicas }] }];
  return cluster.ask({ type: 'alter-reassignments', topics }).partitions[0];
}

describe('reassignments [KIP-455]', () => {
  test('replicas are added first, and removed when all targets are in sync [bug 95]', () => {
    const cluster = fourBrokers();
    expect(reassign(cluster, [4, 2, 3])?.error).toBe(0);
    expect(cluster.partition('t')).toMatchObject({
      replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1], isr: [1, 2, 3], leader: 1,
    });
    cluster.alterIsr('t', [1, 2]);
    cluster.alterIsr('t', [1, 2, 4]);
    expect(cluster.partition('t').addingReplicas).toEqual([4]);
    const answer = cluster.alterIsr('t', [1, 2, 4, 3]);
    expect(answer.error).toBe(ErrorCode.NEW_LEADER_ELECTED);
    expect(cluster.partition('t')).toMatchObject({
      replicas: [4, 2, 3], addingReplicas: [], removingReplicas: [], isr: [2, 4, 3], leader: 4, leaderEpoch: 1,
    });
  });

  test('a leader that stays learns of the completion by its new leader epoch', () => {
    const cluster = fourBrokers();
    reassign(cluster, [1, 2, 4]);
    const answer = cluster.alterIsr('t', [1, 2, 3, 4]);
    expect(answer).toMatchObject({ error: 0, leader: 1, leaderEpoch: 1, isr: [1, 2, 4] });
  });

  test('replicas that are only taken away go at once; the order alone changes nothing else', () => {
    const cluster = fourBrokers();
    expect(reassign(cluster, [2, 1])?.error).toBe(0);
    expect(cluster.partition('t')).toMatchObject({ replicas: [2, 1], isr: [1, 2], leader: 1, leaderEpoch: 1 });
    expect(reassign(cluster, [1, 2])?.error).toBe(0);
    expect(cluster.partition('t')).toMatchObject({ replicas: [1, 2], leader: 1, leaderEpoch: 1 });
  });

  test('a reassignment is cancelled, and what it added leaves', () => {
    const cluster = fourBrokers();
    expect(reassign(cluster, null)?.error).toBe(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
    cluster.alterIsr('t', [1, 2]);
    reassign(cluster, [4, 2, 3]);
    cluster.alterIsr('t', [1, 2, 4]);
    expect(reassign(cluster, null)?.error).toBe(0);
    expect(cluster.partition('t')).toMatchObject({ replicas: [2, 3, 1], isr: [1, 2], addingReplicas: [], leader: 1 });
  });

  test('a reassignment replaces another: what the first one added and the second does not want leaves at once', () => {
    const cluster = fourBrokers();
    cluster.start(5);
    reassign(cluster, [1, 2, 4]);
    reassign(cluster, [1, 2, 5]);
    expect(cluster.partition('t')).toMatchObject({
      replicas: [1, 2, 5, 3], addingReplicas: [5], removingReplicas: [3], isr: [1, 2, 3],
    });
  });

  test('going back is refused where nobody who stays holds all records', () => {
    const cluster = fourBrokers();
    cluster.createTopic('one', [1]);
    cluster.setConfig('topic', 'one', 'min.insync.replicas', '1');
    reassign(cluster, [4, 3], 0, 'one');
    cluster.alterIsr('one', [1, 4]);
    cluster.kill(1);
    expect(cluster.partition('one')).toMatchObject({ isr: [4], leader: 4, elr: [] });
    expect(reassign(cluster, null, 0, 'one')?.error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  });

  test('unknown partitions and brokers, no or repeated replicas, and too many at a time are refused', () => {
    const cluster = fourBrokers({ reassignmentsMax: 1 });
    cluster.createTopic('u', [1, 2], [1, 2]);
    expect(reassign(cluster, [1], 9)?.error).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    for (const replicas of [[], [1, 1], [1, 9]]) {
      expect(reassign(cluster, replicas)?.error).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    }
    expect(reassign(cluster, [3, 4], 0, 'u')?.error).toBe(0);
    expect(reassign(cluster, [3, 4], 1, 'u')?.error).toBe(ErrorCode.POLICY_VIOLATION);
    expect(reassign(cluster, [3, 2], 0, 'u')?.error).toBe(0);
  });
});

describe('ElectLeaders [D6]', () => {
  const elect = (cluster: TestCluster, kind: 'preferred' | 'unclean', partitions: number[] | null = [0]) => {
    const topics = partitions === null ? null : [{ name: 't', partitions }];
    return cluster.ask({ type: 'elect-leaders', kind, topics }).partitions;
  };

  test('the preferred leader is elected where it is in sync, not needed where it leads', () => {
    const cluster = fourBrokers();
    expect(elect(cluster, 'preferred')[0]?.error).toBe(ErrorCode.ELECTION_NOT_NEEDED);
    cluster.kill(1);
    expect(elect(cluster, 'preferred')[0]?.error).toBe(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE);
    cluster.heartbeat(1);
    expect(elect(cluster, 'preferred')[0]?.error).toBe(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE);
    cluster.alterIsr('t', [1, 2, 3]);
    expect(elect(cluster, 'preferred')[0]).toMatchObject({ topic: 't', partition: 0, error: 0 });
    expect(cluster.partition('t').leader).toBe(1);
  });

  test('an unclean leader is elected on request, though the topic does not allow it by itself', () => {
    const cluster = fourBrokers();
    expect(elect(cluster, 'unclean')[0]?.error).toBe(ErrorCode.ELECTION_NOT_NEEDED);
    cluster.alterIsr('t', [1, 2]);
    cluster.kill(2);
    cluster.kill(1);
    expect(cluster.partition('t').leader).toBe(-1);
    expect(elect(cluster, 'unclean')[0]?.error).toBe(0);
    expect(cluster.partition('t')).toMatchObject({ leader: 3, isr: [3], elr: [], leaderRecoveryState: 'recovering' });
  });

  test('with nobody alive, ELIGIBLE_LEADERS_NOT_AVAILABLE', () => {
    const cluster = fourBrokers();
    for (const id of [1, 2, 3]) cluster.kill(id);
    expect(elect(cluster, 'unclean')[0]?.error).toBe(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE);
    expect(elect(cluster, 'unclean', [7])[0]?.error).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('asked for all partitions, the answer leaves out those where there is nothing to do', () => {
    const cluster = fourBrokers();
    cluster.createTopic('u', [2, 3]);
    cluster.kill(2);
    const answer = elect(cluster, 'preferred', null);
    expect(answer.map(({ topic }) => topic)).toEqual(['u']);
  });
});

describe('features', () => {
  const update = (
    cluster: TestCluster, name: string, level: number, upgradeType: 'upgrade' | 'safe-downgrade' = 'upgrade',
    validateOnly = false,
  ) => cluster.ask({ type: 'update-features', updates: [{ name, level, upgradeType }], validateOnly });

  test('a fresh cluster finalizes eligible leader replicas, and an epoch for each transaction', () => {
    const cluster = fourBrokers();
    expect(Object.fromEntries(cluster.image.features)).toEqual({
      'eligible.leader.replicas.version': 1, 'hapax.metadata.version': 1, 'transaction.version': 2,
    });
  });

  test('levels go up, and down only on purpose', () => {
    const cluster = fourBrokers();
    expect(update(cluster, 'transaction.version', 0, 'safe-downgrade', true).error).toBe(0);
    expect(cluster.image.features.get('transaction.version')).toBe(2);
    expect(update(cluster, 'transaction.version', 0, 'safe-downgrade').error).toBe(0);
    expect(cluster.image.features.get('transaction.version')).toBeUndefined();
    expect(update(cluster, 'transaction.version', 2, 'upgrade', true).error).toBe(0);
    expect(cluster.image.features.get('transaction.version')).toBeUndefined();
    expect(update(cluster, 'transaction.version', 2).error).toBe(0);
    expect(cluster.committed.features.get('transaction.version')).toBe(2);
    expect(update(cluster, 'transaction.version', 1).error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(update(cluster, 'transaction.version', 0, 'safe-downgrade').error).toBe(0);
    expect(update(cluster, 'transaction.version', 1, 'safe-downgrade').error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
  });

  test('unknown features and levels are refused, with the levels that are supported', () => {
    const cluster = fourBrokers();
    expect(update(cluster, 'nonsense', 1).error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(update(cluster, 'transaction.version', 3).message).toContain('supports versions 0-2');
    expect(update(cluster, 'eligible.leader.replicas.version', 0, 'safe-downgrade').error).not.toBe(0);
  });

  test('all updates are made, or none', () => {
    const cluster = fourBrokers();
    const updates = [
      { name: 'transaction.version', level: 1, upgradeType: 'safe-downgrade' as const },
      { name: 'group.version', level: 9, upgradeType: 'upgrade' as const },
    ];
    const answer = cluster.ask({ type: 'update-features', updates, validateOnly: false });
    expect(answer.error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(answer.features.map(({ error }) => error)).toEqual([
      ErrorCode.FEATURE_UPDATE_FAILED, ErrorCode.INVALID_UPDATE_VERSION,
    ]);
    expect(cluster.image.features.get('transaction.version')).toBe(2);
    const repeated = updates.flatMap(() => updates.slice(0, 1));
    const twice = cluster.ask({ type: 'update-features', updates: repeated, validateOnly: false });
    expect(twice.error).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('producer ids [I19]', () => {
  test('each block is handed out once, also after a change of the controller', () => {
    const cluster = fourBrokers();
    const allocate = () =>
      cluster.ask({ type: 'allocate-producer-ids', brokerId: 1, brokerEpoch: cluster.epoch(1) });
    expect(allocate()).toMatchObject({ error: 0, firstProducerId: 0, count: 1000 });
    cluster.failOver();
    expect(allocate()).toMatchObject({ firstProducerId: 1000 });
    expect(cluster.image.nextProducerId).toBe(2000);
  });

  test('a stale broker gets none', () => {
    const cluster = fourBrokers();
    const answer = cluster.ask({ type: 'allocate-producer-ids', brokerId: 1, brokerEpoch: 1 });
    expect(answer).toMatchObject({ error: ErrorCode.STALE_BROKER_EPOCH, firstProducerId: -1, count: 0 });
  });
});
