/** The scheduler of the host: order, cancellation, the end of a turn. */
import { describe, expect, test } from 'vitest';
import { systemClock, SystemScheduler } from '../src/system-clock.ts';
import { OsRandom } from '../src/os-random.ts';

describe('the scheduler', () => {
  test('makes calls in the order in which they are due, never early', async () => {
    const scheduler = new SystemScheduler();
    const startMs = systemClock.nowMs();
    const calls: string[] = [];
    await new Promise<void>((resolve) => {
      for (const delayMs of [12, 3, 0, 7, -5]) {
        scheduler.after(delayMs, () => {
          calls.push(`${delayMs}`);
          expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(delayMs);
          if (calls.length === 5) resolve();
        });
      }
    });
    expect(calls).toEqual(['0', '-5', '3', '7', '12']);
  });

  test('does not make calls that were taken back, also when another call takes them back', async () => {
    const scheduler = new SystemScheduler();
    const calls: string[] = [];
    const cancelled = scheduler.after(1, () => calls.push('cancelled'));
    cancelled.cancel();
    const later = scheduler.after(20, () => calls.push('later'));
    scheduler.after(2, () => {
      calls.push('first');
      later.cancel();
    });
    await new Promise<void>((resolve) => void scheduler.after(40, resolve));
    cancelled.cancel();
    expect(calls).toEqual(['first']);
  });

  test('arranges a call from within a call', async () => {
    const scheduler = new SystemScheduler();
    await new Promise<void>((resolve) => void scheduler.after(1, () => void scheduler.after(1, resolve)));
  });

  test('makes deferred calls at the end of the turn, in order, and theirs in the next', async () => {
    const scheduler = new SystemScheduler();
    const calls: string[] = [];
    await new Promise<void>((resolve) => {
      scheduler.defer(() => {
        calls.push('one');
        scheduler.defer(() => {
          calls.push('three');
          resolve();
        });
      });
      scheduler.defer(() => calls.push('two'));
      calls.push('now');
      queueMicrotask(() => calls.push('soon'));
    });
    expect(calls).toEqual(['now', 'soon', 'one', 'two', 'three']);
  });
});

describe('randomness', () => {
  test('stays in its bounds and does not repeat', () => {
    const random = new OsRandom();
    const drawn = Array.from({ length: 3000 }, () => random.nextUint32());
    expect(new Set(drawn).size).toBeGreaterThan(2990);
    for (let count = 0; count < 3000; count++) {
      expect(random.nextInt(3)).toBeLessThan(3);
      expect(random.nextFloat()).toBeLessThan(1);
    }
    expect(random.fork('a').nextUint32()).not.toBe(random.fork('a').nextUint32());
  });
});
