/** Record batches: built, read, patched in place, told apart, refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError, crc32c } from '@hapax/base';
import {
  addToSequence,
  BatchBuilder,
  isBatchIntact,
  iterateBatches,
  readBatchHeader,
  readRecords,
  recordBytesMax,
  setLogAppendTime,
  stampBatch,
  type NewRecord,
} from '@hapax/wire/records';
import { arbitraryRecord, arbitraryRecords } from './arbitrary-records.ts';
import { gzipOnly } from './memory-compression.ts';

const NOW = 1_700_000_000_000;

function batchOf(records: readonly NewRecord[]): BatchBuilder {
  const builder = new BatchBuilder();
  for (const record of records) builder.append(record);
  return builder;
}

function text(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

describe('building and reading batches', () => {
  test('a batch of one record is what the format says, byte for byte', () => {
    const batch = batchOf([{ timestampMs: NOW, key: text('k'), value: text('v'), headers: [] }]).build({
      producerId: 9, producerEpoch: 1, baseSequence: 5, transactional: true,
    });
    const expected = Buffer.from([
      '0000000000000000', '0000003a', 'ffffffff', '02', // base offset, length, leader epoch, magic
      '00000000', '0010', '00000000', // checksum (below), attributes, last offset delta
      '0000018bcfe56800', '0000018bcfe56800', // base and max timestamp
      '0000000000000009', '0001', '00000005', '00000001', // producer, epoch, sequence, count
      '10', '00', '00', '00', '02', '6b', '02', '76', '00', // length 8, attributes, deltas, key, value, no headers
    ].join(''), 'hex');
    expected.writeUInt32BE(crc32c(expected.subarray(21)), 17);
    expect(Buffer.from(batch).toString('hex')).toBe(expected.toString('hex'));
  });

  test('records come back as they were given', () => {
    fc.assert(fc.property(arbitraryRecords, fc.boolean(), fc.nat({ max: 2 ** 40 }), (records, compress, baseOffset) => {
      const codec = compress ? { compression: { name: 'gzip', codec: gzipOnly } as const } : {};
      const batch = batchOf(records).build({ baseOffset, ...codec });
      const header = readBatchHeader(batch);
      expect(header).toMatchObject({
        baseOffset, sizeBytes: batch.length, recordsCount: records.length, lastOffset: baseOffset + records.length - 1,
        maxTimestamp: Math.max(...records.map((record) => record.timestampMs)),
        compression: compress ? 'gzip' : 'none', timestampType: 'create-time', producerId: -1, lastSequence: -1,
        isControl: false, isTransactional: false, partitionLeaderEpoch: -1,
      });
      const read = readRecords(batch, gzipOnly, 1 << 20);
      expect(read).toEqual(records.map((record, index) => ({ ...record, offset: baseOffset + index })));
    }));
  });

  test('timestamps far apart survive', () => {
    const stamps = [2 ** 45, -1, 0, 2 ** 52, 1 << 30, -(2 ** 31), 2 ** 53 - 1];
    const batch = batchOf(stamps.map((timestampMs) => ({ timestampMs, key: null, value: null }))).build();
    expect(readRecords(batch, gzipOnly, 1 << 20).map((record) => record.timestampMs)).toEqual(stamps);
  });

  test('the size of a record is never above its bound', () => {
    fc.assert(fc.property(arbitraryRecord, (record) => {
      const builder = new BatchBuilder();
      const before = builder.sizeBytes;
      expect(builder.append(record) - before).toBeLessThanOrEqual(recordBytesMax(record));
    }));
  });

  test('a batch is built once, of at least one record', () => {
    expect(() => new BatchBuilder().build()).toThrow('a batch needs a record');
    const builder = batchOf([{ timestampMs: 0, key: null, value: null }]);
    builder.build();
    expect(() => builder.build()).toThrow(/built already/);
    expect(() => builder.append({ timestampMs: 0, key: null, value: null })).toThrow(/built already/);
  });

  test('what expands beyond its bound is refused', () => {
    const batch = batchOf([{ timestampMs: 0, key: null, value: new Uint8Array(100_000) }]).build({
      compression: { name: 'gzip', codec: gzipOnly },
    });
    expect(() => readRecords(batch, gzipOnly, 1000)).toThrow(expect.objectContaining({ code: 'compression-failed' }));
  });
});

describe('patching batches in place', () => {
  test('the leader stamps offset and epoch, and the checksum still holds', () => {
    const batch = batchOf([{ timestampMs: NOW, key: null, value: text('v') }]).build();
    const log = new Uint8Array(7 + batch.length);
    log.set(batch, 7);
    stampBatch(log, 7, { baseOffset: 2 ** 40 + 3, partitionLeaderEpoch: 12 });
    const header = readBatchHeader(log, 7);
    expect(header).toMatchObject({ baseOffset: 2 ** 40 + 3, partitionLeaderEpoch: 12 });
    expect(isBatchIntact(log, header, 7)).toBe(true);
  });

  test('log append time becomes the timestamp of every record, under a new checksum', () => {
    const batch = batchOf([
      { timestampMs: 5, key: null, value: text('a') },
      { timestampMs: 9, key: null, value: text('b') },
    ]).build();
    setLogAppendTime(batch, 0, NOW);
    const header = { timestampType: 'log-append-time', maxTimestamp: NOW, baseTimestamp: 5 };
    expect(readBatchHeader(batch)).toMatchObject(header);
    expect(readRecords(batch, gzipOnly, 1000).map((record) => record.timestampMs)).toEqual([NOW, NOW]);
  });

  test('sequences begin again at 0 after the largest', () => {
    const records = Array.from({ length: 3 }, () => ({ timestampMs: 0, key: null, value: null }));
    const batch = batchOf(records).build({ producerId: 1, producerEpoch: 0, baseSequence: 2 ** 31 - 2 });
    expect(readBatchHeader(batch).lastSequence).toBe(0);
    expect(addToSequence(2 ** 31 - 1, 1)).toBe(0);
    expect(addToSequence(0, 2 ** 31 - 1)).toBe(2 ** 31 - 1);
  });
});

describe('batches one after the other', () => {
  const one = batchOf([{ timestampMs: 0, key: null, value: text('one') }]).build({ baseOffset: 4 });
  const two = batchOf([{ timestampMs: 0, key: null, value: text('two') }]).build({ baseOffset: 5 });
  const both = Uint8Array.from([...one, ...two]);

  test('are views of the same bytes, and one that is cut short is left out', () => {
    for (let cut = 0; cut <= both.length; cut++) {
      const batches = iterateBatches(both.subarray(0, cut));
      const whole = (cut >= one.length ? 1 : 0) + (cut >= both.length ? 1 : 0);
      expect(batches.map((batch) => batch.header.baseOffset)).toEqual([4, 5].slice(0, whole));
      for (const batch of batches) expect(batch.bytes.buffer).toBe(both.buffer);
    }
  });

  test('of another magic or of no size are malformed', () => {
    const old = Uint8Array.from(one);
    old[16] = 1;
    expect(() => iterateBatches(old)).toThrow('magic 1 at byte 0 is not 2');
    const small = Uint8Array.from(one);
    small[11] = 10;
    expect(() => iterateBatches(small)).toThrow(expect.objectContaining({ code: 'batch-malformed' }));
  });
});

describe('bytes that are no batch', () => {
  /** True where the batch was read, false where it was refused as it should be. */
  function readOrRefuse(read: () => unknown): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(['batch-malformed', 'compression-failed']).toContain(error.code);
      return false;
    }
  }

  test('random bytes are read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      if (bytes.length > 16) bytes[16] = 2;
      readOrRefuse(() => iterateBatches(bytes));
      readOrRefuse(() => readRecords(bytes, gzipOnly, 10_000));
    }), { numRuns: 300 });
  });

  test('a batch with any byte changed under the checksum is refused', () => {
    fc.assert(fc.property(arbitraryRecords, fc.nat(), fc.integer({ min: 1, max: 255 }), (records, place, flip) => {
      const batch = batchOf(records).build();
      const at = 21 + (place % (batch.length - 21));
      batch[at] = batch[at]! ^ flip;
      expect(readOrRefuse(() => readRecords(batch, gzipOnly, 10_000))).toBe(false);
    }));
  });

  test('records that contradict themselves under a good checksum are read or refused', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(arbitraryRecords, damage, (records, places) => {
      const batch = batchOf(records).build();
      for (const [place, byte] of places) batch[57 + (place % (batch.length - 57))] = byte;
      // Appending anew computes the checksum over the damage.
      setLogAppendTime(batch, 0, 1);
      expect(isBatchIntact(batch, readBatchHeader(batch))).toBe(true);
      readOrRefuse(() => readRecords(batch, gzipOnly, 10_000));
    }), { numRuns: 500 });
  });

  test('a record whose length says more than its parts is refused', () => {
    const batch = batchOf([{ timestampMs: 0, key: null, value: text('vv\0') }]).build();
    // The value loses a byte, the record keeps its length.
    expect(batch[66]).toBe(6);
    batch[66] = 4;
    setLogAppendTime(batch, 0, 1);
    expect(() => readRecords(batch, gzipOnly, 10_000)).toThrow('the record at offset 0 is shorter than its length');
  });

  test('a count that the bytes could not hold is refused before anything is made', () => {
    const batch = batchOf([{ timestampMs: 0, key: null, value: null }]).build();
    batch.set([0x7f, 0xff, 0xff, 0xff], 57);
    setLogAppendTime(batch, 0, 1);
    expect(() => readRecords(batch, gzipOnly, 10_000)).toThrow('2147483647 records do not fit into 7 bytes');
  });
});
