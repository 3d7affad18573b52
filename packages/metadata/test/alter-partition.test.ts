/** AlterPartition: which changes of an ISR the controller accepts. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { TestCluster } from './test-cluster.ts';

function oneTopic(): TestCluster {
  const cluster = new TestCluster();
  cluster.start(1, 2, 3);
  cluster.createTopic('t', [1, 2, 3]);
  return cluster;
}

describe('AlterPartition [H7]', () => {
  test('a leader shrinks and expands its ISR; that raises the partition epoch, not the leader epoch [H10]', () => {
    const cluster = oneTopic();
    expect(cluster.alterIsr('t', [1, 2])).toMatchObject({ error: 0, isr: [1, 2], partitionEpoch: 1, leaderEpoch: 0 });
    expect(cluster.alterIsr('t', [1, 2, 3])).toMatchObject({ error: 0, isr: [1, 2, 3], partitionEpoch: 2, leader: 1 });
  });

  test('what is already so changes nothing', () => {
    const cluster = oneTopic();
    const { index } = cluster;
    expect(cluster.alterIsr('t', [3, 2, 1])).toMatchObject({ error: 0, isr: [1, 2, 3], partitionEpoch: 0 });
    expect(cluster.index).toBe(index);
  });

  test('epochs of the past are fenced, epochs of the future show that this controller is old [bug 87]', () => {
    const cluster = oneTopic();
    cluster.alterIsr('t', [1, 2]);
    cluster.kill(1);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, leaderEpoch: 1, partitionEpoch: 2 });
    expect(cluster.alterIsr('t', [2], { leaderEpoch: 0 }).error).toBe(ErrorCode.FENCED_LEADER_EPOCH);
    expect(cluster.alterIsr('t', [2], { partitionEpoch: 1, leaderEpoch: 1 }).error).toBe(ErrorCode.NONE);
    expect(cluster.alterIsr('t', [2, 3], { partitionEpoch: 1 }).error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(cluster.alterIsr('t', [2], { leaderEpoch: 2 }).error).toBe(ErrorCode.NOT_CONTROLLER);
    expect(cluster.alterIsr('t', [2], { partitionEpoch: 9 }).error).toBe(ErrorCode.NOT_CONTROLLER);
  });

  test('only the leader may ask', () => {
    const cluster = oneTopic();
    const answer = cluster.alterIsr('t', [1, 2], { by: 2 });
    expect(answer).toMatchObject({ error: ErrorCode.INVALID_REQUEST, leader: -1 });
    expect(answer.message).toBe('broker 2 does not lead, broker 1 does');
  });

  test('an ISR without the leader, with a stranger or with a broker twice is refused', () => {
    const cluster = oneTopic();
    cluster.start(4);
    for (const isr of [[2, 3], [1, 4], [1, 1], []]) {
      expect(cluster.alterIsr('t', isr).error).toBe(ErrorCode.INVALID_REQUEST);
    }
  });

  test('a fenced or stopping replica may not join [bug 82]', () => {
    const cluster = oneTopic();
    cluster.createTopic('other', [3, 1]);
    cluster.kill(2);
    expect(cluster.alterIsr('t', [1, 2, 3])).toMatchObject({ error: ErrorCode.INELIGIBLE_REPLICA });
    cluster.heartbeat(3, { shutdown: true });
    expect(cluster.image.broker(3)?.inControlledShutdown).toBe(true);
    expect(cluster.alterIsr('t', [1, 3])).toMatchObject({ error: ErrorCode.INELIGIBLE_REPLICA });
  });

  test('a replica of an earlier process may not join [bug 83, KIP-903]', () => {
    const cluster = oneTopic();
    const epoch = cluster.epoch(2);
    cluster.kill(2);
    cluster.register(2);
    cluster.heartbeat(2);
    const answer = cluster.alterIsr('t', [1, 2, 3], { epochs: { 2: epoch } });
    expect(answer.error).toBe(ErrorCode.INELIGIBLE_REPLICA);
    expect(answer.message).toContain(`not ${epoch}`);
    expect(cluster.alterIsr('t', [1, 2, 3]).error).toBe(ErrorCode.NONE);
  });

  test('a leader whose answer was lost asks again and gets the state, not an error for ever [bug 88]', () => {
    const cluster = oneTopic();
    cluster.alterIsr('t', [1, 2]);
    expect(cluster.alterIsr('t', [1, 2], { partitionEpoch: 0 })).toMatchObject({ error: 0, partitionEpoch: 1 });
  });

  test('a repeated request is fenced where more than its own change has happened since', () => {
    const cluster = oneTopic();
    cluster.alterIsr('t', [1]);
    cluster.setConfig('topic', 't', 'min.insync.replicas', '3');
    expect(cluster.alterIsr('t', [1], { partitionEpoch: 0 }).error).toBe(ErrorCode.INVALID_UPDATE_VERSION);
  });

  test('unknown topics, partitions and brokers are told apart', () => {
    const cluster = oneTopic();
    const { topicId } = cluster.partition('t');
    const state = { leaderRecoveryState: 'recovered' as const };
    const item = { partition: 7, leaderEpoch: 0, partitionEpoch: 0, isr: [], ...state };
    const partitions = [{ ...item, topicId }, { ...item, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }];
    const request = { type: 'alter-partition' as const, brokerId: 1, brokerEpoch: cluster.epoch(1), partitions };
    const errors = cluster.ask(request).partitions.map(({ error }) => error);
    expect(errors).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID]);
    const stale = cluster.ask({ ...request, brokerEpoch: 1 });
    expect(stale).toMatchObject({ error: ErrorCode.STALE_BROKER_EPOCH, partitions: [] });
  });

  test('a partition that is named twice is refused the second time', () => {
    const cluster = oneTopic();
    const { topicId } = cluster.partition('t');
    const isr = [{ id: 1, epoch: cluster.epoch(1) }];
    const state = { leaderRecoveryState: 'recovered' as const };
    const item = { topicId, partition: 0, leaderEpoch: 0, partitionEpoch: 0, isr, ...state };
    const request = { type: 'alter-partition' as const, brokerId: 1, brokerEpoch: cluster.epoch(1) };
    const { partitions } = cluster.ask({ ...request, partitions: [item, item] });
    expect(partitions.map(({ error }) => error)).toEqual([0, ErrorCode.INVALID_REQUEST]);
  });

  test('a leader that recovers is alone, says when it is done, and cannot begin again', () => {
    const cluster = oneTopic();
    cluster.alterIsr('t', [1, 3]);
    cluster.alterIsr('t', [1]);
    cluster.kill(3);
    cluster.kill(1);
    cluster.setConfig('topic', 't', 'unclean.leader.election.enable', 'true');
    cluster.run(11_000);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: 'recovering', elr: [] });
    expect(cluster.alterIsr('t', [2, 3], { state: 'recovering' }).error).toBe(ErrorCode.INVALID_REQUEST);
    const done = cluster.alterIsr('t', [2], { state: 'recovered' });
    expect(done).toMatchObject({ error: 0, leaderRecoveryState: 'recovered' });
    expect(cluster.alterIsr('t', [2], { state: 'recovering' }).error).toBe(ErrorCode.INVALID_REQUEST);
  });
});
