/** One replica alone: fencing, identity, and what the traces cannot show. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { LeaderEpochs, ProducerStates, Replica, type PartitionState, type ReplicaOptions } from '../src/index.ts';
import { CLIENT, makeBatch } from './batches.ts';
import { TOPIC_ID } from './mini-controller.ts';

const state = (change: Partial<PartitionState> = {}): PartitionState => ({
  topicId: TOPIC_ID, partition: 0, replicas: [1, 2], isr: [1, 2], elr: [], leader: 1, leaderEpoch: 5, partitionEpoch: 7,
  leaderRecoveryState: 'recovered', ...change,
});

function makeReplica(change: Partial<ReplicaOptions> = {}): Replica<string> {
  let attaches = 0;
  return new Replica<string>({
    nodeId: 1, topicId: TOPIC_ID, partition: 0, logStartOffset: 0, logEndOffset: 10, durableOffset: 10,
    highWatermark: 4,
    leaderEpochs: new LeaderEpochs([{ epoch: 3, startOffset: 0 }]), producers: new ProducerStates(),
    startedClean: false, brokerEpoch: () => 100, nextAttachId: () => ++attaches, minInsyncReplicas: () => 1,
    replicaLagTimeMaxMs: 1_000,
    maxInflightBytesPerFollower: 1_000, brokers: { isEligible: () => true, epochOf: () => 100 }, ...change,
  });
}

const attach = { brokerEpoch: 100, attachId: 1, leaderEpoch: 5, logEndOffset: 10, lastEpoch: 3 };
const ack = { attachId: 1, leaderEpoch: 5, durableOffset: 10, logStartOffset: 0 };

describe('a replica', () => {
  test('does not lead in a leader epoch that its log knows from a former life [bug 86]', () => {
    const leaderEpochs = new LeaderEpochs([{ epoch: 5, startOffset: 0 }]);
    const unclean = makeReplica({ leaderEpochs });
    unclean.onPartitionState(state(), 0);
    expect(unclean.role).toBe('offline');
    unclean.onPartitionState(state({ leaderEpoch: 6, partitionEpoch: 8 }), 0);
    expect(unclean.role).toBe('leader');
    const clean = makeReplica({ leaderEpochs: new LeaderEpochs([{ epoch: 5, startOffset: 0 }]), startedClean: true });
    clean.onPartitionState(state(), 0);
    expect(clean.role).toBe('leader');
  });

  test('does not lead before the metadata shows this life of its broker', () => {
    let epochInMetadata = 99;
    const replica = makeReplica({ brokers: { isEligible: () => true, epochOf: () => epochInMetadata } });
    replica.onPartitionState(state(), 0);
    expect(replica.role).toBe('offline');
    epochInMetadata = 100;
    replica.tick(10);
    expect(replica.takeReady()?.roleChanged).toEqual({ role: 'leader', leader: 1, leaderEpoch: 5 });
  });

  test('still refuses a follower that knew of its leadership first, though it comes to lead in the same turn', () => {
    const replica = makeReplica();
    replica.onAttach(2, attach, 0);
    replica.onPartitionState(state(), 0);
    const sends = replica.takeReady()?.sends;
    expect(sends).toMatchObject([{ to: 2, message: { type: 'attach-refused', attachId: 1 } }]);
  });

  test('drops a state that is not newer', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    replica.onPartitionState(state({ leader: 2, leaderEpoch: 4, partitionEpoch: 9 }), 0);
    replica.onPartitionState(state({ leader: 2, partitionEpoch: 7 }), 0);
    expect(replica.isLeader).toBe(true);
  });

  test('fences requests by leader epoch [H13]', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    expect(replica.checkLeaderEpoch(-1)).toBe(ErrorCode.NONE);
    expect(replica.checkLeaderEpoch(4)).toBe(ErrorCode.FENCED_LEADER_EPOCH);
    expect(replica.checkLeaderEpoch(6)).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
    expect(replica.epochEndOffset(5, 3)).toEqual({ error: 0, epoch: 3, endOffset: 10 });
    replica.onPartitionState(state({ leader: 2, leaderEpoch: 6, partitionEpoch: 8 }), 0);
    expect(replica.epochEndOffset(6, 3)).toMatchObject({ error: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    const decision = replica.prepareAppend([makeBatch({})], { requiredAcks: 1, origin: CLIENT }, 0);
    expect(decision).toMatchObject({ kind: 'refuse', error: ErrorCode.NOT_LEADER_OR_FOLLOWER });
  });

  test('answers "latest" only once its high watermark reached its own epoch [S3]', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    expect(replica.isLatestOffsetAvailable).toBe(false);
    replica.onAttach(2, attach, 0);
    replica.onAck(2, ack, 0);
    expect(replica.isLatestOffsetAvailable).toBe(true);
  });

  test('believes no ack of another attachment, another leader epoch, or beyond what was pushed', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    replica.onAttach(2, { ...attach, attachId: 3 }, 0);
    replica.onAck(2, { ...ack, attachId: 2 }, 0);
    replica.onAck(2, { ...ack, attachId: 3, leaderEpoch: 4 }, 0);
    replica.onAck(2, { ...ack, attachId: 3, durableOffset: 11 }, 0);
    expect(replica.highWatermark).toBe(4);
    replica.onAck(2, { ...ack, attachId: 3 }, 0);
    expect(replica.highWatermark).toBe(10);
  });

  test('takes nobody of a former life, fenced or shutting down into the ISR [KIP-841, KIP-903, bugs 82 to 84]', () => {
    const registered = { epoch: 101, isEligible: true };
    const replica = makeReplica({
      brokers: { isEligible: () => registered.isEligible, epochOf: (id) => (id === 1 ? 100 : registered.epoch) },
    });
    replica.onPartitionState(state({ isr: [1] }), 0);
    replica.takeReady();
    replica.onAttach(2, attach, 0);
    replica.onAck(2, ack, 0);
    expect(replica.takeReady()?.alterPartition).toBeUndefined();
    replica.onAttach(2, { ...attach, brokerEpoch: 101 }, 1);
    // The ack of the former life counts for nothing.
    expect(replica.followers()[0]?.durableOffset).toBe(-1);
    registered.isEligible = false;
    replica.onAck(2, ack, 2);
    expect(replica.takeReady()?.alterPartition).toBeUndefined();
    registered.isEligible = true;
    replica.tick(3);
    expect(replica.takeReady()?.alterPartition?.isr).toEqual([{ id: 1, epoch: 100 }, { id: 2, epoch: 101 }]);
    // A late attach of the former life changes nothing.
    replica.onAttach(2, { ...attach, attachId: 9 }, 4);
    expect(replica.takeReady()).toBeUndefined();
  });

  test('keeps a follower that was idle for long in the ISR at the next append', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    replica.onAttach(2, attach, 0);
    replica.onAck(2, ack, 0);
    replica.onAppended([makeBatch({ baseOffset: 10, leaderEpoch: 5 })], 100_000);
    replica.tick(100_010);
    expect(replica.takeReady()?.alterPartition).toBeUndefined();
    replica.tick(101_001);
    expect(replica.takeReady()?.alterPartition?.isr).toEqual([{ id: 1, epoch: 100 }]);
  });

  test('answers requests that wait for its own disk alone', () => {
    const replica = makeReplica();
    replica.onPartitionState(state(), 0);
    replica.onAppended([makeBatch({ baseOffset: 10, leaderEpoch: 5 })], 0);
    replica.awaitDurable('one', 10, 1_000);
    replica.takeReady();
    replica.onLocalDurable(11, 1);
    expect(replica.takeReady()?.answers).toEqual([{ token: 'one', error: ErrorCode.NONE }]);
  });

  test('windows what is on its way to a follower', () => {
    const replica = makeReplica({ maxInflightBytesPerFollower: 150 });
    replica.onPartitionState(state(), 0);
    replica.onAttach(2, attach, 0);
    replica.onAppended([10, 11, 12].map((baseOffset) => makeBatch({ baseOffset, leaderEpoch: 5 })), 0);
    expect(replica.takeReady()?.pushable).toEqual([2]);
    expect(replica.nextPush(2)).toMatchObject({ fromOffset: 10, maxBytes: 150 });
    replica.onPushed(2, 12, 200, 0);
    expect(replica.nextPush(2)).toBeUndefined();
    replica.onAck(2, { ...ack, durableOffset: 11 }, 0);
    expect(replica.nextPush(2)).toBeUndefined();
    replica.onAck(2, { ...ack, durableOffset: 12 }, 0);
    expect(replica.takeReady()?.pushable).toEqual([2]);
    expect(replica.nextPush(2)).toMatchObject({ fromOffset: 12 });
  });
});
