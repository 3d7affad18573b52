/** Messages of the raft lane survive the wire, and nothing else is taken for one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRaftMessage, encodeRaftMessage, type RaftMessage } from '../src/index.ts';
import { expectMalformed, plain } from './malformed.ts';

const envelope = { from: 1, to: 2, term: 7 };
const membership = {
  voters: [1, 2, 3],
  votersOutgoing: [1, 2],
  learners: [0, 9],
  learnersNext: [2],
  autoLeave: true,
  addresses: [{ id: 0, address: '' }, { id: 1, address: 'node-1:9192' }],
};
const EXAMPLES: readonly RaftMessage[] = [
  {
    ...envelope,
    type: 'append',
    previousIndex: 0,
    previousTerm: 0,
    commitIndex: 2 ** 52,
    entries: [
      { index: 1, term: 7, type: 'empty', data: new Uint8Array() },
      { index: 2, term: 7, type: 'command', data: Uint8Array.of(1, 2, 3) },
      { index: 3, term: 7, type: 'membership', data: Uint8Array.of(0) },
    ],
  },
  { ...envelope, type: 'append-response', rejected: true, index: 9, hintIndex: 4, hintTerm: 2 },
  { ...envelope, type: 'append-response', rejected: false, index: 0, hintIndex: 0, hintTerm: 0 },
  { ...envelope, type: 'heartbeat', commitIndex: 5, round: 11 },
  { ...envelope, type: 'heartbeat-response', round: 0 },
  { ...envelope, type: 'pre-vote', lastIndex: 4, lastTerm: 3, transfer: false },
  { ...envelope, type: 'vote', lastIndex: 4, lastTerm: 3, transfer: true },
  { ...envelope, type: 'pre-vote-response', rejected: true, commitIndex: 8, commitTerm: 3 },
  { ...envelope, type: 'vote-response', rejected: false, commitIndex: 0, commitTerm: 0 },
  { ...envelope, type: 'snapshot', snapshot: { metadata: { index: 0, term: 0, membership }, data: Uint8Array.of(5) } },
  { ...envelope, type: 'timeout-now' },
];

describe('a raft message', () => {
  const examples = EXAMPLES.map((message) => [message.type, message] as const);
  test.each(examples)('of type %s comes back as it went', (_, message) => {
    expect(plain(decodeRaftMessage(encodeRaftMessage(message)))).toEqual(plain(message));
  });

  test('of a type that is not known here is malformed', () => {
    expectMalformed(() => decodeRaftMessage(Uint8Array.of(0x08, 99)));
    expectMalformed(() => decodeRaftMessage(new Uint8Array()));
  });

  test('with a snapshot that has no membership is malformed', () => {
    expectMalformed(() => decodeRaftMessage(Uint8Array.of(0x08, 9, 0x8a, 0x01, 0)));
  });

  test('that is random bytes is malformed or a message, never anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(decodeRaftMessage(bytes).type).toBeTypeOf('string');
      } catch (error) {
        expectMalformed(() => {
          throw error;
        });
      }
    }), { numRuns: 500 });
  });
});
