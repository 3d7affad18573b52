/** The rules of replication that a leader keeps by itself (H1–H3, H5, H6, H8, H9, H13, S3), one row each. */
import { ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { makeBatch } from './batches.ts';
import { LAG_MS, LeaderRig, type RigOptions } from './leader-rig.ts';

describe('an append', () => {
  const rows: readonly (readonly [string, RigOptions, -1 | 0 | 1, string])[] = [
    ['[H1] acks=-1, ISR of 1, min ISR 2', { isr: [1], minIsr: 2 }, -1, 'NOT_ENOUGH_REPLICAS'],
    ['[H1] acks=1 does not ask for it', { isr: [1], minIsr: 2 }, 1, 'append at 0'],
    ['[H1] acks=0 does not ask for it', { isr: [1], minIsr: 2 }, 0, 'append at 0'],
    ['[H1] ISR of 2, min ISR 2', { isr: [1, 2], minIsr: 2 }, -1, 'append at 0'],
    ['[H1] min ISR beyond the number of replicas', { isr: [1], replicas: [1], minIsr: 3 }, -1, 'append at 0'],
    ['[H1] two of three replicas, min ISR 4', { isr: [1, 2], replicas: [1, 2, 3], minIsr: 4 }, -1,
      'NOT_ENOUGH_REPLICAS'],
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

  test('[H6] that it was caught up a moment ago is not enough: what was committed since, it must have', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1, 2], inherited });
    rig.registered = { ...rig.registered, isEligible: false };
    rig.attach(2, 4);
    rig.ack(2, 4);
    rig.appendPlain();
    expect(rig.replica.highWatermark).toBe(5);
    rig.registered = { ...rig.registered, isEligible: true };
    rig.advance(50);
    expect(rig.proposals).toEqual([]);
    rig.ack(2, 5);
    expect(rig.proposed).toEqual([1, 2]);
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
