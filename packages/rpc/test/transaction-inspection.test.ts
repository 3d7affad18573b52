/** What a node says about its transaction coordinators survives the wire. */
import { describe, expect, test } from 'vitest';
import {
  decodeCoordinatorsStatus, decodeTimelineRequest, decodeTransactionTimeline, encodeCoordinatorsStatus,
  encodeTimelineRequest, encodeTransactionTimeline, type CoordinatorsStatus, type TransactionTimeline,
} from '../src/index.ts';
import { expectMalformed } from './malformed.ts';

const STATUS: CoordinatorsStatus = {
  coordinators: [
    {
      partition: 0, coordinatorEpoch: 0, phase: 'loading', transactionalIds: 0, openTransactions: 0, markersQueued: 0,
    },
    {
      partition: 49, coordinatorEpoch: 7, phase: 'active', transactionalIds: 3, openTransactions: 2, markersQueued: 1,
    },
  ],
  fences: [
    {
      wallMs: 0, transactionalId: '', cause: 'timeout', fenced: { producerId: 0, producerEpoch: 0, who: '' },
      by: { producerId: -1, producerEpoch: -1, who: 'timeout' },
    },
  ],
};

const TIMELINE: TransactionTimeline = {
  error: 0,
  entries: [{ offset: 0, wallMs: 2 ** 41, state: 'Empty', producerEpoch: 0, partitionCount: 0, who: 'a at /b' }],
};

describe('what a node says', () => {
  test('of its coordinators comes back as it went', () => {
    expect(decodeCoordinatorsStatus(encodeCoordinatorsStatus(STATUS))).toEqual(STATUS);
  });

  test('of a transactional id comes back as it went, and so does the question', () => {
    expect(decodeTimelineRequest(encodeTimelineRequest('héllo'))).toBe('héllo');
    expect(decodeTransactionTimeline(encodeTransactionTimeline(TIMELINE))).toEqual(TIMELINE);
  });

  test('is malformed where it is cut short', () => {
    const bytes = encodeCoordinatorsStatus(STATUS);
    expectMalformed(() => decodeCoordinatorsStatus(bytes.subarray(0, bytes.byteLength - 1)));
  });
});
