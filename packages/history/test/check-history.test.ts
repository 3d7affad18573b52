/** Every anomaly is found in histories that have it, and in none that do not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANOMALIES, checkHistory, type AnomalyName, type History, type Operation, type Work } from '@hapax/history';
import { assign, history, poll, read, send, txn } from './short-histories.ts';
import { BAD, type BadHistory } from './bad-histories.ts';
import { NEAR_MISSES } from './near-misses.ts';
import { writeGoodHistory } from './good-histories.ts';

const ALONE = { usesSubscribe: false, hasFinalReads: true };
const GROUPS = { usesSubscribe: true, hasFinalReads: true };

function found(of: History): Set<AnomalyName> {
  return new Set(checkHistory(of, ALONE).counts.keys());
}

describe('bad histories', () => {
  for (const [name, histories] of Object.entries(BAD) as [AnomalyName, readonly BadHistory[]][]) {
    test.each(histories)(`${name} (${ANOMALIES[name]}): %s`, (_what, one) => {
      expect(histories.length).toBeGreaterThanOrEqual(2);
      expect(found(one)).toContain(name);
    });
  }
});

describe('what is no fault', () => {
  test.each(['int-send-skip', 'G0', 'G1c-ww'] as const)('%s is told, and allowed', (name) => {
    const [, second] = BAD[name];
    const verdict = checkHistory(second?.[1] ?? [], ALONE);
    expect([...verdict.counts.keys()].every((one) => ['int-send-skip', 'G0', 'G1c-ww'].includes(one))).toBe(true);
    expect(verdict.isValid).toBe(true);
  });

  test.each(['poll-skip', 'nonmonotonic-poll'] as const)('%s is allowed to members of groups only', (name) => {
    for (const [, one] of BAD[name]) {
      expect(checkHistory(one, ALONE).isValid).toBe(false);
      expect(checkHistory(one, GROUPS).isValid).toBe(true);
    }
  });

  test('unseen values are none before everything was read once more', () => {
    const [first] = BAD.unseen;
    expect(checkHistory(first?.[1] ?? [], { ...ALONE, hasFinalReads: false }).isValid).toBe(true);
  });

  test('a reader may begin anywhere in partitions that it did not keep', () => {
    const sent = txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]);
    const again = history(sent, read('r', 't', '0:a 1:b 2:c'), assign('r', 'u'), read('r', 't', '0:a 1:b'));
    expect(checkHistory(again, ALONE).isValid).toBe(true);
  });

  test('within an operation, a partition that was rebalanced may go back', () => {
    const sent = txn('p', [send('t', 'a', 0), send('t', 'b', 1)]);
    const reader = txn('x', [poll('t', '0:a 1:b'), poll('t', '0:a')], { rebalanced: ['t'] });
    expect(checkHistory(history(sent, reader), ALONE).isValid).toBe(true);
  });

  test('an uncommitted reader may see what is aborted, or not committed yet', () => {
    const aborted = txn('p', [send('t', 'a', 0)], { outcome: 'fail' });
    const reader = read('r', 't', '0:a', { isolation: 'read-uncommitted' });
    expect(checkHistory(history(aborted, reader), ALONE).isValid).toBe(true);
  });

  test('nothing can be lost of what may never have been committed', () => {
    const maybe = txn('p', [send('t', 'a', 0)], { outcome: 'unknown' });
    const later = history(maybe, txn('q', [send('t', 'b', 2)]), read('r', 't', '2:b'));
    expect(checkHistory(later, ALONE).isValid).toBe(true);
  });
});

describe('near misses', () => {
  for (const [name, histories] of Object.entries(NEAR_MISSES)) {
    test.each(histories)(`no ${name}: %s`, (_what, one) => {
      expect(checkHistory(one, ALONE).faults.map(({ anomaly }) => anomaly)).toEqual([]);
      expect(found(one)).not.toContain(name);
    });
  }
});

test('a history of a correct cluster is never at fault', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, hasGroups) => {
      const verdict = checkHistory(writeGoodHistory(seed, hasGroups), hasGroups ? GROUPS : ALONE);
      expect(verdict.faults.map(({ anomaly, message }) => `${anomaly}: ${message}`)).toEqual([]);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('a correct history in which one client says that what it committed was aborted is found', () => {
  let broken = 0;
  for (let seed = 0; seed < 200; seed++) {
    const good = writeGoodHistory(seed, false);
    const isFirst = (one: Operation): one is Work => one.kind === 'work' && one.process === 'writer0';
    const aborted = good.map((one) => (isFirst(one) ? { ...one, outcome: 'fail' as const } : one));
    if (good.some((one) => isFirst(one) && one.outcome === 'ok')) {
      broken += 1;
      expect(found(aborted)).toContain('aborted-read');
    }
  }
  expect(broken).toBeGreaterThan(100);
});
