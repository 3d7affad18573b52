/** Messages of the transactions lane survive the wire, and nothing else is taken for one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeTransactionCalls, decodeTransactionReplies, encodeTransactionCalls, encodeTransactionReplies,
  type TransactionAnswer, type TransactionRequest,
} from '../src/index.ts';
import { expectMalformed } from './malformed.ts';

const TOPICS = [{ topic: 'a', partitions: [0, 7] }, { topic: 'b', partitions: [] }];

const REQUESTS: readonly TransactionRequest[] = [
  { type: 'write-markers', markers: [] },
  {
    type: 'write-markers',
    markers: [
      { producerId: 0, producerEpoch: 0, coordinatorEpoch: 0, commit: false, transactionVersion: 0, topics: [] },
      {
        producerId: 2 ** 50, producerEpoch: 32767, coordinatorEpoch: 9, commit: true, transactionVersion: 2,
        topics: TOPICS,
      },
    ],
  },
  {
    type: 'add-partitions', transactionalId: '', producerId: 0, producerEpoch: -1, verifyOnly: false, topics: [],
  },
  {
    type: 'add-partitions', transactionalId: 'héllo', producerId: 5, producerEpoch: 3, verifyOnly: true, topics: TOPICS,
  },
  { type: 'find-transaction', producerId: 0 },
];

const ANSWERS: readonly TransactionAnswer[] = [
  { type: 'markers-written', errors: [] },
  { type: 'markers-written', errors: [0, -1, 52] },
  { type: 'partitions-added', errors: [0, 120] },
  { type: 'transaction-found', searched: [], transactions: [] },
  {
    type: 'transaction-found', searched: [0, 49],
    transactions: [{ transactionalId: 't', producerEpoch: -1, state: 'Ongoing', topics: TOPICS }],
  },
];

describe('a call', () => {
  const examples = REQUESTS.map((request) => [request.type, request] as const);
  test.each(examples)('of type %s comes back as it went', (_, request) => {
    const calls = [{ requestId: 0, request }, { requestId: 2 ** 40, request }];
    expect(decodeTransactionCalls(encodeTransactionCalls(calls))).toEqual(calls);
  });

  test('without content is malformed', () => {
    expectMalformed(() => decodeTransactionCalls(Uint8Array.of(0x0a, 0x02, 0x08, 0x01)));
  });
});

describe('a reply', () => {
  const examples = ANSWERS.map((answer) => [answer.type, answer] as const);
  test.each(examples)('of type %s comes back as it went', (_, answer) => {
    const replies = [{ requestId: 0, answer }, { requestId: 1, answer }];
    expect(decodeTransactionReplies(encodeTransactionReplies(replies))).toEqual(replies);
  });

  test('without content is malformed', () => {
    expectMalformed(() => decodeTransactionReplies(Uint8Array.of(0x0a, 0x02, 0x08, 0x01)));
  });
});

test('any bytes are a message or malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const decode of [decodeTransactionCalls, decodeTransactionReplies]) {
        try {
          decode(bytes);
        } catch {
          expectMalformed(() => decode(bytes));
        }
      }
    }),
    { numRuns: 500 },
  );
});
