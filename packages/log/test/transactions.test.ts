/** The aborted index of a log: its bytes, its look-up, and where it is when a node starts again. */
import { SeededRandom } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collectAborted, TxnIndex } from '../src/txn-index.ts';
import { makeBatch, readAll, SMALL_CONFIG, StoreUnderTest, TOPIC_A } from './batches.ts';
import { committedBatches, readCommitted } from './committed-reader.ts';

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const entry = (producerId: number, firstOffset: number, lastOffset: number, lastStableOffset = lastOffset + 1) =>
  ({ producerId, firstOffset, lastOffset, lastStableOffset });
const indexOf = (...entries: readonly ReturnType<typeof entry>[]): TxnIndex => {
  const index = new TxnIndex();
  for (const one of entries) index.maybeAppend(one);
  return index;
};

describe('the index of aborted transactions', () => {
  test('has the bytes of Kafka [L4]', () => {
    const index = indexOf(entry(0x1122, 300, 0x0203, 0x0102));
    expect(hex(index.encode())).toBe(
      '0000' + '0000000000001122' + '000000000000012c' + '0000000000000203' + '0000000000000102',
    );
    expect(TxnIndex.decode(index.encode(), 300, 0x0204)?.entries).toEqual(index.entries);
    expect(TxnIndex.decode(new Uint8Array(0), 5, 9)?.entries).toEqual([]);
  });

  test('is refused where it does not fit the segment or is damaged', () => {
    const bytes = indexOf(entry(1, 10, 20), entry(2, 12, 30)).encode();
    expect(TxnIndex.decode(bytes, 15, 31)?.entries).toHaveLength(2);
    expect(TxnIndex.decode(bytes, 21, 31)).toBeUndefined();
    expect(TxnIndex.decode(bytes, 15, 30)).toBeUndefined();
    expect(TxnIndex.decode(bytes.subarray(1), 15, 31)).toBeUndefined();
    expect(TxnIndex.decode(new Uint8Array(34), 0, 31)).toBeUndefined();
    const changed = (at: number) => bytes.map((byte, index) => (index === at ? 0x7f : byte));
    for (const at of [0, 10, 18, 26, 34]) expect(TxnIndex.decode(changed(at), 15, 31), `byte ${at}`).toBeUndefined();
  });

  test('takes what a replay finds again once, and forgets what is cut off', () => {
    const index = indexOf(entry(1, 10, 20), entry(2, 12, 30), entry(1, 10, 20), entry(2, 12, 30));
    expect(index.entries).toHaveLength(2);
    index.truncateTo(30);
    expect(index.entries).toHaveLength(1);
    index.truncateTo(20);
    expect(index.sizeBytes).toBe(0);
  });

  test('is looked up forward, over segments, until nothing can come any more [L6]', () => {
    // Producer 2 is open from 12 to 40, over the marker of producer 1.
    const segments = [
      { txnIndex: indexOf(entry(1, 10, 20, 12)) }, { txnIndex: indexOf() },
      { txnIndex: indexOf(entry(2, 12, 40), entry(3, 41, 45)) }, { txnIndex: indexOf(entry(4, 50, 60)) },
    ];
    const producers = (from: number, end: number, first = 0): number[] =>
      collectAborted(segments.slice(first), from, end).map(({ producerId }) => producerId);
    expect(producers(0, 12)).toEqual([1]);
    expect(producers(0, 13)).toEqual([1, 2]);
    expect(producers(20, 30)).toEqual([1, 2]);
    expect(producers(21, 30)).toEqual([2]);
    expect(producers(40, 41, 2)).toEqual([2]);
    expect(producers(41, 42, 2)).toEqual([3]);
    expect(producers(42, 100, 2)).toEqual([3, 4]);
  });
});

describe('a log with transactions', () => {
  /** Two producers take turns; the one with an even number aborts always. */
  const fill = (under: StoreUnderTest, rounds: number): void => {
    const log = under.log();
    for (let round = 0; round < rounds; round++) {
      for (const producerId of [1, 2]) {
        under.append(log, { producerId, baseSequence: round, transactional: true, valueBytes: 60 });
      }
      under.append(log);
      under.end(log, 2, 'abort');
      if (round % 3 === 2) under.end(log, 1, 'commit');
    }
  };
  const ids = (aborted: readonly { producerId: number; firstOffset: number }[]) =>
    aborted.map(({ producerId, firstOffset }) => [producerId, firstOffset]);

  for (const stop of ['clean', 'crash', 'power loss', 'clean, then crash', 'lost index'] as const) {
    test(`knows what was aborted after a start: ${stop}`, () => {
      const verify = 'recent';
      const random = new SeededRandom(1);
      const under = new StoreUnderTest(undefined, { verify, ...(stop === 'clean, then crash' ? { flush: 'os' } : {}) });
      under.open().create(TOPIC_A, 'a', 0, SMALL_CONFIG);
      fill(under, 9);
      under.settle();
      const before = under.log().abortedTransactions(0, 1_000);
      expect(ids(before)).toHaveLength(9);
      if (stop === 'power loss' || stop === 'crash') under.disk.crash({ powerLoss: stop === 'power loss', random });
      else under.close();
      if (stop === 'lost index') {
        for (const name of under.disk.list('a-0')) if (name.endsWith('.txnindex')) under.disk.remove(`a-0/${name}`);
      }
      under.open();
      let expected = ids(before);
      if (stop === 'clean, then crash') {
        // The index file of the last segment is older now than the checkpoint that vouches for the segment.
        under.append(under.log(), { producerId: 5, baseSequence: 0, transactional: true });
        const at = under.log().endOffset - 1;
        under.end(under.log(), 5, 'abort');
        under.settle();
        under.store.tick(2_000_000, (log) => log.endOffset);
        under.settle();
        under.disk.crash({ powerLoss: true, random });
        under.open();
        expected = [...expected, [5, at]];
      }
      expect(ids(under.log().abortedTransactions(0, 1_000))).toEqual(expected);
      expect(under.log().segmentCount).toBeGreaterThan(3);
    });
  }

  /** What is known to be aborted after a loss of power, of a transaction that is alone in the log. */
  const abortedAfterPowerLoss = (
    seed: number, isStoppedBefore: boolean, change: (under: StoreUnderTest) => void,
  ): unknown[] => {
    const under = new StoreUnderTest(undefined, { verify: 'recent', flush: 'os' });
    under.open().create(TOPIC_A, 'a', 0, SMALL_CONFIG);
    under.append(under.log());
    under.settle();
    if (isStoppedBefore) {
      // The index files of the first segment are written here, and have nothing in them.
      under.close();
      under.open();
    }
    under.append(under.log(), { producerId: 5, baseSequence: 0, transactional: true });
    under.end(under.log(), 5, 'abort');
    change(under);
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
    under.open();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(seed + 1) });
    under.open();
    return ids(under.log().abortedTransactions(0, 1_000));
  };
  const checkpoint = (under: StoreUnderTest): void => {
    under.settle();
    under.store.tick(2_000_000, (log) => log.endOffset);
    under.settle();
  };
  const roll = (under: StoreUnderTest): void => {
    under.append(under.log(), { valueBytes: SMALL_CONFIG.segmentBytes - 100 });
    expect(under.log().segmentCount).toBe(2);
  };

  test.each([
    ['a checkpoint, and a roll after it', [checkpoint, roll]],
    ['a roll, and a checkpoint after it', [roll, checkpoint]],
    ['a checkpoint', [checkpoint]],
  ] as const)('trusts no txn index that was not synced where power is lost after %s (seed 301)', (_, changes) => {
    const change = (under: StoreUnderTest): void => changes.forEach((one) => one(under));
    for (let seed = 0; seed < 60; seed++) {
      const aborted = abortedAfterPowerLoss(seed, seed % 2 === 0, change);
      expect(aborted, `crash ${seed}`).toEqual([[5, 1]]);
    }
  });

  test('drops the index with its segment', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    fill(under, 12);
    under.settle();
    const files = (): string[] => under.disk.list('a-0').filter((name) => name.endsWith('.txnindex'));
    const count = files().length;
    expect(count).toBe(log.segmentCount - 1);
    under.store.advanceStart(log, log.endOffset - 1);
    under.settle();
    expect(files()).toEqual([]);
  });

  test('tells a reader what it must pass over, wherever a fetch begins and ends [L6, L9]', () => {
    const what = fc.constantFrom('data', 'data', 'plain', 'commit', 'abort');
    const action = fc.record({ producerId: fc.nat(3), what });
    fc.assert(fc.property(fc.array(action, { minLength: 5, maxLength: 60 }), (actions) => {
      const under = new StoreUnderTest().open();
      const log = under.create();
      const sequences = new Map<number, number>();
      for (const { producerId, what } of actions) {
        if (what === 'commit' || what === 'abort') {
          under.end(log, producerId, what);
          continue;
        }
        const own = what === 'plain' ? producerId + 10 : producerId;
        const baseSequence = sequences.get(own) ?? 0;
        sequences.set(own, baseSequence + 1);
        under.append(log, { producerId: own, baseSequence, transactional: what === 'data' });
      }
      const stable = log.producers.firstUnstableOffset(log.endOffset) ?? log.endOffset;
      const all = committedBatches(readAll(log)).filter((batch) => batch.lastOffset < stable);
      for (let from = 0; from <= stable; from++) {
        const expected = all.filter((batch) => batch.lastOffset >= from);
        for (const maxBytes of [1, 300, 10_000]) {
          expect(readCommitted(log, from, stable, maxBytes)).toEqual(expected);
        }
      }
    }), { numRuns: 40 });
  });

  test('takes no snapshot from before a gap: a marker in it would be missed, and its transaction stay open', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    const roll = (): void => {
      for (const { segmentCount } = log; log.segmentCount === segmentCount; ) under.append(log, { valueBytes: 300 });
    };
    under.append(log, { producerId: 1, baseSequence: 0, transactional: true });
    roll();
    under.end(log, 1, 'commit');
    roll();
    const { baseOffset } = log.allSegments()[2] as { baseOffset: number };
    under.store.advanceStart(log, baseOffset);
    under.settle();
    under.close();
    const [oldest, ...newer] = under.disk.list('a-0').filter((name) => name.endsWith('.snapshot'));
    expect(Number.parseInt(oldest as string, 10)).toBeLessThan(baseOffset);
    expect(newer).toHaveLength(2);
    // The newer ones are damaged; the oldest has the transaction open.
    for (const name of newer) {
      const file = under.disk.open(`a-0/${name}`, { create: false });
      file.write(7, [Uint8Array.of(0xff)]);
      file.close();
    }
    under.open();
    expect(under.log().startOffset).toBe(baseOffset);
    expect(under.log().producers.firstUnstableOffset(1_000)).toBeUndefined();
  });

  test('finds markers where a segment is read header by header, also at the edge of a window', () => {
    const under = new StoreUnderTest(undefined, { tailCacheBytes: 0, journalFileBytes: 1 << 20 }).open();
    const config = { ...SMALL_CONFIG, segmentBytes: 1_000_000, indexIntervalBytes: 1_000_000 };
    const log = under.create(TOPIC_A, 'a', 0, config);
    const first = { producerId: 1, baseSequence: 0, transactional: true };
    const overhead = makeBatch({ ...first, baseOffset: 0, valueBytes: 60_000 }).length - 60_000;
    // The window of a scan ends inside of the marker, behind its header.
    under.append(log, { ...first, valueBytes: 65_536 - 70 - overhead });
    under.end(log, 1, 'abort');
    const { sizeBytes } = log;
    expect(sizeBytes - 78 + 61).toBeLessThan(65_536);
    expect(sizeBytes).toBeGreaterThan(65_536);
    under.append(log);
    under.settle();
    under.store.truncate(log, 2);
    expect(log.producers.firstUnstableOffset(2)).toBeUndefined();
    expect(ids(log.abortedTransactions(0, 2))).toEqual([[1, 0]]);
  });
});
