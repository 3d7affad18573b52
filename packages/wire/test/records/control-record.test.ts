/** Markers of transactions as batches of one control record. */
import { describe, expect, test } from 'vitest';
import {
  decodeControlRecord,
  encodeEndTxnMarker,
  isBatchIntact,
  readBatchHeader,
  readControlBatch,
} from '@hapax/wire/records';

const MARKER = { producerId: 77, producerEpoch: 3, coordinatorEpoch: 12, timestampMs: 1_700_000_000_000 } as const;

describe('control records', () => {
  for (const outcome of ['commit', 'abort'] as const) {
    test(`a marker of ${outcome} is a transactional control batch of 78 bytes and one offset [KIP-98]`, () => {
      const batch = encodeEndTxnMarker({ ...MARKER, outcome, baseOffset: 9, partitionLeaderEpoch: 4 });
      const header = readBatchHeader(batch);
      expect(header).toMatchObject({
        sizeBytes: 78, attributes: 0x30, isControl: true, isTransactional: true, producerId: 77, producerEpoch: 3,
        baseSequence: -1, lastSequence: -1, baseOffset: 9, lastOffset: 9, partitionLeaderEpoch: 4, recordsCount: 1,
      });
      expect(isBatchIntact(batch, header)).toBe(true);
      expect(readControlBatch(header, batch)).toEqual({ kind: 'end-txn', outcome, coordinatorEpoch: 12 });
      expect(header.marker).toEqual({ kind: outcome, coordinatorEpoch: 12 });
      const type = outcome === 'commit' ? '0001' : '0000';
      // Length 16, attributes, deltas, a key of 4 bytes, a value of 6 bytes, no headers.
      expect(Buffer.from(batch.subarray(61)).toString('hex')).toBe(`20000000080000${type}0c00000000000c00`);
    });
  }

  test('a header has a marker only where the record is here, is one, and the batch is a control batch', () => {
    const batch = encodeEndTxnMarker({ ...MARKER, outcome: 'commit', coordinatorEpoch: 2 ** 31 - 1 });
    const behind = Uint8Array.of(9, 9, ...batch, 1, 2, 3);
    expect(readBatchHeader(behind, 2).marker).toEqual({ kind: 'commit', coordinatorEpoch: 2 ** 31 - 1 });
    for (let size = 61; size < 78; size++) expect(readBatchHeader(batch.subarray(0, size)).marker).toBeUndefined();
    const changed = (at: number, byte: number) => batch.map((old, index) => (index === at ? byte : old));
    expect(readBatchHeader(changed(22, 0x10)).marker).toBeUndefined();
    expect(readBatchHeader(changed(22, 0x31)).marker).toBeUndefined();
    expect(readBatchHeader(changed(60, 0)).marker).toBeUndefined();
    expect(readBatchHeader(changed(69, 2)).marker).toBeUndefined();
    for (let at = 61; at < 78; at++) expect(() => readBatchHeader(changed(at, 0xff))).not.toThrow();
  });

  test('kinds that are not known are named by their number', () => {
    expect(decodeControlRecord({ key: Uint8Array.of(0, 0, 0, 2), value: null })).toEqual({ kind: 'other', type: 2 });
  });

  test('keys and values that are cut short are malformed', () => {
    const malformed = expect.objectContaining({ code: 'batch-malformed' });
    expect(() => decodeControlRecord({ key: null, value: null })).toThrow(malformed);
    expect(() => decodeControlRecord({ key: Uint8Array.of(0, 0, 0), value: null })).toThrow(malformed);
    const key = Uint8Array.of(0, 0, 0, 1);
    expect(() => decodeControlRecord({ key, value: Uint8Array.of(0, 0, 0) })).toThrow(malformed);
  });
});
