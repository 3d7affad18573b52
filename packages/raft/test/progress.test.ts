/** What a leader knows of a peer, and when it may send. */
import { describe, expect, test } from 'vitest';
import { Progress } from '../src/progress.ts';

describe('what a leader knows of a peer', () => {
  test('a probe sends one append and waits for its answer', () => {
    const progress = new Progress(5, 10);
    progress.onSent(2, 1);
    expect(progress.isPaused()).toBe(true);
    expect(progress.nextIndex).toBe(5);
    expect(progress.maybeRetreat(4, 2)).toBe(true);
    expect(progress).toMatchObject({ nextIndex: 3, paused: false });
  });

  test('a rejection that was overtaken changes nothing [bug 19]', () => {
    const probing = new Progress(5, 10);
    expect(probing.maybeRetreat(3, 1)).toBe(false);
    expect(probing.nextIndex).toBe(5);
    const replicating = new Progress(5, 10);
    replicating.maybeAdvance(7);
    replicating.becomeReplicate();
    expect(replicating.maybeRetreat(6, 2)).toBe(false);
    expect(replicating).toMatchObject({ matchIndex: 7, nextIndex: 8 });
  });

  test('a window of appends goes ahead of the answers, and no further', () => {
    const progress = new Progress(1, 2);
    progress.becomeReplicate();
    progress.onSent(3, 0);
    expect(progress.isPaused()).toBe(false);
    progress.onSent(1, 0);
    expect(progress).toMatchObject({ nextIndex: 5, paused: true });
    progress.freeUpTo(3);
    expect(progress.isPaused()).toBe(false);
  });

  test('never retreats below what the peer has', () => {
    const progress = new Progress(9, 2);
    progress.maybeAdvance(6);
    progress.onSent(1, 0);
    expect(progress.maybeRetreat(8, 0)).toBe(true);
    expect(progress.nextIndex).toBe(7);
  });

  test('goes on behind a snapshot that arrived, and where it was when one failed', () => {
    const arrived = new Progress(2, 2);
    arrived.becomeSnapshot(10);
    expect(arrived.isPaused()).toBe(true);
    arrived.becomeProbe();
    expect(arrived.nextIndex).toBe(11);
    const failed = new Progress(2, 2);
    failed.becomeSnapshot(10);
    failed.pendingSnapshotIndex = 0;
    failed.becomeProbe();
    expect(failed.nextIndex).toBe(1);
  });
});
