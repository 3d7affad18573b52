/** The rules of replication that a partition's leader and followers keep by themselves (H1–H6, H8, H9, H13–H17, S3). */
import { ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { LeaderEpochs, ProducerStates, Replica, type ReplicaOptions } from '../src/index.ts';
import { findDivergence, truncationPoint } from '../src/truncation.ts';
import { makeBatch } from './batches.ts';
import { LAG_MS, LeaderRig, type RigOptions } from './leader-rig.ts';
import { TOPIC_ID } from './mini-controller.ts';

describe('an append', () => {
  const rows: readonly (readonly [string, RigOptions, -1 | 0 | 1, string])[] = [
    ['[H1] acks=-1, ISR of 1, min ISR 2', { isr: [1], minIsr: 2 }, -1, 'NOT_ENOUGH_REPLICAS'],
    ['[H1] acks=1 does not ask for it', { isr: [1], minIsr: 2 }, 1, 'append at 0'],
    ['[H1] acks=0 does not ask for it', { isr: [1], minIsr: 2 }, 0, 'append at 0'],
    ['[H1] ISR of 2, min ISR 2', { isr: [1, 2], minIsr: 2 }, -1, 'append at 0'],
    ['[H1] min ISR beyond the number of replicas', { isr: [1], replicas: [1], minIsr: 3 }, -1, 'append at 0'],
    ['[H1] all of three replicas, min ISR 4', { isr: [1, 2], replicas: [1, 2, 3], minIsr: 4 }, -1, 'NOT_ENOUGH_REPLICAS'],
  ];

  test.each(rows)('%s', (_rule, options, requiredAcks, expected) => {
    const rig = new LeaderRig(options);
    expect(rig.append(makeBatch({}), { requiredAcks })).toBe(expected);
    expect(rig.log.endOffset).toBe(expected.startsWith('append') ? 1 : 0);
  });
});

describe('a request with acks=-1', () => {
  const waiting = (options: RigOptions = {}): LeaderRig => {
    const rig = new LeaderRig(options);
    rig.attach(2, 0);
    rig.append(makeBatch({}));
    rig.await('one', 0);
    expect(rig.answers.size).toBe(0);
    return rig;
  };
  const rows: readonly (readonly [string, RigOptions, (rig: LeaderRig) => void, string])[] = [
    ['[H2] everybody has its records', {}, (rig) => rig.ack(2, 1), 'NONE'],
    ['[H2] nobody else has them', {}, (rig) => rig.ack(2, 0), 'waits'],
    ['[H2] the ISR fell below its minimum', { minIsr: 2 }, (rig) => rig.become({ isr: [1] }),
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
    ['[H2] the ISR shrank, and is large enough', {}, (rig) => rig.become({ isr: [1] }), 'NONE'],
    ['[H2] the min ISR was raised meanwhile', {}, (rig) => {
      rig.become({ isr: [1, 2] });
      rig.minIsr = 3;
      rig.become({ replicas: [1, 2, 3] });
    }, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
    ['[H2] somebody else leads', {}, (rig) => rig.become({ leader: 2, leaderEpoch: 6 }), 'NOT_LEADER_OR_FOLLOWER'],
  ];

  test.each(rows)('%s', (_rule, options, act, expected) => {
    const rig = waiting(options);
    act(rig);
    const answer = rig.answers.get('one');
    expect(answer === undefined ? 'waits' : errorName(answer)).toBe(expected);
  });

  test('[H2] its time is over: the records may be committed later', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    rig.append(makeBatch({}));
    rig.await('one', 0, 200);
    rig.advance(200);
    expect(rig.answers.get('one')).toBe(ErrorCode.REQUEST_TIMED_OUT);
    rig.ack(2, 1);
    expect(rig.replica.highWatermark).toBe(1);
  });

  test('[I3] a duplicate waits for the original to be replicated', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    const batch = makeBatch({ producerId: 1, baseSequence: 0, records: 3 });
    expect(rig.append(batch)).toBe('append at 0');
    const verdict = rig.replica.prepareAppend(
      [batch], { requiredAcks: -1, origin: { kind: 'client', guard: undefined, isTransactionV2: false } }, rig.nowMs);
    expect(verdict).toMatchObject({ kind: 'duplicate', baseOffset: 0, lastOffset: 2 });
    rig.await('retry', 2);
    rig.ack(2, 2);
    expect(rig.answers.has('retry')).toBe(false);
    rig.ack(2, 3);
    expect(rig.answers.get('retry')).toBe(ErrorCode.NONE);
  });
});

describe('the high watermark', () => {
  const written = (options: RigOptions, records = 4): LeaderRig => {
    const rig = new LeaderRig(options);
    for (let at = 0; at < records; at++) rig.appendPlain();
    return rig;
  };

  test('[H3] is the lowest end over the ISR', () => {
    const rig = written({ isr: [1, 2, 3], replicas: [1, 2, 3] });
    rig.attach(2, 0);
    rig.attach(3, 0);
    rig.ack(2, 4);
    expect(rig.replica.highWatermark).toBe(0);
    rig.ack(3, 2);
    expect(rig.replica.highWatermark).toBe(2);
  });

  test('[H3] does not wait for replicas that are out of sync', () => {
    const rig = written({ isr: [1, 2], replicas: [1, 2, 3] });
    rig.attach(2, 0);
    rig.ack(2, 3);
    expect(rig.replica.highWatermark).toBe(3);
  });

  test('[H3, KIP-966] stands still while the ISR is below its minimum, and goes on afterwards', () => {
    const rig = written({ isr: [1], replicas: [1, 2], minIsr: 2 });
    expect(rig.replica.highWatermark).toBe(0);
    rig.minIsr = 1;
    rig.advance(50);
    expect(rig.replica.highWatermark).toBe(4);
  });

  test('[H3] never falls on a leader', () => {
    const rig = written({});
    rig.attach(2, 0);
    rig.ack(2, 4);
    rig.attach(2, 1);
    rig.ack(2, 2);
    expect(rig.replica.highWatermark).toBe(4);
  });

  test('[H9] a replica that is to leave counts until that is confirmed', () => {
    const rig = written({});
    rig.attach(2, 0);
    rig.ack(2, 1);
    rig.advance(LAG_MS + 100);
    expect(rig.proposed).toEqual([1]);
    expect(rig.replica.highWatermark).toBe(1);
    rig.become({ isr: [1] });
    expect(rig.replica.highWatermark).toBe(4);
  });

  test('[H9] a replica that is to join counts at once', () => {
    const rig = written({ isr: [1], replicas: [1, 2] });
    rig.attach(2, 0);
    rig.ack(2, 4);
    expect(rig.proposed).toEqual([1, 2]);
    rig.appendPlain();
    expect(rig.replica.highWatermark).toBe(4);
    rig.ack(2, 5);
    expect(rig.replica.highWatermark).toBe(5);
  });
});

describe('the ISR', () => {
  test('[H5] a replica leaves when it is behind for replica.lag.time.max.ms', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    rig.ack(2, 0);
    rig.appendPlain();
    rig.advance(LAG_MS);
    expect(rig.proposals).toEqual([]);
    rig.advance(50);
    expect(rig.proposed).toEqual([1]);
  });

  test('[H5] a replica that has everything stays, however long it is silent', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    rig.appendPlain();
    rig.ack(2, 1);
    rig.advance(10 * LAG_MS);
    expect(rig.proposals).toEqual([]);
  });

  test('[H5] a replica that reaches where the log ended at its last word is caught up, though the log grows', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    for (let at = 0; at < 30; at++) {
      rig.appendPlain();
      rig.advance(100);
      rig.ack(2, at);
    }
    expect(rig.proposals).toEqual([]);
  });

  /** The log has 4 records of leader epoch 3, and two of this one; the high watermark is at 4 already. */
  const candidates: readonly (readonly [string, number, (rig: LeaderRig) => void, boolean])[] = [
    ['[H6] it has everything', 6, () => undefined, true],
    ['[H6] it is behind the high watermark', 5, () => undefined, false],
    ['[H6] it is fenced, or shuts down', 6, (rig) => {
      rig.registered = { ...rig.registered, isEligible: false };
    }, false],
    ['[H6] it is of an earlier life of that broker', 6, (rig) => {
      rig.registered = { ...rig.registered, epoch: 101 };
    }, false],
  ];
  const inherited = [0, 1, 2, 3].map((at) => makeBatch({ baseOffset: at, leaderEpoch: 3 }));

  test.each(candidates)('%s', (_rule, durableOffset, given, joins) => {
    const rig = new LeaderRig({ isr: [1], replicas: [1, 2], inherited });
    rig.appendPlain();
    rig.appendPlain();
    expect(rig.replica.highWatermark).toBe(6);
    given(rig);
    rig.attach(2, 4);
    rig.ack(2, durableOffset);
    expect(rig.proposed).toEqual(joins ? [1, 2] : undefined);
  });

  test('[H6] it must reach where this leader epoch began, though the high watermark is lower', () => {
    const rig = new LeaderRig({ isr: [1, 3], replicas: [1, 2, 3], inherited, highWatermark: 2 });
    rig.attach(2, 2);
    rig.ack(2, 3);
    expect(rig.proposals).toEqual([]);
    rig.ack(2, 4);
    expect(rig.proposed).toEqual([1, 3, 2]);
  });

  test('[H6] one change is under way at a time', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1, 2, 3] });
    rig.attach(2, 0);
    rig.ack(2, 0);
    rig.attach(3, 0);
    rig.ack(3, 0);
    rig.advance(500);
    expect(rig.proposals.map(({ isr }) => isr.map(({ id }) => id))).toEqual([[1, 2]]);
    rig.become({ isr: [1, 2] });
    rig.advance(50);
    expect(rig.proposed).toEqual([1, 2, 3]);
  });

  const answers: readonly (readonly [ErrorCode, 'reverts' | 'waits' | 'retries'])[] = [
    [ErrorCode.OPERATION_NOT_ATTEMPTED, 'reverts'],
    [ErrorCode.INELIGIBLE_REPLICA, 'reverts'],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'waits'],
    [ErrorCode.UNKNOWN_TOPIC_ID, 'waits'],
    [ErrorCode.FENCED_LEADER_EPOCH, 'waits'],
    [ErrorCode.INVALID_UPDATE_VERSION, 'waits'],
    [ErrorCode.INVALID_REQUEST, 'waits'],
    [ErrorCode.NEW_LEADER_ELECTED, 'waits'],
    [ErrorCode.REQUEST_TIMED_OUT, 'retries'],
    [ErrorCode.NOT_CONTROLLER, 'retries'],
    [ErrorCode.STALE_BROKER_EPOCH, 'retries'],
    [ErrorCode.UNKNOWN_SERVER_ERROR, 'retries'],
  ];

  test.each(answers)('[H8] the controller answers %i: the leader %s', (error, expected) => {
    const rig = new LeaderRig({ isr: [1], replicas: [1, 2] });
    rig.attach(2, 0);
    rig.ack(2, 0);
    expect(rig.proposed).toEqual([1, 2]);
    rig.answerProposal(error);
    // Who is still to join counts towards the high watermark. [H9]
    rig.appendPlain();
    const counts = rig.replica.followers().some((follower) => follower.counts);
    const before = rig.proposals.length;
    rig.advance(500);
    const isSentAgain = rig.proposals.length > before;
    expect(isSentAgain ? 'retries' : counts ? 'waits' : 'reverts').toBe(expected);
    if (isSentAgain) expect(rig.proposals.at(-1)).toEqual(rig.proposals[0]);
  });
});

describe('requests with a leader epoch', () => {
  const rows: readonly (readonly [string, boolean, number, string])[] = [
    ['[H13] the same', true, 5, 'NONE'],
    ['[H13] none is given', true, -1, 'NONE'],
    ['[H13] an older', true, 4, 'FENCED_LEADER_EPOCH'],
    ['[H13] a newer', true, 6, 'UNKNOWN_LEADER_EPOCH'],
    ['[H13] the same, where another leads', false, 6, 'NOT_LEADER_OR_FOLLOWER'],
    ['[H13] none, where another leads', false, -1, 'NOT_LEADER_OR_FOLLOWER'],
    ['[H13] an older, where another leads', false, 5, 'FENCED_LEADER_EPOCH'],
  ];

  test.each(rows)('%s', (_rule, leads, epoch, expected) => {
    const rig = new LeaderRig();
    if (!leads) rig.become({ leader: 2, leaderEpoch: 6 });
    expect(errorName(rig.replica.checkLeaderEpoch(epoch))).toBe(expected);
  });

  test('[S3] the end is not told before the high watermark reached this leader epoch', () => {
    const inherited = [0, 1, 2].map((at) => makeBatch({ baseOffset: at, leaderEpoch: 3 }));
    const rig = new LeaderRig({ inherited, highWatermark: 1 });
    expect(rig.replica.isLatestOffsetAvailable).toBe(false);
    rig.attach(2, 2);
    rig.ack(2, 2);
    expect(rig.replica.isLatestOffsetAvailable).toBe(false);
    rig.ack(2, 3);
    expect(rig.replica.isLatestOffsetAvailable).toBe(true);
  });
});

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
