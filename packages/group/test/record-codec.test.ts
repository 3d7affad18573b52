/** The bytes of records: O12. */
import { ZERO_UUID } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '../src/index.ts';

const text = fc.string({ maxLength: 20 });
const int32 = fc.integer({ min: 0, max: 0x7fffffff });
const bytes = fc.uint8Array({ maxLength: 50 });
const timestamp = fc.integer({ min: 0, max: 2 ** 50 });

const member = fc.record({
  memberId: text, groupInstanceId: fc.option(text), clientId: text, clientHost: text,
  rebalanceTimeoutMs: int32, sessionTimeoutMs: int32, subscription: bytes, assignment: bytes,
});
const group = fc.record({
  kind: fc.constant('group' as const),
  groupId: text,
  value: fc.option(fc.record({
    protocolType: text, generation: int32, protocol: fc.option(text), leader: fc.option(text),
    currentStateTimestampMs: timestamp, members: fc.array(member, { maxLength: 3 }),
  })),
});
const offset = fc.record({
  kind: fc.constant('offset' as const),
  groupId: text,
  topic: text,
  partition: int32,
  value: fc.option(fc.oneof(
    fc.record({
      offset: timestamp, leaderEpoch: int32, metadata: text, commitTimestampMs: timestamp,
      expireTimestampMs: fc.constant(-1), topicId: fc.constantFrom(ZERO_UUID, 'abcdefghijklmnopqrstuQ'),
    }),
    fc.record({
      offset: timestamp, leaderEpoch: fc.constant(-1), metadata: text, commitTimestampMs: timestamp,
      expireTimestampMs: timestamp, topicId: fc.constant(ZERO_UUID),
    }),
  )),
});

function hex(value: Uint8Array | null): string {
  return [...(value ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe('records of __consumer_offsets', () => {
  test('are read as they were written [O12]', () => {
    fc.assert(fc.property(fc.oneof(group, offset), (record: GroupRecord) => {
      const { key, value } = encodeGroupRecord(record);
      expect(decodeGroupRecord(key, value)).toEqual(record);
    }), { numRuns: 200 });
  });

  test('have the bytes of Kafka: an offset is key type 1 and value version 3 [O12]', () => {
    const { key, value } = encodeGroupRecord({
      kind: 'offset', groupId: 'g', topic: 'tt', partition: 5,
      value: {
        offset: 258, leaderEpoch: 7, metadata: 'm', commitTimestampMs: 65536, expireTimestampMs: -1, topicId: ZERO_UUID,
      },
    });
    expect(hex(key)).toBe('0001' + '000167' + '00027474' + '00000005');
    expect(hex(value)).toBe('0003' + '0000000000000102' + '00000007' + '00016d' + '0000000000010000');
  });

  test('have the bytes of Kafka: a group is key type 2 and value version 3 [O12]', () => {
    const { key, value } = encodeGroupRecord({
      kind: 'group', groupId: 'g',
      value: {
        protocolType: 'c', generation: 1, protocol: 'r', leader: 'a', currentStateTimestampMs: 2,
        members: [{
          memberId: 'a', groupInstanceId: null, clientId: 'i', clientHost: 'h', rebalanceTimeoutMs: 3,
          sessionTimeoutMs: 4, subscription: Uint8Array.of(8), assignment: Uint8Array.of(9, 9),
        }],
      },
    });
    expect(hex(key)).toBe('0002' + '000167');
    expect(hex(value)).toBe(
      '0003' + '000163' + '00000001' + '000172' + '000161' + '0000000000000002' + '00000001'
      + '000161' + 'ffff' + '000169' + '000168' + '00000003' + '00000004' + '0000000108' + '000000020909',
    );
  });

  test('of the oldest brokers are read: key type 0, and groups without a rebalance timeout [O12]', () => {
    const legacy = decodeGroupRecord(
      fromHex('0000' + '000167' + '000174' + '00000001'),
      fromHex('0000' + '0000000000000009' + '0000' + '0000000000000002'),
    );
    expect(legacy).toMatchObject({ kind: 'offset', value: { offset: 9, commitTimestampMs: 2, leaderEpoch: -1 } });
    const old = decodeGroupRecord(fromHex('0002' + '000167'), fromHex(
      '0000' + '000163' + '00000001' + '000172' + '000161' + '00000001'
      + '000161' + '000169' + '000168' + '00000004' + '00000000' + '00000000',
    ));
    expect(old).toMatchObject({ value: { currentStateTimestampMs: -1, members: [{ rebalanceTimeoutMs: 4 }] } });
  });

  test('of types that are not known here are skipped', () => {
    expect(decodeGroupRecord(fromHex('0003' + '000167'), null)).toBeUndefined();
  });

  test('that are no records are a failure', () => {
    expect(() => decodeGroupRecord(fromHex('00'), null)).toThrow(expect.objectContaining({ code: 'frame-malformed' }));
    expect(() => decodeGroupRecord(fromHex('0001' + '0005'), null))
      .toThrow(expect.objectContaining({ code: 'frame-malformed' }));
  });
});
