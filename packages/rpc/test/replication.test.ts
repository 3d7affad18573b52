/** Messages of the replication lane survive the wire, and nothing else is taken for one. */
import { ZERO_UUID } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeFollowerMessage, decodeLeaderMessage, encodeFollowerMessage, encodeLeaderMessage, encodePush,
  type FollowerMessage, type LeaderMessage,
} from '../src/index.ts';
import { expectMalformed, plain } from './malformed.ts';

const FROM_FOLLOWERS: readonly FollowerMessage[] = [
  { type: 'hello', nodeId: 0, brokerEpoch: -1, clusterId: 'c' },
  {
    type: 'attach', attachId: 1, topicId: 'AQIDBAUGBwgJCgsMDQ4PEA', partition: 0, brokerEpoch: 12, leaderEpoch: 0,
    logEndOffset: 0, lastEpoch: -1,
  },
  { type: 'ack', partitions: [{ attachId: 1, leaderEpoch: 0, durableOffset: 0, logStartOffset: 0 }] },
  { type: 'ack', partitions: [] },
  { type: 'detach', attachId: 0 },
];

const FROM_LEADERS: readonly LeaderMessage[] = [
  { type: 'attached', attachId: 1, leaderEpoch: 3 },
  { type: 'truncate-order', attachId: 1, leaderEpoch: 3, offset: 2 ** 40, epoch: -1 },
  { type: 'attach-refused', attachId: 1, error: 74 },
  { type: 'attach-refused', attachId: 1, error: -1 },
  {
    type: 'push',
    partitions: [
      { attachId: 1, leaderEpoch: 0, baseOffset: 0, highWatermark: 0, logStartOffset: 0, records: new Uint8Array() },
      { attachId: 2, leaderEpoch: 9, baseOffset: 5, highWatermark: 4, logStartOffset: 3, records: Uint8Array.of(1, 2) },
    ],
  },
];

describe('a message from a follower', () => {
  const examples = FROM_FOLLOWERS.map((message) => [message.type, message] as const);
  test.each(examples)('of type %s comes back as it went', (_, message) => {
    expect(plain(decodeFollowerMessage(encodeFollowerMessage(message)))).toEqual(plain(message));
  });

  test('with nothing in it, or with a topic id that is not 16 bytes long, is malformed', () => {
    expectMalformed(() => decodeFollowerMessage(new Uint8Array()));
    expectMalformed(() => decodeFollowerMessage(Uint8Array.of(0x12, 0x03, 0x12, 0x01, 0xff)));
    const attach = FROM_FOLLOWERS[1] as FollowerMessage & { type: 'attach' };
    expectMalformed(() => encodeFollowerMessage({ ...attach, topicId: 'short' }));
    const bytes = encodeFollowerMessage({ ...attach, topicId: ZERO_UUID });
    expect(decodeFollowerMessage(bytes)).toMatchObject({ topicId: ZERO_UUID });
  });
});

describe('a message from a leader', () => {
  const examples = FROM_LEADERS.map((message) => [message.type, message] as const);
  test.each(examples)('of type %s comes back as it went', (_, message) => {
    expect(plain(decodeLeaderMessage(encodeLeaderMessage(message)))).toEqual(plain(message));
  });

  test('that is a push, in chunks, reads as if it had been encoded whole', () => {
    const marks = { attachId: 2 ** 40, leaderEpoch: 9, baseOffset: 2 ** 41, highWatermark: 4, logStartOffset: 3 };
    const chunks = [Uint8Array.of(1, 2), new Uint8Array(300).fill(7), new Uint8Array()];
    const sent = encodePush([{ ...marks, records: chunks }, { ...marks, attachId: 1, records: [] }]);
    expect(sent).toContain(chunks[1]);
    const records = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
    const partitions = [{ ...marks, records }, { ...marks, attachId: 1, records: new Uint8Array() }];
    const bytes = Uint8Array.from(sent.flatMap((chunk) => [...chunk]));
    expect(plain(decodeLeaderMessage(bytes))).toEqual(plain({ type: 'push', partitions }));
  });

  test('gives records as a view of what was received', () => {
    const bytes = encodeLeaderMessage(FROM_LEADERS[4] as LeaderMessage);
    const push = decodeLeaderMessage(bytes) as LeaderMessage & { type: 'push' };
    expect(push.partitions[1]?.records.buffer).toBe(bytes.buffer);
  });

  test('that was cut short anywhere is malformed or a shorter message, never anything else', () => {
    const bytes = encodeLeaderMessage(FROM_LEADERS[4] as LeaderMessage);
    for (let end = 0; end < bytes.byteLength; end++) expectMalformed(() => decodeLeaderMessage(bytes.subarray(0, end)));
  });

  test('that is random bytes is malformed or a message, never anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decode of [decodeLeaderMessage, decodeFollowerMessage]) {
        try {
          expect(decode(bytes).type).toBeTypeOf('string');
        } catch (error) {
          expectMalformed(() => {
            throw error;
          });
        }
      }
    }), { numRuns: 500 });
  });
});
