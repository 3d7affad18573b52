/** The rules of where logs part and of what followers do about it (H4, H14–H17), one row each. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { LeaderEpochs, ProducerStates, Replica, type ReplicaOptions } from '../src/index.ts';
import { findDivergence, truncationPoint } from '../src/truncation.ts';
import { makeBatch } from './batches.ts';
import { LeaderRig } from './leader-rig.ts';
import { TOPIC_ID } from './mini-controller.ts';

describe('leader epochs', () => {
  const epochs = (...list: readonly (readonly [number, number])[]): LeaderEpochs =>
    new LeaderEpochs(list.map(([epoch, startOffset]) => ({ epoch, startOffset })));
  const own = [[2, 10], [5, 20], [6, 30]] as const;
  const rows: readonly (readonly [string, number, number, number])[] = [
    ['[H14] the latest', 6, 6, 35],
    ['[H14] later than the latest', 7, -1, -1],
    ['[H14] earlier than the first', 1, 1, 10],
    ['[H14] one in between', 5, 5, 30],
    ['[H14] one that was skipped', 4, 2, 20],
  ];

  test.each(rows)('%s', (_rule, asked, epoch, endOffset) => {
    expect(epochs(...own).endOffsetFor(asked, 35)).toEqual({ epoch, endOffset });
  });

  test('[H14] a new leader notes its epoch before it writes anything', () => {
    const rig = new LeaderRig({ inherited: [makeBatch({ baseOffset: 0, leaderEpoch: 3 })] });
    expect(rig.log.leaderEpochs.entries()).toEqual([{ epoch: 3, startOffset: 0 }, { epoch: 5, startOffset: 1 }]);
  });

  const leader = { logStartOffset: 0, logEndOffset: 40, leaderEpochs: epochs([0, 0], [3, 15]) };
  const divergences: readonly (readonly [string, number, number, string])[] = [
    ['[H16] a part of this log', 20, 3, 'none'],
    ['[H16] all of an older epoch, no more', 15, 0, 'none'],
    ['[H16] more of an older epoch than is here', 16, 0, 'epoch 0 ends at 15'],
    ['[H16] an epoch that is not here, between two that are', 18, 2, 'epoch 0 ends at 15'],
    ['[H16] more of the newest epoch than is here', 41, 3, 'epoch 3 ends at 40'],
    ['[H16] an epoch that is newer than all here', 18, 4, 'unknown'],
  ];

  test.each(divergences)('%s', (_rule, logEndOffset, lastEpoch, expected) => {
    const found = findDivergence(leader, { logEndOffset, lastEpoch });
    expect(found.kind === 'diverges' ? `epoch ${found.epoch} ends at ${found.offset}` : found.kind).toBe(expected);
  });

  const cuts: readonly (readonly [string, number, number, string])[] = [
    ['[H15] the epoch is here: the lower of both ends', 1, 13, 'cut at 13'],
    ['[H15] the epoch is here, and ends earlier here', 1, 25, 'cut at 20'],
    ['[H15] the epoch is not here: the end of the one below', 3, 28, 'cut at 25'],
    ['[H17] nothing is shared: an empty log at the leader’s start', -1, 50, 'begin at 50'],
  ];

  test.each(cuts)('%s', (_rule, epoch, offset, expected) => {
    const log = { logStartOffset: 0, logEndOffset: 30, leaderEpochs: epochs([0, 0], [1, 10], [2, 20], [4, 25]) };
    const cut = truncationPoint(log, { epoch, offset });
    expect(`${cut.startAt ? 'begin' : 'cut'} at ${cut.offset}`).toBe(expected);
  });
});

describe('a follower', () => {
  const follower = (change: Partial<ReplicaOptions> = {}): Replica<string> => {
    let attaches = 0;
    const replica = new Replica<string>({
      nodeId: 2, topicId: TOPIC_ID, partition: 0, logStartOffset: 0, logEndOffset: 10, durableOffset: 10,
      highWatermark: 4, leaderEpochs: new LeaderEpochs([{ epoch: 3, startOffset: 0 }]), producers: new ProducerStates(),
      startedClean: false, brokerEpoch: () => 100, nextAttachId: () => ++attaches, minInsyncReplicas: () => 1,
      replicaLagTimeMaxMs: 1_000, maxInflightBytesPerFollower: 1_000,
      brokers: { isEligible: () => true, epochOf: () => 100 }, ...change,
    });
    replica.onPartitionState(STATE, 0);
    return replica;
  };
  const push = { from: 1, attachId: 1, leaderEpoch: 5, baseOffset: 10, logStartOffset: 0 };

  test.each([
    ['[H4] the leader is less far', 7, 7],
    ['[H4] the leader is as far as this log', 10, 10],
    ['[H4] the leader is farther than this log', 12, 10],
  ])('%s', (_rule, highWatermark, expected) => {
    const replica = follower();
    replica.onAttached({ type: 'attached', attachId: 1, leaderEpoch: 5 }, 0);
    replica.preparePush({ ...push, highWatermark }, [], 0);
    expect(replica.highWatermark).toBe(expected);
  });

  test('[H4] that comes to lead begins with its own high watermark', () => {
    const replica = follower();
    replica.onPartitionState({ ...STATE, leader: 2, leaderEpoch: 6, partitionEpoch: 8 }, 0);
    expect([replica.role, replica.highWatermark]).toEqual(['leader', 4]);
  });

  test('[H15] says how its log ends, and does not cut it at its high watermark', () => {
    const replica = follower();
    const ready = replica.takeReady();
    expect(ready?.attach).toMatchObject({ to: 1, logEndOffset: 10, lastEpoch: 3 });
    expect(ready?.truncateTo).toBeUndefined();
    replica.onAttached({ type: 'attached', attachId: 1, leaderEpoch: 5 }, 0);
    expect(replica.takeReady()?.truncateTo).toBeUndefined();
    expect(replica.logEndOffset).toBe(10);
  });

  test('[H15] cuts its log where the leader says, and asks again', () => {
    const replica = follower();
    replica.takeReady();
    replica.onTruncateOrder({ type: 'truncate-order', attachId: 1, leaderEpoch: 5, epoch: 3, offset: 8 }, 0);
    expect(replica.takeReady()?.truncateTo).toEqual({ offset: 8, startAt: false });
    replica.onTruncated(8);
    expect(replica.takeReady()?.attach).toMatchObject({ attachId: 2, logEndOffset: 8 });
  });

  test.each([
    ['[H17] is fenced: it waits for new metadata', ErrorCode.FENCED_LEADER_EPOCH, false],
    ['[H17] is ahead of the leader’s metadata: it asks again', ErrorCode.UNKNOWN_LEADER_EPOCH, true],
    ['[H17] asked one that does not lead: it asks again', ErrorCode.NOT_LEADER_OR_FOLLOWER, true],
    ['[H17] asked one that has no such partition: it asks again', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
    ['[H17] is out of range: it asks again', ErrorCode.OFFSET_OUT_OF_RANGE, true],
  ])('%s', (_rule, error, asksAgain) => {
    const replica = follower();
    replica.takeReady();
    replica.onAttachRefused({ type: 'attach-refused', attachId: 1, error }, 0);
    replica.tick(40);
    expect(replica.takeReady()).toBeUndefined();
    replica.tick(60);
    expect(replica.takeReady()?.attach !== undefined).toBe(asksAgain);
    replica.onPartitionState({ ...STATE, leaderEpoch: 6, partitionEpoch: 8 }, 100);
    expect(replica.takeReady()?.attach).toMatchObject({ leaderEpoch: 6 });
  });
});

/** Node 1 leads. */
const STATE = {
  topicId: TOPIC_ID, partition: 0, replicas: [1, 2], isr: [1, 2], elr: [], leader: 1, leaderEpoch: 5, partitionEpoch: 7,
  leaderRecoveryState: 'recovered',
} as const;
