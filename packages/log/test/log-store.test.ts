/** The store as its callers see it: appends, reads, cuts, retention, and what a start finds again. */
import { SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import type { PartitionLog } from '../src/index.ts';
import { makeBatch, headersOf, offsetsOf, readAll, StoreUnderTest, TOPIC_A, TOPIC_B } from './batches.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

describe('a log store', () => {
  test('what was appended can be read at once and is durable after the round', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.append(log, { records: 3 });
    under.append(log, { records: 2 });
    expect(offsetsOf(log)).toEqual(range(0, 5));
    expect(log.durableOffset).toBe(0);
    under.settle();
    expect(under.durable.get('a-0')).toBe(5);
  });

  test('what was durable survives a loss of power, across rolls and laps of the journal', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (let at = 0; at < 300; at++) {
      under.append(log, { valueBytes: 100, producerId: 1, baseSequence: at });
      under.settle();
    }
    expect(log.segmentCount).toBeGreaterThan(20);
    expect(offsetsOf(log)).toEqual(range(0, 300));
    under.disk.crash({ powerLoss: true, random: new SeededRandom(1) });
    under.open();
    expect(under.report).toMatchObject({ isClean: false, corrupt: [], journalDamage: undefined });
    expect(offsetsOf(under.log())).toEqual(range(0, 300));
    expect(under.log().producers.find(1)?.lastSequence).toBe(299);
  });

  test('after a clean stop nothing is replayed and the report has the broker epoch', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (let at = 0; at < 30; at++) under.append(log, { valueBytes: 100, leaderEpoch: Math.floor(at / 10) });
    under.close(41);
    under.disk.crash({ powerLoss: true, random: new SeededRandom(2) });
    under.open();
    expect(under.report).toMatchObject({ isClean: true, brokerEpoch: 41, entriesReplayed: 0, corrupt: [] });
    expect(offsetsOf(under.log())).toEqual(range(0, 30));
    expect(under.log().leaderEpochs.entries()).toEqual(log.leaderEpochs.entries());
    under.disk.crash({ powerLoss: true, random: new SeededRandom(3) });
    under.open();
    expect(under.report?.isClean).toBe(false);
  });

  test('a truncation and what came after it are replayed in order', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (let at = 0; at < 20; at++) under.append(log, { valueBytes: 100 });
    under.settle();
    expect(under.store.truncate(log, 7)).toBe(7);
    for (let at = 0; at < 4; at++) under.append(log, { valueBytes: 100, leaderEpoch: 3 });
    expect(offsetsOf(log)).toEqual(range(0, 11));
    under.settle();
    expect(offsetsOf(log)).toEqual(range(0, 11));
    under.disk.crash({ powerLoss: true, random: new SeededRandom(4) });
    const again = under.open().log();
    expect(under.report?.corrupt).toEqual([]);
    expect(readAll(again).map((header) => header.partitionLeaderEpoch)).toEqual([...Array(7).fill(0), 3, 3, 3, 3]);
    expect(again.leaderEpochs.entries()).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 3, startOffset: 7 }]);
  });

  test('a producer snapshot never says what comes after a truncation that the journal does not have yet', () => {
    let before = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const under = new StoreUnderTest().open();
      const fill = (log: PartitionLog, leaderEpoch: number, from: number, to: number): void => {
        const producerId = leaderEpoch + 1;
        for (const at of range(from, to)) {
          under.append(log, { valueBytes: 200, leaderEpoch, producerId, baseSequence: at });
        }
      };
      fill(under.create(), 0, 0, 3);
      under.close();
      const log = under.open().log();
      // This rolls at offset 3, and so does what follows the truncation.
      fill(log, 0, 3, 4);
      under.store.flush();
      under.store.truncate(log, 0);
      fill(log, 1, 0, 4);
      under.disk.completeSyncs(1);
      under.disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
      const found = under.open().log();
      const isBefore = readAll(found).every((header) => header.partitionLeaderEpoch === 0) && found.endOffset > 0;
      if (isBefore) before += 1;
      const last = readAll(found).at(-1)?.lastSequence;
      const known = [found.producers.find(1)?.lastSequence, found.producers.find(2)?.lastSequence];
      expect(known, `seed ${seed}`).toEqual(isBefore ? [last, undefined] : [undefined, last]);
    }
    expect(before).toBeGreaterThan(10);
  });

  test('a log start that was moved stays moved, and whole segments below it go', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (let at = 0; at < 20; at++) under.append(log, { valueBytes: 100 });
    under.store.advanceStart(log, 12);
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(5) });
    const again = under.open().log();
    expect(again.startOffset).toBe(12);
    expect(again.read(11, { maxBytes: 1000, endOffset: 20, minOneBatch: true })).toBeUndefined();
    expect(readAll(again).at(-1)?.lastOffset).toBe(19);
  });

  test('a log that was removed does not come back, and its name is free for another topic', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.append(log);
    under.settle();
    under.store.remove(log);
    const other = under.create(TOPIC_B);
    under.append(other, { records: 2 });
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(6) });
    under.open();
    expect(under.store.find(TOPIC_A, 0)).toBeUndefined();
    expect(offsetsOf(under.log(TOPIC_B))).toEqual([0, 1]);
    expect(under.disk.list('').filter((name) => name.startsWith('a-'))).toEqual(['a-0']);
  });

  test('a log may begin anew at any offset', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    for (let at = 0; at < 20; at++) under.append(log, { valueBytes: 100 });
    under.settle();
    under.store.truncateFullyAndStartAt(log, 500);
    under.append(log, { records: 3 });
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(7) });
    const again = under.open().log();
    expect([again.startOffset, again.endOffset]).toEqual([500, 503]);
    expect(offsetsOf(again)).toEqual([500, 501, 502]);
  });

  test('with flush=os a crash of the process loses nothing that was reported', () => {
    const under = new StoreUnderTest(undefined, { flush: 'os' }).open();
    const log = under.create();
    for (let at = 0; at < 20; at++) under.append(log, { valueBytes: 100 });
    under.store.flush();
    expect(under.durable.get('a-0')).toBe(20);
    under.disk.crash({ powerLoss: false, random: new SeededRandom(8) });
    expect(offsetsOf(under.open().log())).toEqual(range(0, 20));
  });

  test('a journal of fsync is replayed when the store is opened with flush=os', () => {
    const disk = new StoreUnderTest().open();
    disk.append(disk.create());
    disk.settle();
    disk.disk.crash({ powerLoss: true, random: new SeededRandom(9) });
    const under = new StoreUnderTest(disk.disk, { flush: 'os' }).open();
    expect(offsetsOf(under.log())).toEqual([0]);
    expect(under.disk.exists('journal')).toBe(false);
  });

  test('a full disk is told before anything is changed', () => {
    const under = new StoreUnderTest(undefined, { reserveBytes: 20_000 }).open();
    const log = under.create();
    under.disk.capacityBytes = under.disk.usedBytes() + 20_500;
    under.append(log, { valueBytes: 100 });
    expect(() => under.append(log, { valueBytes: 1000 })).toThrow(/free some space/);
    under.settle();
    expect(offsetsOf(log)).toEqual([0]);
    expect(under.failures).toEqual([]);
    under.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    under.append(log, { valueBytes: 1000 });
    under.settle();
    expect(offsetsOf(log)).toEqual([0, 1]);
  });

  test('after a failed sync nothing is accepted and nothing is reported as durable [bugs 98, 110]', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.settle();
    under.append(log);
    under.disk.failOnce('sync', 0);
    under.settle();
    expect(under.failures.map((error) => error.code)).toEqual(['disk-failed']);
    expect(log.durableOffset).toBe(0);
    expect(() => under.append(log)).toThrow(/failed/);
    under.settle();
    expect(under.durable.get('a-0')).toBeUndefined();
  });

  test('more than the journal can take at once is refused, and accepted when the disk has caught up', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    const append = (): void => under.append(log, { valueBytes: 5_000 });
    append();
    append();
    append();
    expect(append).toThrow(/retry when the disk has caught up/);
    under.settle();
    append();
    expect(() => under.append(log, { valueBytes: 20_000 })).toThrow(/raise journalFileBytes/);
  });

  test('high watermarks are saved and come back within the bounds of the log', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.append(log, { records: 5 });
    under.settle();
    under.store.tick(1_000_000, () => 4);
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(10) });
    under.open();
    expect(under.store.savedHighWatermark(under.log())).toBe(4);
  });

  test('retention deletes old segments up to the high watermark, the one written to as well', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    log.config = { ...log.config, retentionMs: 10_000 };
    for (let at = 0; at < 20; at++) under.append(log, { valueBytes: 100, timestampMs: at * 1_000 });
    under.store.tick(20_000, () => 5);
    expect(log.startOffset).toBe(5);
    under.store.tick(20_000, () => 20);
    expect(log.startOffset).toBe(10);
    under.store.tick(1_000_000, () => 20);
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([20, 20, 0]);
    under.append(log, {});
    under.settle();
    under.disk.crash({ powerLoss: true, random: new SeededRandom(11) });
    expect(offsetsOf(under.open().log())).toEqual([20]);
  });

  test('an append copies its bytes out of a much larger buffer', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    const batch = makeBatch({ baseOffset: 0 });
    const large = new Uint8Array(10_000);
    large.set(batch, 100);
    under.store.append(log, large.subarray(100, 100 + batch.length), headersOf(batch));
    large.fill(0);
    under.settle();
    expect(offsetsOf(log)).toEqual([0]);
  });
});
