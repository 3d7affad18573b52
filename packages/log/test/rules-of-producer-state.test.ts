/** The rules of what a log keeps of producers and aborts (I15–I17, L4, L6) when it starts again or is cut. */
import { type Random, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { SMALL_CONFIG, StoreUnderTest, TOPIC_A } from './batches.ts';

const PID = 1;

/** A store with a log of several segments: producer 1 wrote sequences 0 to 39, nothing else is there. */
function written(): StoreUnderTest {
  const under = new StoreUnderTest(undefined, { verify: 'recent' });
  under.open().create(TOPIC_A, 'a', 0, SMALL_CONFIG);
  for (let sequence = 0; sequence < 40; sequence++) {
    under.append(under.log(), { producerId: PID, baseSequence: sequence, valueBytes: 60 });
  }
  under.settle();
  expect(under.log().segmentCount).toBeGreaterThan(4);
  return under;
}

/** The sequences that would be taken for duplicates. */
function duplicates(under: StoreUnderTest): number[] {
  return (under.log().producers.find(PID)?.batches ?? []).map(({ baseSequence }) => baseSequence);
}

const snapshots = (under: StoreUnderTest): number[] => under.disk.list('a-0')
  .filter((name) => name.endsWith('.snapshot')).map((name) => Number.parseInt(name, 10)).toSorted((a, b) => a - b);

/** How a node starts again. */
type Restart = readonly [rule: string, act: (under: StoreUnderTest, random: Random) => void];

describe('producers', () => {
  const restarts: readonly Restart[] = [
    ['[I15, I16] a clean stop', (under) => under.close()],
    ['[I15, I16] the process dies', (under, random) => under.disk.crash({ powerLoss: false, random })],
    ['[I15, I16] the power goes', (under, random) => under.disk.crash({ powerLoss: true, random })],
    ['[I15, I16] the snapshots are gone: all is replayed', (under) => {
      under.close();
      for (const name of under.disk.list('a-0')) if (name.endsWith('.snapshot')) under.disk.remove(`a-0/${name}`);
    }],
  ];

  test.each(restarts)('%s: all five batches are known afterwards', (_rule, act) => {
    const under = written();
    act(under, new SeededRandom(1));
    under.open();
    expect(duplicates(under)).toEqual([35, 36, 37, 38, 39]);
  });

  test('[I15] a segment that ends leaves a snapshot; the newest three are kept', () => {
    const under = written();
    const last = snapshots(under).at(-1) ?? 0;
    expect(snapshots(under)).toHaveLength(3);
    // The last segment has what came after it.
    expect(under.disk.list('a-0')).toContain(`${String(last).padStart(20, '0')}.log`);
  });

  test.each([
    ['[I15] a cut goes back to an older snapshot, and drops the newer ones', 33],
    ['[I15] a cut goes back to the beginning where no snapshot is old enough', 12],
  ])('%s', (_rule, offset) => {
    const under = written();
    const kept = snapshots(under).filter((each) => each <= offset);
    under.store.truncate(under.log(), offset);
    under.settle();
    const five = [5, 4, 3, 2, 1].map((back) => offset - back);
    expect(snapshots(under)).toEqual(kept);
    expect(duplicates(under)).toEqual(five);
    under.close();
    under.open();
    expect(duplicates(under)).toEqual(five);
  });

  test('[I17] expire when they were silent for long, but not with an open transaction', () => {
    const under = written();
    under.append(under.log(), { producerId: 2, baseSequence: 0, transactional: true });
    const { producers } = under.log();
    for (let hour = 0; hour <= 48; hour++) producers.expire(1_000_000 + hour * 3_600_000, 86_400_000);
    expect([producers.find(PID), producers.find(2)?.currentTxnFirstOffset]).toEqual([undefined, 40]);
  });
});

describe('aborted transactions', () => {
  const ended = (outcomes: readonly ('commit' | 'abort')[]) => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    outcomes.forEach((outcome, at) => {
      under.append(log, { producerId: at, baseSequence: 0, transactional: true });
      under.end(log, at, outcome);
    });
    return log.abortedTransactions(0, log.endOffset);
  };

  test.each([
    ['[L4] an abort is indexed: from its first record to its marker', ['abort'],
      [{ producerId: 0, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 }]],
    ['[L4] a commit is not', ['commit'], []],
    ['[L4] only the abort of both is', ['commit', 'abort'],
      [{ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 }]],
  ] as const)('%s', (_rule, outcomes, expected) => {
    expect(ended(outcomes)).toEqual(expected);
  });

  test('[L4] an abort of nothing is not indexed', () => {
    const under = new StoreUnderTest().open();
    under.end(under.create(), PID, 'abort');
    expect(under.log().abortedTransactions(0, 10)).toEqual([]);
  });

  test('[L4] with another one open, readers stop where that began', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (const producerId of [1, 2]) under.append(log, { producerId, baseSequence: 0, transactional: true });
    under.end(log, 2, 'abort');
    expect(log.abortedTransactions(0, 10)).toEqual([
      { producerId: 2, firstOffset: 1, lastOffset: 2, lastStableOffset: 0 },
    ]);
  });

  /** Aborts of 0–1 by producer 0, 2–3 by producer 1, 4–5 by producer 2. */
  test.each([
    ['[L6] all of it', 0, 6, [0, 1, 2]],
    ['[L6] from a marker on', 3, 6, [1, 2]],
    ['[L6] up to the first record of the next', 0, 2, [0]],
    ['[L6] from within one to within another', 1, 3, [0, 1]],
    ['[L6] nothing', 2, 2, []],
  ] as const)('%s', (_rule, from, upTo, expected) => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (const producerId of [0, 1, 2]) {
      under.append(log, { producerId, baseSequence: 0, transactional: true });
      under.end(log, producerId, 'abort');
    }
    expect(log.abortedTransactions(from, upTo).map(({ producerId }) => producerId)).toEqual(expected);
  });
});
