/** Leader epochs and the places where logs part. */
import { describe, expect, test } from 'vitest';
import { LeaderEpochs } from '../src/index.ts';
import { findDivergence, truncationPoint } from '../src/truncation.ts';

const epochs = (...entries: readonly (readonly [number, number])[]): LeaderEpochs =>
  new LeaderEpochs(entries.map(([epoch, startOffset]) => ({ epoch, startOffset })));
const list = (of: LeaderEpochs): readonly (readonly [number, number])[] =>
  of.entries().map(({ epoch, startOffset }) => [epoch, startOffset]);

describe('leader epochs', () => {
  test('answer where an epoch ends [H14]', () => {
    const some = epochs([2, 10], [5, 20], [6, 30]);
    expect(some.endOffsetFor(6, 35)).toEqual({ epoch: 6, endOffset: 35 });
    expect(some.endOffsetFor(7, 35)).toEqual({ epoch: -1, endOffset: -1 });
    expect(some.endOffsetFor(1, 35)).toEqual({ epoch: 1, endOffset: 10 });
    expect(some.endOffsetFor(4, 35)).toEqual({ epoch: 2, endOffset: 20 });
    expect(some.endOffsetFor(5, 35)).toEqual({ epoch: 5, endOffset: 30 });
    expect(some.endOffsetFor(-1, 35)).toEqual({ epoch: -1, endOffset: -1 });
    expect(epochs().endOffsetFor(0, 0)).toEqual({ epoch: -1, endOffset: -1 });
  });

  test('forget an epoch without records when the next one begins at the same offset', () => {
    const some = epochs([2, 10]);
    expect(some.assign(3, 20)).toBe(true);
    expect(some.assign(4, 20)).toBe(true);
    expect(some.assign(4, 25)).toBe(false);
    expect(list(some)).toEqual([[2, 10], [4, 20]]);
  });

  test('refuse an epoch that goes back', () => {
    expect(() => epochs([2, 10]).assign(1, 20)).toThrow('leader epoch 1 at 20 comes after 2 at 10');
  });

  test('are cut at the end also where no record is [bug 92]', () => {
    const some = epochs([2, 10], [3, 20]);
    expect(some.truncateFromEnd(20)).toBe(true);
    expect(some.truncateFromEnd(20)).toBe(false);
    expect(list(some)).toEqual([[2, 10]]);
  });

  test('keep the epoch that covers a new log start', () => {
    const some = epochs([2, 10], [3, 20], [4, 30]);
    expect(some.truncateFromStart(25)).toBe(true);
    expect(some.truncateFromStart(25)).toBe(false);
    expect(list(some)).toEqual([[3, 25], [4, 30]]);
    expect(epochs([2, 10]).truncateFromStart(5)).toBe(false);
  });
});

describe('two logs', () => {
  const log = (logEndOffset: number, leaderEpochs: LeaderEpochs, logStartOffset = 0) =>
    ({ logStartOffset, logEndOffset, leaderEpochs });

  test('that agree are not cut', () => {
    const leader = log(30, epochs([0, 0], [2, 20]));
    expect(findDivergence(leader, { logEndOffset: 20, lastEpoch: 0 })).toEqual({ kind: 'none' });
    expect(findDivergence(leader, { logEndOffset: 0, lastEpoch: -1 })).toEqual({ kind: 'none' });
  });

  test('need two answers after two quick elections [KIP-279, bug 77]', () => {
    // The leader has epochs 0 and 3, the follower 0, 1 and 2; they share [0, 10).
    const leader = log(40, epochs([0, 0], [3, 15]));
    const own = epochs([0, 0], [1, 10], [2, 20]);
    const first = findDivergence(leader, { logEndOffset: 30, lastEpoch: 2 });
    expect(first).toEqual({ kind: 'diverges', offset: 15, epoch: 0 });
    if (first.kind !== 'diverges') return;
    expect(truncationPoint(log(30, own), first)).toEqual({ offset: 10, startAt: false });
    own.truncateFromEnd(10);
    expect(findDivergence(leader, { logEndOffset: 10, lastEpoch: own.latestEpoch })).toEqual({ kind: 'none' });
  });

  test('are cut at the own end of the epoch below, where the follower lacks the leader’s', () => {
    // The leader answers with epoch 2, which the follower never saw: it goes back to its own end of epoch 1.
    const leader = log(50, epochs([0, 0], [1, 10], [2, 20], [5, 40]));
    const own = epochs([0, 0], [1, 10], [4, 25]);
    const order = findDivergence(leader, { logEndOffset: 45, lastEpoch: 4 });
    expect(order).toEqual({ kind: 'diverges', offset: 40, epoch: 2 });
    if (order.kind !== 'diverges') return;
    expect(truncationPoint(log(45, own), order)).toEqual({ offset: 25, startAt: false });
    own.truncateFromEnd(25);
    const again = findDivergence(leader, { logEndOffset: 25, lastEpoch: 1 });
    expect(again).toEqual({ kind: 'diverges', offset: 20, epoch: 1 });
  });

  test('share nothing where the leader deleted what the follower misses [H17]', () => {
    const order = findDivergence(log(50, epochs([3, 20]), 20), { logEndOffset: 10, lastEpoch: 1 });
    expect(order).toEqual({ kind: 'diverges', offset: 20, epoch: -1 });
    if (order.kind !== 'diverges') return;
    expect(truncationPoint(log(10, epochs([1, 0])), order)).toEqual({ offset: 20, startAt: true });
  });

  test('are not cut by a leader that never heard of the follower’s epoch', () => {
    expect(findDivergence(log(30, epochs([2, 0])), { logEndOffset: 10, lastEpoch: 3 })).toEqual({ kind: 'unknown' });
  });
});
