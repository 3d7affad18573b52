/** Every anomaly is found in histories that have it, and in none that do not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANOMALIES, checkHistory, type AnomalyName, type History, type Operation, type Work } from '@hapax/history';
import { assign, history, poll, read, send, txn } from './short-histories.ts';
import { writeGoodHistory } from './good-histories.ts';

const ALONE = { usesSubscribe: false, hasFinalReads: true };
const GROUPS = { usesSubscribe: true, hasFinalReads: true };

/** For each anomaly, histories that have it; the first in each list is the barest. */
const BAD: Readonly<Record<AnomalyName, readonly History[]>> = {
  'inconsistent-offsets': [
    history(txn('p', [send('t', 'a', 0)]), txn('q', [send('t', 'b', 0)]), read('r', 't', '0:a'), read('s', 't', '0:b')),
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), read('s', 't', '0:a 1:c')),
  ],
  'duplicate': [
    history(txn('p', [send('t', 'a', 0)]), read('r', 't', '0:a 1:a')),
    history(txn('p', [send('t', 'a', 3)]), read('r', 't', '0:a'), txn('q', [send('t', 'b', 5)]), read('r', 't', '5:b')),
  ],
  'aborted-read': [
    history(txn('p', [send('t', 'a', 0)], { outcome: 'fail' }), read('r', 't', '0:a')),
    history(
      txn('p', [send('t', 'a', 0), send('u', 'b', 0)], { outcome: 'fail' }),
      txn('q', [poll('u', '0:b'), send('v', 'c', 0)]), read('r', 'v', '0:c'),
    ),
  ],
  'intermediate-read': [
    history(
      txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), txn('q', [send('t', 'c', 3)]),
      read('r', 't', '0:a 3:c'), read('s', 't', '0:a 1:b 3:c'),
    ),
    history(
      txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]),
      read('r', 't', '0:a 2:c'), read('s', 't', '0:a 1:b 2:c'),
    ),
  ],
  'precommitted-read': [
    history(txn('p', [send('t', 'a', 0), poll('t', '0:a')])),
    history(
      txn('p', [send('t', 'a', 0), send('u', 'b'), poll('u', '4:b')], { outcome: 'unknown' }), read('r', 't', '0:a'),
    ),
  ],
  'lost-write': [
    history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), read('r', 't', '2:b')),
    // A part of a transaction of unknown outcome was read, so all of it is committed.
    history(
      txn('p', [send('t', 'a', 0), send('u', 'b', 0)], { outcome: 'unknown' }), txn('q', [send('u', 'c', 2)]),
      read('r', 't', '0:a'), read('r', 'u', '2:c'),
    ),
  ],
  'unseen': [
    history(txn('p', [send('t', 'a', 0)])),
    history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), read('r', 't', '0:a')),
  ],
  'int-poll-skip': [
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]), read('r', 't', '0:a 2:c'),
      read('s', 't', '0:a 1:b 2:c')),
    history(txn('p', [send('t', 'a', 0)]), txn('q', [send('t', 'b', 2)]), txn('q', [send('t', 'c', 4)]),
      txn('x', [poll('t', '0:a'), poll('t', '4:c')]), read('s', 't', '0:a 2:b 4:c')),
  ],
  'int-nonmonotonic-poll': [
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '1:b 0:a')),
    history(txn('p', [send('t', 'a', 0)]), txn('x', [poll('t', '0:a'), poll('t', '0:a')])),
  ],
  'int-send-skip': [
    history(
      txn('p', [send('t', 'a', 0), send('t', 'c', 2)]), txn('q', [send('t', 'b', 1)]), read('r', 't', '0:a 1:b 2:c'),
    ),
    history(txn('p', [send('t', 'a'), send('t', 'd')]), txn('q', [send('t', 'b'), send('t', 'c')]),
      read('r', 't', '0:a 1:b 2:c 3:d')),
  ],
  'int-nonmonotonic-send': [
    history(txn('p', [send('t', 'a', 1), send('t', 'b', 0)]), read('r', 't', '0:b 1:a')),
    history(txn('p', [send('t', 'a'), send('t', 'b')], { outcome: 'unknown' }), read('r', 't', '7:b 9:a')),
  ],
  'poll-skip': [
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]),
      read('r', 't', '0:a'), read('r', 't', '2:c'), read('s', 't', '0:a 1:b 2:c')),
    history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), txn('p', [send('t', 'c', 4)]),
      read('s', 't', '0:a 2:b 4:c'), txn('x', [poll('t', '0:a')]), assign('x', 't'), txn('x', [poll('t', '4:c')])),
  ],
  'nonmonotonic-poll': [
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), read('r', 't', '1:b')),
    history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), assign('r', 't', 'u'),
      read('r', 't', '0:a 1:b')),
  ],
  'nonmonotonic-send': [
    history(txn('p', [send('t', 'a', 2)]), txn('p', [send('t', 'b', 0)]), read('r', 't', '0:b 2:a')),
    history(txn('p', [send('t', 'a')]), txn('p', [send('t', 'b')], { outcome: 'unknown' }), read('r', 't', '0:b 2:a')),
  ],
  'G0': [
    history(txn('p', [send('t', 'a', 0), send('u', 'b', 1)]), txn('q', [send('u', 'c', 0), send('t', 'd', 1)]),
      read('r', 't', '0:a 1:d'), read('r', 'u', '0:c 1:b')),
    history(
      txn('p', [send('t', 'a', 0), send('t', 'c', 2)]), txn('q', [send('t', 'b', 1)]), read('r', 't', '0:a 1:b 2:c'),
    ),
  ],
  'G1c': [
    history(txn('p', [send('t', 'a', 0), poll('u', '0:b')]), txn('q', [send('u', 'b', 0), poll('t', '0:a')])),
    history(
      txn('p', [send('t', 'a', 0), poll('v', '0:c')]), txn('q', [send('u', 'b', 0), poll('t', '0:a')]),
      txn('x', [send('v', 'c', 0), poll('u', '0:b')]),
    ),
  ],
  'G1c-ww': [
    history(txn('p', [send('t', 'a', 0), poll('u', '0:b')]), txn('q', [send('t', 'c', 2), send('u', 'b', 0)]),
      read('r', 't', '0:a 2:c')),
    history(txn('p', [send('t', 'a', 0), poll('v', '0:x')]), txn('q', [send('t', 'c', 2)]),
      txn('q', [send('t', 'd', 4), send('v', 'x', 0)]), read('r', 't', '0:a 2:c 4:d')),
  ],
};

function found(of: History): Set<AnomalyName> {
  return new Set(checkHistory(of, ALONE).counts.keys());
}

describe('bad histories', () => {
  for (const [name, histories] of Object.entries(BAD) as [AnomalyName, readonly History[]][]) {
    const cases = histories.map((one, at) => [at + 1, one] as const);
    test.each(cases)(`${name}, case %i: ${ANOMALIES[name]}`, (_at, one) => {
      expect(histories.length).toBeGreaterThanOrEqual(2);
      expect(found(one)).toContain(name);
    });
  }
});

describe('what is no fault', () => {
  test.each(['int-send-skip', 'G0', 'G1c-ww'] as const)('%s is told, and allowed', (name) => {
    const [, second] = BAD[name];
    const verdict = checkHistory(second as History, ALONE);
    expect([...verdict.counts.keys()].every((one) => ['int-send-skip', 'G0', 'G1c-ww'].includes(one))).toBe(true);
    expect(verdict.isValid).toBe(true);
  });

  test.each(['poll-skip', 'nonmonotonic-poll'] as const)('%s is allowed to members of groups only', (name) => {
    for (const one of BAD[name]) {
      expect(checkHistory(one, ALONE).isValid).toBe(false);
      expect(checkHistory(one, GROUPS).isValid).toBe(true);
    }
  });

  test('unseen values are none before everything was read once more', () => {
    const [first] = BAD.unseen;
    expect(checkHistory(first as History, { ...ALONE, hasFinalReads: false }).isValid).toBe(true);
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
