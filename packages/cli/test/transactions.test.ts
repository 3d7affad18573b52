/** What is said and planned about open transactions, from what partitions and coordinators tell. */
import type { TransactionDescription } from '@hapax/client';
import { describe, expect, test } from 'vitest';
import { planAbort, planOf, sentenceOf } from '../src/abort-plan.ts';
import { judgeTransaction, type OpenTransaction } from '../src/open-transactions.ts';
import { renderResult } from '../src/output.ts';
import type { PartitionFacts } from '../src/partition-facts.ts';
import { blockSentence, partitionView } from '../src/views/partition-views.ts';
import { fencesView, judgedView, timelineView, txnView } from '../src/views/txn-views.ts';

const BEGUN_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const NOW_MS = BEGUN_MS + 90_000;
const LIMITS = { nowMs: NOW_MS, olderThanMs: 900_000 };

const open: OpenTransaction = {
  topic: 'orders', partition: 1, producerId: 1000, producerEpoch: 5, coordinatorEpoch: 2, startOffset: 40,
  lastTimestampMs: BEGUN_MS + 10_000,
};

const owner: TransactionDescription = {
  transactionalId: 'billing', producerId: 1000, producerEpoch: 5, state: 'Ongoing', timeoutMs: 60_000,
  startMs: BEGUN_MS, partitions: [{ topic: 'orders', partition: 1 }], coordinatorId: 3,
};

describe('a verdict', () => {
  const judge = (known: readonly TransactionDescription[], limits = LIMITS) => judgeTransaction(open, known, limits);

  test('is open while a coordinator has the partition in a transaction of the producer, and time is left', () => {
    expect(judge([owner])).toMatchObject({ verdict: 'open', transactionalId: 'billing', sinceMs: BEGUN_MS });
    expect(judge([{ ...owner, state: 'PrepareCommit' }])).toMatchObject({ verdict: 'open' });
  });

  test('is overdue once it is older than it may be', () => {
    expect(judge([owner], { ...LIMITS, olderThanMs: 90_000 })).toMatchObject({ verdict: 'open' });
    expect(judge([owner], { ...LIMITS, olderThanMs: 89_999 })).toMatchObject({ verdict: 'overdue' });
  });

  const strangers: readonly (readonly [string, readonly TransactionDescription[]])[] = [
    ['nobody knows the producer', []],
    ['its id has another producer id now', [{ ...owner, producerId: 1001 }]],
    ['its transaction has ended', [{ ...owner, state: 'CompleteAbort' }]],
    ['its transaction has other partitions only', [{ ...owner, partitions: [{ topic: 'orders', partition: 2 }] }]],
  ];
  test.each(strangers)('is hanging where %s', (_, known) => {
    expect(judge(known)).toMatchObject({ verdict: 'hanging', sinceMs: open.lastTimestampMs });
  });
});

describe('an abort', () => {
  const idle = { ...owner, state: 'CompleteCommit', partitions: [] };

  test('goes through the coordinator that has the transaction', () => {
    expect(planAbort(open, [owner])).toEqual({ kind: 'coordinator', owner });
    expect(sentenceOf(planAbort(open, [owner]), open)).toBe(
      'coordinator 3 fences billing (producer 1000, epoch 5) and aborts its transaction in 1 partitions',
    );
  });

  test.each(['PrepareCommit', 'PrepareAbort'])('is not done to what is in %s', (state) => {
    expect(planAbort(open, [{ ...owner, state }])).toMatchObject({ kind: 'decided' });
    expect(planOf({ ...owner, state })).toMatchObject({ kind: 'decided' });
  });

  test('fences a producer that could go on under the epoch of the marker', () => {
    expect(planAbort(open, [idle])).toMatchObject({ kind: 'fence-then-marker' });
    expect(planAbort(open, [{ ...idle, producerEpoch: 4 }])).toMatchObject({ kind: 'fence-then-marker' });
    const elsewhere = { ...owner, partitions: [{ topic: 'orders', partition: 2 }] };
    expect(sentenceOf(planAbort(open, [elsewhere]), open)).toBe(
      'billing (Ongoing) is fenced, then an abort marker is written into orders-1 from offset 40 on',
    );
  });

  test('is a marker alone where the producer is unknown, or went on under a later epoch', () => {
    expect(planAbort(open, [])).toEqual({ kind: 'marker' });
    expect(planAbort(open, [{ ...idle, producerEpoch: 6 }])).toEqual({ kind: 'marker' });
  });
});

describe('tables', () => {
  const lines = (result: Parameters<typeof renderResult>[1]): string[] =>
    renderResult('table', result, false).trimEnd().split('\n');
  const judged = judgeTransaction(open, [owner], LIMITS);

  test('of a transaction say since when it is open', () => {
    expect(lines(txnView([owner], NOW_MS))).toEqual([
      'billing  Ongoing, open for 1 min 30 s since 2026-01-02T03:04:05.000Z; producer 1000, epoch 5, ' +
        'timeout 1 min 0 s, coordinator 3',
      'TOPIC    PARTITION',
      'orders           1',
    ]);
    expect(lines(txnView([{ ...owner, state: 'Empty', startMs: -1, partitions: [] }], NOW_MS))).toEqual([
      'billing  Empty; producer 1000, epoch 5, timeout 1 min 0 s, coordinator 3',
      'no partitions: nothing is open',
    ]);
  });

  test('of a timeline say how long each state lasted, and who ended it', () => {
    const who = 'app@10.0.0.1';
    const entry = { wallMs: BEGUN_MS, state: 'Ongoing', offset: 7, producerEpoch: 5, partitionCount: 1, who };
    const ended = { ...entry, wallMs: NOW_MS, state: 'PrepareAbort', producerEpoch: 6, who: '' };
    expect(lines(timelineView('billing', [entry, ended]))).toEqual([
      'billing',
      'TIME                       AFTER         STATE          EPOCH   PARTITIONS   WHO            OFFSET',
      '2026-01-02T03:04:05.000Z   -             Ongoing        5                1   app@10.0.0.1        7',
      '2026-01-02T03:05:35.000Z   +1 min 30 s   PrepareAbort   6                1   -                   7',
    ]);
  });

  test('of fences name both parties', () => {
    const fenced = { producerId: 1000, producerEpoch: 5, who: 'app@10.0.0.1' };
    const by = { producerId: 1000, producerEpoch: 6, who: '' };
    const fence = { wallMs: BEGUN_MS, transactionalId: 'billing', cause: 'new-producer', fenced, by };
    expect(lines(fencesView([fence]))[1]).toBe(
      '2026-01-02T03:04:05.000Z   billing            new-producer   app@10.0.0.1 (producer 1000, epoch 5)   ' +
        'unknown (producer 1000, epoch 6)',
    );
    expect(lines(fencesView([]))).toEqual(['nobody was fenced, as far as the coordinators remember']);
  });

  test('of what hangs say where, since when, and how far the search went', () => {
    expect(lines(judgedView([judged], NOW_MS, 9))).toEqual([
      'TOPIC    PARTITION   START OFFSET   PRODUCER ID   EPOCH   TRANSACTIONAL ID   STATE     OPEN FOR' +
        '     LAST WRITE                 VERDICT',
      'orders           1             40         1,000   5       billing            Ongoing   1 min 30 s' +
        '   2026-01-02T03:04:15.000Z   open',
    ]);
    expect(lines(judgedView([], NOW_MS, 9))).toEqual(['nothing hangs in 9 partitions']);
  });

  const offsets = { logEndOffset: 50, highWatermark: 48, lastStableOffset: 40 };
  const replica = { nodeId: 1, role: 'leader', inSync: true, ...offsets };
  const facts: PartitionFacts = {
    topic: 'orders', partition: 1, leaderId: 1, leaderEpoch: 4, logStartOffset: 0, logEndOffset: 50, highWatermark: 48,
    lastStableOffset: 40, open: [judged], blockedBy: judged,
    replicas: [replica, { ...replica, nodeId: 2, role: 'unknown', inSync: false, logEndOffset: null }],
  };

  test('of a partition say what blocks readers of committed records', () => {
    expect(lines(partitionView([facts], NOW_MS)).slice(0, 3)).toEqual([
      'orders-1  log start 0, last stable 40, high watermark 48, log end 50',
      'the last stable offset is 8 offsets below the high watermark, blocked by billing (producer 1000)',
      'NODE   ROLE      IN SYNC   LOG END   HIGH WATERMARK   LAST STABLE   BEHIND',
    ]);
    const hanging = judgeTransaction(open, [], LIMITS);
    expect(blockSentence({ ...facts, blockedBy: hanging })).toContain('blocked by producer 1000, which is hanging');
    expect(blockSentence({ ...facts, blockedBy: null })).toContain('the last marker is not yet replicated');
    expect(blockSentence({ ...facts, lastStableOffset: 48 })).toBe('nothing blocks the last stable offset');
    expect(blockSentence({ ...facts, highWatermark: null })).toContain('it has no leader');
  });
});
