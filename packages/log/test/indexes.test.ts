/** The offset and time indexes and the checkpoints, in Kafka's formats. */
import { decodeText, encodeText, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import {
  decodeCleanShutdown, decodeOffsetCheckpoint, encodeCleanShutdown, encodeOffsetCheckpoint,
} from '../src/checkpoint.ts';
import { decodeLeaderEpochs, encodeLeaderEpochs } from '../src/leader-epoch-checkpoint.ts';
import { OffsetIndex } from '../src/offset-index.ts';
import {
  decodePartitionMetadata, encodePartitionMetadata, offsetFileName, parseOffsetFileName, parsePartitionDirectory,
} from '../src/partition-directory.ts';
import { TimeIndex } from '../src/time-index.ts';
import { offsetsOf, StoreUnderTest, TOPIC_A } from './batches.ts';

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('the index files', () => {
  test('have the bytes of Kafka', () => {
    const offsets = new OffsetIndex(100);
    offsets.append(105, 0x1000);
    offsets.append(300, 0x2345);
    expect(hex(offsets.encode())).toBe('0000000500001000' + '000000c800002345');
    const times = new TimeIndex(100);
    times.maybeAppend({ timestampMs: 0x18bcfe56800, offset: 105 });
    expect(hex(times.encode())).toBe('0000018bcfe56800' + '00000005');
  });

  test('find where to begin to look', () => {
    const index = new OffsetIndex(100);
    for (const [offset, position] of [[105, 50], [300, 900], [301, 1000]] as const) index.append(offset, position);
    const found = [100, 104, 105, 299, 300, 301, 9_999].map((offset) => index.lookup(offset).position);
    expect(found).toEqual([0, 0, 50, 50, 900, 1000, 1000]);
    index.truncateToPosition(900);
    expect(index.last).toEqual({ offset: 105, position: 50 });
    const times = new TimeIndex(0);
    for (const [timestampMs, offset] of [[10, 1], [20, 5], [20, 6], [15, 7], [30, 9]] as const) {
      times.maybeAppend({ timestampMs, offset });
    }
    const before = [9, 10, 11, 20, 21, 99].map((at) => times.lookupBefore(at)?.offset);
    expect(before).toEqual([undefined, undefined, 1, 1, 5, 9]);
  });

  test('are refused where they do not fit the segment', () => {
    const index = new OffsetIndex(0);
    index.append(5, 10);
    index.append(9, 20);
    const bytes = index.encode();
    expect(OffsetIndex.decode(0, bytes, 21)?.entries).toBe(2);
    expect(OffsetIndex.decode(0, bytes, 20)).toBeUndefined();
    expect(OffsetIndex.decode(0, bytes.subarray(1), 21)).toBeUndefined();
    expect(OffsetIndex.decode(0, new Uint8Array(16), 21)).toBeUndefined();
    const times = new TimeIndex(0);
    times.maybeAppend({ timestampMs: 7, offset: 5 });
    expect(TimeIndex.decode(0, times.encode(), 6)?.entries).toBe(1);
    expect(TimeIndex.decode(0, times.encode(), 5)).toBeUndefined();
  });
});

describe('the small files', () => {
  test('have the text of Kafka and are refused where they are not whole', () => {
    const epochs = [{ epoch: 0, startOffset: 0 }, { epoch: 4, startOffset: 17 }];
    expect(decodeText(encodeLeaderEpochs(epochs))).toBe('0\n2\n0 0\n4 17\n');
    expect(decodeLeaderEpochs(encodeLeaderEpochs(epochs))).toEqual(epochs);
    for (const text of ['', '0\n2\n0 0\n', '1\n0\n', '0\n1\n0 0', '0\n2\n4 0\n0 17\n', '0\n1\nx 0\n']) {
      expect(decodeLeaderEpochs(encodeText(text)), text).toBeUndefined();
    }
    const offsets = new Map([['my-topic-0', 5], ['b-11', 0]]);
    expect(decodeText(encodeOffsetCheckpoint(offsets))).toBe('0\n2\nmy-topic 0 5\nb 11 0\n');
    expect(decodeOffsetCheckpoint(encodeOffsetCheckpoint(offsets))).toEqual(offsets);
    expect(decodeOffsetCheckpoint(encodeText('0\n1\nb 11\n'))).toBeUndefined();
    expect(decodeCleanShutdown(encodeCleanShutdown(12))).toBe(12);
    expect(decodeCleanShutdown(encodeText('{"version":0'))).toBeUndefined();
    expect(decodePartitionMetadata(encodePartitionMetadata(TOPIC_A))).toBe(TOPIC_A);
    expect(decodePartitionMetadata(encodeText('version: 0\ntopic_id: short'))).toBeUndefined();
  });

  test('are named as in Kafka', () => {
    expect(offsetFileName(42, '.log')).toBe('00000000000000000042.log');
    expect(parseOffsetFileName('00000000000000000042.log', '.log')).toBe(42);
    expect(parseOffsetFileName('00000000000000000042.log.corrupt', '.log')).toBeUndefined();
    expect(parsePartitionDirectory('a-b-3')).toEqual({ topic: 'a-b', partition: 3 });
    expect(parsePartitionDirectory('journal')).toBeUndefined();
  });
});

describe('a partition log', () => {
  test('reads the same with and without its tail in memory, from any offset and with any limit', () => {
    for (const tailCacheBytes of [0, 1_500, 1 << 20]) {
      const under = new StoreUnderTest(undefined, { tailCacheBytes }).open();
      const random = new SeededRandom(5);
      const log = under.create();
      for (let at = 0; at < 40; at++) {
        under.append(log, { records: 1 + random.nextInt(4), valueBytes: random.nextInt(200) });
        if (at < 38) under.settle();
      }
      expect(offsetsOf(log)).toHaveLength(log.endOffset);
      for (let tries = 0; tries < 300; tries++) {
        const endOffset = random.nextInt(log.endOffset + 1);
        const from = random.nextInt(log.endOffset);
        const maxBytes = random.nextInt(900);
        const read = log.read(from, { maxBytes, endOffset, minOneBatch: tries % 2 === 0 });
        if (read === undefined) continue;
        expect(read.firstOffset).toBeLessThanOrEqual(from);
        expect(read.nextOffset).toBeGreaterThan(from);
        expect(read.nextOffset).toBeLessThanOrEqual(endOffset);
        if (tries % 2 === 1) expect(read.sizeBytes).toBeLessThanOrEqual(maxBytes);
        expect(read.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(read.sizeBytes);
      }
    }
  });

  test('finds batches by timestamp, and the one with the greatest', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    const timestamps = [100, 300, 200, 700, 650, 900, 400];
    for (const timestampMs of timestamps) under.append(log, { timestampMs, valueBytes: 300 });
    under.settle();
    const find = (timestampMs: number, end = 7): number | undefined =>
      log.findBatchByTimestamp(timestampMs, end)?.header.baseOffset;
    expect([0, 100, 101, 301, 701, 901].map((at) => find(at))).toEqual([0, 0, 1, 3, 5, undefined]);
    expect(find(701, 5)).toBeUndefined();
    expect(log.findBatchOfMaxTimestamp(7)?.header.baseOffset).toBe(5);
    expect(log.findBatchOfMaxTimestamp(5)).toBeUndefined();
    under.store.advanceStart(log, 2);
    expect(find(0)).toBe(2);
  });

  test('a truncation drops epochs that have no records, even at the end of the log [bug 92]', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.append(log, { leaderEpoch: 1 });
    log.leaderEpochs.assign(5, log.endOffset);
    expect(under.store.truncate(log, 1)).toBe(1);
    expect(log.leaderEpochs.latestEpoch).toBe(1);
  });

  test('a truncation inside a batch takes the whole batch', () => {
    const under = new StoreUnderTest().open();
    const log = under.create();
    under.append(log, { records: 3 });
    under.append(log, { records: 4 });
    expect(under.store.truncate(log, 5)).toBe(3);
    expect(offsetsOf(log)).toEqual([0, 1, 2]);
    under.store.advanceStart(log, 1);
    expect(under.store.truncate(log, 2)).toBe(0);
    expect([log.startOffset, log.endOffset]).toEqual([0, 0]);
  });

  test('few open files serve many logs', () => {
    const under = new StoreUnderTest(undefined, { maxOpenFiles: 2, tailCacheBytes: 0 }).open();
    const logs = [0, 1, 2, 3, 4].map((partition) => under.create(TOPIC_A, 'a', partition));
    for (let round = 0; round < 3; round++) {
      for (const log of logs) under.append(log, { records: 2 });
      under.settle();
    }
    for (const log of logs) expect(offsetsOf(log)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
