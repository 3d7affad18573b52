/** Large appends: written once, durable with their reference, found or cut by whatever start comes next. */
import { SeededRandom } from '@hapax/base';
import { MemoryDisk } from '@hapax/testkit';
import { describe, expect, test } from 'vitest';
import { FilePool } from '../src/file-pool.ts';
import { EntryKind } from '../src/journal-entry.ts';
import { scanJournal } from '../src/journal-scan.ts';
import type { PartitionLog } from '../src/index.ts';
import { offsetsOf, SMALL_CONFIG, StoreUnderTest, TOPIC_A } from './batches.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const LARGE = { valueBytes: 900 };
const WIDE = { ...SMALL_CONFIG, segmentBytes: 100_000 };

function opened(): { under: StoreUnderTest; log: PartitionLog } {
  const under = new StoreUnderTest(undefined, { journalBypassBytes: 900 }).open();
  const log = under.create(TOPIC_A, 'a', 0, WIDE);
  under.settle();
  return { under, log };
}

const kinds = (under: StoreUnderTest): number[] => scanJournal(under.disk).entries.map((entry) => entry.kind);

/** Completes the oldest sync that waits. */
const completeOne = (under: StoreUnderTest): number => under.disk.completeSyncs(1);

describe('a large append', () => {
  test('is written once, to its segment; the journal has a short reference to it', () => {
    const { under, log } = opened();
    under.append(log, LARGE);
    under.append(log);
    under.settle();
    const [, reference, append] = scanJournal(under.disk).entries;
    expect([reference?.kind, append?.kind]).toEqual([EntryKind.reference, EntryKind.append]);
    expect(reference?.sizeBytes).toBeLessThan(100);
    expect(append?.place).toEqual({ segmentBase: 0, position: log.sizeBytes - (append?.payload.length ?? 0) });
    expect(offsetsOf(log)).toEqual([0, 1]);
  });

  test('goes past the journal only where a sync of its segment is worth it', () => {
    const under = new StoreUnderTest(undefined, { journalBypassBytes: 900, journalBypassRoundBytes: 1_800 }).open();
    const log = under.create(TOPIC_A, 'a', 0, WIDE);
    under.settle();
    under.append(log, LARGE);
    under.settle();
    under.append(log, LARGE);
    under.append(log, LARGE);
    under.settle();
    const { append, create, reference } = EntryKind;
    expect(kinds(under)).toEqual([create, append, reference, reference]);
  });

  test('is durable when journal, segment and names are synced, not before', () => {
    const { under, log } = opened();
    under.append(log, LARGE);
    under.store.flush();
    const syncs = under.disk.syncsPending;
    expect(syncs).toBeGreaterThan(2);
    while (under.disk.syncsPending > 0) {
      expect(log.durableOffset).toBe(0);
      completeOne(under);
    }
    expect(log.durableOffset).toBe(1);
    under.append(log, LARGE);
    under.store.flush();
    expect(under.disk.syncsPending).toBe(2);
    completeOne(under);
    expect(log.durableOffset).toBe(1);
    completeOne(under);
    expect(log.durableOffset).toBe(2);
  });

  test('that lost its bytes is cut off with what came after it, in every log', () => {
    let lost = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const { under, log } = opened();
      const other = under.create('AAAAAAAAAAAAAAAAAAAAAw', 'b', 0, WIDE);
      under.append(log, { ...LARGE, records: 2 });
      under.settle();
      under.append(log, LARGE);
      under.append(other);
      under.store.flush();
      completeOne(under);
      under.disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
      under.open();
      expect(under.report).toMatchObject({ corrupt: [], journalDamage: undefined });
      const isLost = under.log().endOffset === 2;
      expect([under.log().endOffset, under.log(other.topicId).endOffset]).toEqual(isLost ? [2, 0] : [3, 1]);
      if (isLost) lost += 1;
    }
    expect(lost).toBeGreaterThan(5);
    expect(lost).toBeLessThan(120);
  });

  test('that the journal has never heard of is cut off', () => {
    const { under, log } = opened();
    under.append(log, LARGE);
    under.close();
    under.open();
    under.append(under.log(), LARGE);
    under.store.flush();
    // Only the segment's sync is done; the journal's entry is lost as a whole.
    const position = 4096;
    under.disk.crash({ powerLoss: false, random: new SeededRandom(1) });
    for (const path of ['journal/0.journal', 'journal/1.journal']) under.disk.flip(path, position + 20, 1);
    expect(offsetsOf(under.open().log())).toEqual([0]);
    expect(under.report?.corrupt).toEqual([]);
  });

  test('is journaled as a whole beside a truncation, a roll or a creation', () => {
    const under = new StoreUnderTest(undefined, { journalBypassBytes: 900 }).open();
    const log = under.create(TOPIC_A, 'a', 0, WIDE);
    under.append(log, LARGE);
    under.settle();
    expect(kinds(under)).toEqual([EntryKind.create, EntryKind.append]);
    under.append(log, LARGE);
    under.store.truncate(log, 1);
    under.append(log, LARGE);
    under.settle();
    log.config = SMALL_CONFIG;
    under.append(log, LARGE);
    under.settle();
    const { append, create, truncate } = EntryKind;
    expect(kinds(under)).toEqual([create, append, append, truncate, append, append]);
  });

  test('survives whatever follows it: smaller ones, a truncation, a new start', () => {
    const { under, log } = opened();
    const crash = (seed: number): PartitionLog => {
      under.settle();
      under.disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
      const found = under.open().log();
      expect(under.report?.corrupt).toEqual([]);
      return found;
    };
    for (let at = 0; at < 4; at++) {
      under.append(log);
      under.append(log, LARGE);
      under.settle();
    }
    under.append(log);
    expect(offsetsOf(crash(1))).toEqual(range(0, 9));
    const again = under.log();
    under.append(again, LARGE);
    under.settle();
    under.store.truncate(again, 5);
    under.append(again, { records: 2 });
    expect(offsetsOf(crash(2))).toEqual(range(0, 7));
    const third = under.log();
    under.append(third, LARGE);
    under.settle();
    under.store.truncateFullyAndStartAt(third, 50);
    under.settle();
    under.append(third, LARGE);
    expect(offsetsOf(crash(3))).toEqual([50]);
  });

  test('that was reported is found by every start, however often one is interrupted', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const { under, log } = opened();
      const random = new SeededRandom(seed);
      if (seed % 2 === 0) {
        under.append(log);
        under.settle();
        under.store.truncateFullyAndStartAt(log, 100);
        under.settle();
      }
      const start = log.endOffset;
      for (const large of [false, random.nextInt(2) === 0, false, true]) {
        under.append(log, large ? LARGE : {});
        if (random.nextInt(2) === 0) under.settle();
      }
      under.settle();
      for (let crashes = 1 + random.nextInt(5); crashes > 0; crashes--) {
        under.disk.crash({ powerLoss: random.nextInt(4) > 0, random });
        under.startOpening();
        under.disk.completeSyncs(random.nextInt(20));
      }
      under.disk.crash({ powerLoss: true, random });
      expect(offsetsOf(under.open().log()), `seed ${seed}`).toEqual(range(start, start + 4));
      expect(under.report, `seed ${seed}`).toMatchObject({ corrupt: [], unknownDirectories: [] });
    }
  });

  test('in a segment that follows one which was cut, and whose cut was lost', () => {
    let kept = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const under = new StoreUnderTest(undefined, { journalBypassBytes: 250 }).open();
      const log = under.create(TOPIC_A, 'a', 0, WIDE);
      under.settle();
      const large = { valueBytes: 250, leaderEpoch: 1 };
      under.append(log, { valueBytes: 250 });
      under.settle();
      for (let at = 0; at < 4; at++) under.append(log);
      under.append(log, { valueBytes: 250 });
      under.settle();
      under.store.truncate(log, 2);
      log.config = { ...WIDE, segmentBytes: 100 };
      under.append(log, { leaderEpoch: 1 });
      under.settle();
      log.config = WIDE;
      under.append(log, large);
      under.store.flush();
      completeOne(under);
      under.disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
      const found = under.open().log();
      expect(under.report?.corrupt, `seed ${seed}`).toEqual([]);
      if (found.endOffset === 4) kept += 1;
      expect(offsetsOf(found), `seed ${seed}`).toEqual(range(0, found.endOffset === 4 ? 4 : 3));
    }
    expect(kept).toBeGreaterThan(5);
  });

  test('that was durable and is damaged is reported, not taken for a torn end', () => {
    const { under, log } = opened();
    under.append(log, { records: 2 });
    under.append(log, LARGE);
    under.settle();
    under.append(log);
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(1) });
    under.disk.flip('a-0/00000000000000000000.log', 300, 1);
    under.open();
    expect(under.report?.corrupt).toMatchObject([{ topic: 'a', offset: 2, path: 'a-0/00000000000000000000.log' }]);
    expect(under.disk.list('a-0').filter((name) => name.endsWith('.corrupt'))).toHaveLength(2);
  });

  test('a failed sync of its segment stops the store', () => {
    const { under, log } = opened();
    under.append(log, LARGE);
    under.settle();
    under.append(log, LARGE);
    under.disk.failOnce('sync', 1);
    under.settle();
    expect(under.failures.map((error) => error.code)).toEqual(['disk-failed']);
    expect(log.durableOffset).toBe(1);
  });
});

test('one sync of a file is in flight at a time; who asks meanwhile shares the next one', () => {
  const disk = new MemoryDisk();
  const files = new FilePool(disk, { max: 4 });
  files.get('a', { create: true }).write(0, [new Uint8Array(10)]);
  const reports: string[] = [];
  for (const name of ['first', 'second', 'third']) files.sync('a', () => reports.push(name));
  expect(disk.syncsPending).toBe(1);
  disk.completeSyncs(1);
  expect([reports, disk.syncsPending]).toEqual([['first'], 1]);
  disk.completeSyncs(1);
  expect([reports, disk.syncsPending]).toEqual([['first', 'second', 'third'], 0]);
});
