/** Records as bytes: Kafka's schema, both versions, and what is skipped. */
import { describe, expect, test } from 'vitest';
import { decodeTransactionRecord, encodeTransactionRecord, type Transaction } from '../src/index.ts';
import { transaction } from './coordinator-rig.ts';

const FULL: Transaction = transaction({
  state: 'PrepareCommit', previousProducerId: 3, nextProducerId: 4, transactionVersion: 2,
  topics: [{ topic: 'x', partitions: [0, 7] }, { topic: '__consumer_offsets', partitions: [3] }],
});
const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const roundTrip = (value: Transaction, version: 0 | 1 | 2) => {
  const encoded = encodeTransactionRecord({ transactionalId: value.transactionalId, value, who: 'w' }, version);
  return decodeTransactionRecord(encoded.key, encoded.value)?.value;
};

describe('records of the transaction log', () => {
  test.each([1, 2] as const)('everything but the last epoch survives under TV%s', (version) => {
    expect(roundTrip({ ...FULL, lastProducerEpoch: 9 }, version)).toEqual(FULL);
  });

  test('TV0 has no room for the producer ids before and after, nor for the version [T4]', () => {
    expect(roundTrip(FULL, 0)).toEqual({
      ...FULL, previousProducerId: -1, nextProducerId: -1, transactionVersion: 0,
    });
  });

  test('the bytes are those that the schema prescribes', () => {
    const fields = { transactionalId: 'ab', producerId: 1, producerEpoch: 2, timeoutMs: 3 };
    const value = transaction({ ...fields, state: 'Ongoing' });
    const { key, value: bytes } = encodeTransactionRecord({ transactionalId: 'ab', value, who: '' }, 0);
    expect(hex(key)).toBe('0000' + '0002' + '6162');
    const time = '000000003b9aca00';
    expect(hex(bytes)).toBe(
      '0000' + '0000000000000001' + '0002' + '00000003' + '01' + '00000001' + '0001' + '78' + '00000001' + '00000000'
      + time + time,
    );
  });

  test('partitions are null for Empty alone', () => {
    const partitionsAt = 2 + 8 + 2 + 4 + 1;
    const of = (value: Transaction) =>
      hex(encodeTransactionRecord({ transactionalId: 't', value, who: '' }, 0).value?.subarray(partitionsAt) ?? null);
    expect(of(transaction({ state: 'Empty' })).slice(0, 8)).toBe('ffffffff');
    expect(of(transaction({ state: 'CompleteAbort' })).slice(0, 8)).toBe('00000000');
  });

  test('a tombstone', () => {
    const { key, value } = encodeTransactionRecord({ transactionalId: 't', value: null, who: 'expiry' }, 2);
    expect(value).toBeNull();
    expect(decodeTransactionRecord(key, null)).toEqual({ transactionalId: 't', value: null, who: '' });
  });

  test('types and versions from the future are skipped', () => {
    const { key, value } = encodeTransactionRecord({ transactionalId: 't', value: FULL, who: '' }, 2);
    const laterKey = new Uint8Array(key);
    laterKey[1] = 9;
    expect(decodeTransactionRecord(laterKey, value)).toBeUndefined();
    const laterValue = new Uint8Array(value ?? []);
    laterValue[1] = 2;
    expect(decodeTransactionRecord(key, laterValue)).toBeUndefined();
  });

  test('bytes that make no sense are an error', () => {
    const { key, value } = encodeTransactionRecord({ transactionalId: 't', value: FULL, who: '' }, 0);
    expect(() => decodeTransactionRecord(key, (value ?? key).subarray(0, 9))).toThrow('transaction log value');
    const weird = new Uint8Array(value ?? []);
    weird[2 + 8 + 2 + 4] = 42;
    expect(() => decodeTransactionRecord(key, weird)).toThrow('status 42 of t is not in [0, 7]');
  });
});
