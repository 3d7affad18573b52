/** Who leads a partition when brokers come, go and come back. */
import { describe, expect, test } from 'vitest';
import { changePartition, type ElectionRules } from '../src/election.ts';
import { applyPartitionChange, type PartitionImage } from '../src/partition.ts';
import { TestCluster } from './test-cluster.ts';

const PARTITION: PartitionImage = {
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', topic: 't', partition: 0, replicas: [1, 2, 3],
  isr: [1, 2, 3], elr: [], lastKnownElr: [],
  leader: 1, leaderEpoch: 5, partitionEpoch: 9, leaderRecoveryState: 'recovered',
  addingReplicas: [], removingReplicas: [],
};

function rules(active: number[], more: Partial<ElectionRules> = {}): ElectionRules {
  const minInsyncReplicas = (factor: number): number => Math.min(2, factor);
  return { kind: 'keep', isActive: (id) => active.includes(id), minInsyncReplicas, ...more };
}

describe('elections [H11]', () => {
  test('a leader that may lead stays, and nothing changes', () => {
    expect(changePartition(PARTITION, {}, rules([1, 2, 3]))).toBeUndefined();
    expect(changePartition({ ...PARTITION, leader: 3 }, {}, rules([1, 2, 3]))).toBeUndefined();
  });

  test('the first replica in order that is live and in sync leads next', () => {
    expect(changePartition(PARTITION, { isr: [2, 3] }, rules([2, 3]))).toEqual({ leader: 2, isr: [2, 3] });
    expect(changePartition({ ...PARTITION, isr: [1, 3] }, { isr: [3] }, rules([2, 3]))).toMatchObject({ leader: 3 });
  });

  test('a live replica out of sync does not lead, unless unclean elections are allowed', () => {
    const partition = { ...PARTITION, isr: [1] };
    expect(changePartition(partition, { isr: [] }, rules([2, 3]))).toMatchObject({ leader: -1, isr: [], elr: [1] });
    expect(changePartition(partition, { isr: [] }, rules([2, 3], { kind: 'unclean' }))).toEqual({
      leader: 2, isr: [2], leaderRecoveryState: 'recovering',
    });
  });

  test('an unclean election is not made while a clean one is possible', () => {
    const change = changePartition({ ...PARTITION, isr: [1, 3] }, { isr: [3] }, rules([2, 3], { kind: 'unclean' }));
    expect(change).toEqual({ leader: 3, isr: [3], elr: [1] });
  });

  test('a preferred election moves leadership to the first replica, where it is in sync', () => {
    const partition = { ...PARTITION, leader: 3 };
    expect(changePartition(partition, {}, rules([1, 2, 3], { kind: 'preferred' }))).toEqual({ leader: 1 });
    expect(changePartition({ ...partition, isr: [2, 3] }, {}, rules([1, 2, 3], { kind: 'preferred' }))).toBeUndefined();
  });
});

describe('eligible leader replicas [KIP-966, H12]', () => {
  test('who leaves an ISR below its minimum stays eligible, and is forgotten when the ISR is full again', () => {
    const shrunk = applyPartitionChange(PARTITION, changePartition(PARTITION, { isr: [1, 2] }, rules([1, 2, 3])) ?? {});
    expect(shrunk).toMatchObject({ isr: [1, 2], elr: [] });
    const below = applyPartitionChange(shrunk, changePartition(shrunk, { isr: [1] }, rules([1, 2, 3])) ?? {});
    expect(below).toMatchObject({ isr: [1], elr: [2], leader: 1 });
    const full = applyPartitionChange(below, changePartition(below, { isr: [1, 3] }, rules([1, 2, 3])) ?? {});
    expect(full).toMatchObject({ isr: [1, 3], elr: [], leaderEpoch: 5, partitionEpoch: 12 });
  });

  test('an eligible replica leads once the ISR is empty, and the old ISR stays eligible', () => {
    const partition = { ...PARTITION, isr: [1], elr: [2] };
    expect(changePartition(partition, { isr: [] }, rules([2, 3]))).toEqual({ leader: 2, isr: [2], elr: [1] });
    expect(changePartition(partition, {}, rules([2, 3]))).toMatchObject({ leader: -1 });
  });

  test('an eligible replica that is a full ISR by itself leaves nobody else eligible', () => {
    const partition = { ...PARTITION, leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1] };
    const change = changePartition(partition, {}, rules([2], { minInsyncReplicas: () => 1 }));
    expect(change).toEqual({ leader: 2, isr: [2], elr: [], lastKnownElr: [] });
  });

  test('the last one in sync, back after an unclean stop, does not lead: another eligible one does [bug 85]', () => {
    const partition = { ...PARTITION, leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1] };
    const change = changePartition(partition, {}, rules([3], { uncleanBroker: 1 }));
    expect(change).toEqual({ leader: -1, elr: [2] });
    const after = applyPartitionChange(partition, change ?? {});
    expect(changePartition(after, {}, rules([1, 3]))).toBeUndefined();
    expect(changePartition(after, {}, rules([1, 2, 3]))).toMatchObject({ leader: 2, isr: [2] });
  });

  test('with ISR and ELR empty, the last known leader recovers what it can', () => {
    const partition = { ...PARTITION, isr: [1], elr: [] };
    const gone = changePartition(partition, {}, rules([2, 3], { uncleanBroker: 1 }));
    expect(gone).toEqual({ leader: -1, isr: [], lastKnownElr: [1] });
    const after = applyPartitionChange(partition, gone ?? {});
    expect(changePartition(after, {}, rules([2, 3]))).toBeUndefined();
    expect(changePartition(after, {}, rules([1, 2, 3]))).toEqual({
      leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 'recovering',
    });
  });

  test('a broker back from an unclean stop leaves ISR and ELR; leader epochs rise where it followed [bug 86]', () => {
    expect(changePartition(PARTITION, {}, rules([1, 3], { uncleanBroker: 2 }))).toEqual({ leader: 1, isr: [1, 3] });
    const partition = { ...PARTITION, isr: [1], elr: [2] };
    expect(changePartition(partition, {}, rules([1, 3], { uncleanBroker: 2 }))).toEqual({ leader: 1, elr: [] });
  });
});

describe('restarts in a cluster', () => {
  function isrOfOne(): TestCluster {
    const cluster = new TestCluster();
    cluster.start(1, 2, 3);
    cluster.createTopic('t', [1, 2, 3]);
    cluster.alterIsr('t', [1, 2]);
    cluster.kill(2);
    cluster.kill(1);
    return cluster;
  }

  test('all in sync die; one that stopped cleanly leads again without loss, though not the last leader', () => {
    const cluster = isrOfOne();
    expect(cluster.partition('t')).toMatchObject({ leader: -1, isr: [], elr: [2, 1] });
    cluster.register(2, { clean: true });
    cluster.heartbeat(2);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2], elr: [1], leaderRecoveryState: 'recovered' });
  });

  test('one that may have lost data is not eligible, and the partition waits for the other', () => {
    const cluster = isrOfOne();
    cluster.register(1);
    cluster.heartbeat(1);
    expect(cluster.partition('t')).toMatchObject({ leader: -1, isr: [], elr: [2] });
    cluster.heartbeat(2);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2], elr: [] });
  });

  test('a process that is replaced before it was fenced leaves its ISRs with the new registration', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2, 3);
    cluster.createTopic('t', [1, 2, 3]);
    cluster.failOver();
    cluster.stop(1);
    cluster.controller.tick(cluster.nowMs);
    for (let at = 0; at < 11; at++) {
      // The sessions of all end at once in the next tick; the registration comes before it.
      cluster.nowMs += 240;
      cluster.heartbeat(2);
      cluster.heartbeat(3);
    }
    expect(cluster.image.broker(1)?.fenced).toBe(false);
    cluster.register(1);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 1 });
    expect(cluster.image.broker(1)?.fenced).toBe(true);
  });
});

describe('the minimum of in-sync replicas', () => {
  test('when it falls to what is in sync, nobody else stays eligible', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2, 3);
    cluster.createTopic('t', [1, 2, 3]);
    cluster.alterIsr('t', [1, 2]);
    cluster.alterIsr('t', [1]);
    expect(cluster.partition('t')).toMatchObject({ isr: [1], elr: [2], partitionEpoch: 2 });
    cluster.setConfig('topic', 't', 'min.insync.replicas', '1');
    expect(cluster.partition('t')).toMatchObject({ isr: [1], elr: [], partitionEpoch: 3 });
  });

  test('when it changes, leaders must learn of it before their next change is accepted', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2, 3);
    cluster.createTopic('t', [1, 2, 3]);
    cluster.setConfig('broker', '', 'min.insync.replicas', '1');
    expect(cluster.partition('t').partitionEpoch).toBe(1);
    expect(cluster.alterIsr('t', [1], { partitionEpoch: 0 }).error).not.toBe(0);
  });
});

describe('balance', () => {
  test('leadership goes back to the preferred replica by itself, unless that is turned off', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2, 3);
    cluster.createTopic('t', [1, 2, 3]);
    cluster.kill(1);
    cluster.register(1);
    cluster.heartbeat(1);
    cluster.alterIsr('t', [1, 2, 3]);
    cluster.setConfig('broker', '', 'auto.leader.rebalance.enable', 'false');
    cluster.run(11_000);
    expect(cluster.partition('t').leader).toBe(2);
    cluster.setConfig('broker', '', 'auto.leader.rebalance.enable', null);
    cluster.run(11_000);
    expect(cluster.partition('t')).toMatchObject({ leader: 1, isr: [1, 2, 3] });
  });
});
