/** Transactions in one partition: who may append and end them, where committed data ends, what is kept of it. */
import { crc32c, ErrorCode } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OpenTransactions } from '../src/open-transactions.ts';
import { ProducerStates } from '../src/index.ts';
import { VerificationGuards } from '../src/verification-guards.ts';
import { makeBatch } from './batches.ts';
import type { StoredBatch } from './memory-log.ts';
import { stableOffset } from './transaction-invariants.ts';

const data = (producerId: number, epoch: number, sequence: number, at = 0): StoredBatch =>
  makeBatch({ producerId, producerEpoch: epoch, baseSequence: sequence, baseOffset: at, isTransactional: true });
const marker = (
  producerId: number, epoch: number, options: { at?: number; kind?: 'commit' | 'abort'; coordinator?: number } = {},
): StoredBatch => makeBatch({
  producerId, producerEpoch: epoch, baseOffset: options.at ?? 0, marker: options.kind ?? 'commit',
  coordinatorEpoch: options.coordinator ?? 0,
});

describe('markers', () => {
  /** Stored is epoch 5, coordinator epoch 3. */
  const rows = [
    { title: 'of the open transaction, version 0', version: 0, open: true, epoch: 5, error: 0 },
    { title: 'of a later epoch, version 0', version: 0, open: true, epoch: 6, error: 0 },
    { title: 'of an older epoch, version 0', version: 0, open: true, epoch: 4, error: 47 },
    { title: 'again, version 0', version: 0, open: false, epoch: 5, error: 0 },
    { title: 'of the open transaction, version 2', version: 2, open: true, epoch: 6, error: 0 },
    { title: 'of the transaction before the open one, version 2', version: 2, open: true, epoch: 5, error: 47 },
    { title: 'again, version 2 [KAFKA-19999]', version: 2, open: false, epoch: 5, error: 0 },
    { title: 'of an older epoch, version 2', version: 2, open: false, epoch: 4, error: 47 },
    { title: 'of the last epoch, version 2', version: 2, open: true, stored: 32_767, epoch: 32_767, error: 0 },
    { title: 'of an older coordinator, version 0', version: 0, open: true, epoch: 5, coordinator: 2, error: 52 },
    { title: 'of an older coordinator, version 2', version: 2, open: true, epoch: 6, coordinator: 2, error: 52 },
    { title: 'of a newer coordinator', version: 2, open: true, epoch: 6, coordinator: 4, error: 0 },
  ] as const;
  for (const row of rows) {
    const { title, version, open, epoch, error } = row;
    const coordinator = 'coordinator' in row ? row.coordinator : 3;
    const stored = 'stored' in row ? row.stored : 5;
    test(`${title}: ${error === 0 ? 'appended' : error} [M9]`, () => {
      const states = new ProducerStates();
      states.update(marker(1, stored, { coordinator: 3 }), 0);
      if (open) states.update(data(1, stored, 0, 1), 0);
      const verdict = states.checkMarkers([marker(1, epoch, { coordinator })], version);
      expect(verdict).toMatchObject(error === 0 ? { kind: 'append' } : { kind: 'refuse', error });
    });
  }

  test('of a producer that is not known are appended, and fence its older epochs [M10]', () => {
    const states = new ProducerStates();
    expect(states.checkMarkers([marker(1, 7)], 2).kind).toBe('append');
    expect(states.update(marker(1, 7, { coordinator: 4 }), 0)).toBeUndefined();
    expect(states.find(1)).toMatchObject({ producerEpoch: 7, coordinatorEpoch: 4, currentTxnFirstOffset: -1 });
    expect(states.check(data(1, 6, 0), 'client')).toMatchObject({ error: ErrorCode.INVALID_PRODUCER_EPOCH });
    expect(states.firstUnstableOffset(0)).toBeUndefined();
  });

  test('say which transaction they ended, and where the earliest other one began [L4]', () => {
    const states = new ProducerStates();
    states.update(data(1, 0, 0, 10), 0);
    states.update(data(2, 0, 0, 11), 0);
    states.update(data(1, 0, 1, 12), 0);
    const first = { producerId: 1, firstOffset: 10, lastOffset: 13, kind: 'abort', lastStableOffset: 11 };
    expect(states.update(marker(1, 0, { at: 13, kind: 'abort' }), 0)).toEqual(first);
    const second = { producerId: 2, firstOffset: 11, lastOffset: 14, kind: 'commit', lastStableOffset: 15 };
    expect(states.update(marker(2, 0, { at: 14 }), 0)).toEqual(second);
    expect(states.update(marker(2, 0, { at: 15 }), 0)).toBeUndefined();
  });
});

describe('producers with an open transaction', () => {
  test('may not write outside of it [I10]', () => {
    const states = new ProducerStates();
    states.update(data(1, 0, 0), 0);
    const plain = makeBatch({ producerId: 1, baseSequence: 1 });
    expect(states.check(plain, 'client')).toMatchObject({ error: ErrorCode.INVALID_TXN_STATE });
    expect(states.checkAll([data(2, 0, 0), makeBatch({ producerId: 2, baseSequence: 1 })], 'client')).toMatchObject({
      error: ErrorCode.INVALID_TXN_STATE,
    });
    states.update(marker(1, 0, { at: 1 }), 0);
    expect(states.check(plain, 'client').kind).toBe('append');
  });

  test('are not forgotten, however long they are silent and however full it is [I17]', () => {
    const states = new ProducerStates({ max: 1 });
    states.update(data(1, 0, 0), 0);
    for (let hour = 1; hour <= 100; hour++) expect(states.expire(hour * 3_600_000, 86_400_000)).toBe(0);
    states.update(data(2, 0, 0, 1), 100 * 3_600_000);
    expect(states.size).toBe(2);
    expect(states.firstUnstableOffset(5)).toBe(0);
  });
});

describe('verification guards', () => {
  const begin = (guards: VerificationGuards, batch: StoredBatch, states = new ProducerStates(), nowMs = 0) => {
    const verdict = guards.verdictFor(batch, states, nowMs);
    if (verdict.kind !== 'needed') throw new Error(`the verdict is ${JSON.stringify(verdict)}`);
    return verdict.guard;
  };

  test('hold until the first append, and for this transaction only [V3]', () => {
    const guards = new VerificationGuards({ max: 10 });
    const guard = begin(guards, data(1, 3, 0));
    expect(begin(guards, data(1, 3, 4))).toBe(guard);
    expect(guards.lowestSequenceUnder(guard, data(1, 3, 0))).toBe(0);
    expect(guards.lowestSequenceUnder(guard, data(1, 4, 0))).toBeUndefined();
    expect(guards.lowestSequenceUnder(undefined, data(1, 3, 0))).toBeUndefined();
    guards.onAppended(data(1, 3, 0), 0);
    expect(guards.lowestSequenceUnder(guard, data(1, 3, 0))).toBeUndefined();
    expect(begin(guards, data(1, 3, 9))).not.toBe(guard);
  });

  test('remember the lowest sequence that was seen [I8]', () => {
    const guards = new VerificationGuards({ max: 10 });
    const guard = begin(guards, data(1, 0, 7));
    begin(guards, data(1, 0, 3));
    begin(guards, data(1, 0, 9));
    expect(guards.lowestSequenceUnder(guard, data(1, 0, 3))).toBe(3);
  });

  test('end with a marker, not with one of an older transaction, nor under version 2 with one of their epoch', () => {
    const outcomes = [[4, 0], [5, 0], [5, 2], [6, 2]].map(([epoch, version]) => {
      const guards = new VerificationGuards({ max: 10 });
      const guard = begin(guards, data(1, 5, 0));
      guards.onAppended(marker(1, epoch as number), version as number);
      return guards.lowestSequenceUnder(guard, data(1, 5, 0)) !== undefined;
    });
    expect(outcomes).toEqual([true, false, true, false]);
  });

  test('are not given to the fenced, nor where a transaction is open [V1, V2]', () => {
    const guards = new VerificationGuards({ max: 10 });
    const states = new ProducerStates();
    states.update(data(1, 5, 0), 0);
    expect(guards.verdictFor(data(1, 5, 1), states, 0)).toEqual({ kind: 'not-needed' });
    expect(guards.verdictFor(data(1, 4, 0), states, 0)).toMatchObject({ kind: 'refuse', error: 47 });
    begin(guards, data(1, 7, 0), states);
    expect(guards.verdictFor(data(1, 6, 0), states, 0)).toMatchObject({ kind: 'refuse', error: 47 });
    expect(guards.verdictFor(data(1, 5, 0), states, 0)).toEqual({ kind: 'not-needed' });
  });

  test('are limited: the next one is refused with 19 until old ones are not asked about any more', () => {
    const guards = new VerificationGuards({ max: 2 });
    const states = new ProducerStates();
    begin(guards, data(1, 0, 0), states, 0);
    begin(guards, data(2, 0, 0), states, 1);
    expect(guards.verdictFor(data(3, 0, 0), states, 599_999)).toMatchObject({ kind: 'refuse', error: 19 });
    expect(guards.verdictFor(data(3, 0, 0), states, 600_000).kind).toBe('needed');
    expect(guards.size).toBe(2);
    guards.clear();
    expect(guards.size).toBe(0);
  });
});

/** What several producers do in turn: each ends its transaction now and then. */
const history = fc.array(
  fc.record({ producerId: fc.nat(3), ends: fc.nat(3), kind: fc.constantFrom('commit', 'abort'), bump: fc.boolean() }),
  { maxLength: 40 },
).map((actions) => {
  const batches: StoredBatch[] = [];
  const known = new Map<number, { epoch: number; sequence: number }>();
  for (const { producerId, ends, kind, bump } of actions) {
    const at = batches.length;
    const own = known.get(producerId) ?? { epoch: 0, sequence: 0 };
    known.set(producerId, own);
    if (ends > 0) {
      batches.push(data(producerId, own.epoch, own.sequence++, at));
      continue;
    }
    if (bump) known.set(producerId, { epoch: own.epoch + 1, sequence: 0 });
    const ending = { at, kind: kind as 'commit' | 'abort', coordinator: at };
    batches.push(marker(producerId, own.epoch + (bump ? 1 : 0), ending));
  }
  return batches;
});

const replay = (batches: readonly StoredBatch[], states = new ProducerStates()): ProducerStates => {
  for (const batch of batches) states.update(batch, 0);
  return states;
};

function expectSame(actual: ProducerStates, expected: ProducerStates, from: number, end: number): void {
  const byId = (states: ProducerStates) =>
    states.activeProducers().sort((one, other) => one.producerId - other.producerId);
  expect(byId(actual)).toEqual(byId(expected));
  for (let mark = from; mark <= end; mark++) {
    expect(actual.firstUnstableOffset(mark)).toBe(expected.firstUnstableOffset(mark));
  }
}

describe('the state of transactions', () => {
  test('puts the end of committed data where the log says, for every high watermark [L1, L2]', () => {
    fc.assert(fc.property(history, (batches) => {
      const states = replay(batches);
      for (let mark = 0; mark <= batches.length; mark++) {
        expect(Math.min(states.firstUnstableOffset(mark) ?? mark, mark)).toBe(stableOffset(batches, mark));
        states.onReplicated(mark);
        expect(Math.min(states.firstUnstableOffset(mark) ?? mark, mark)).toBe(stableOffset(batches, mark));
      }
    }), { numRuns: 200 });
  });

  test('is the same live, after a replay, from a snapshot and a replay, and after a truncation [P6]', () => {
    fc.assert(fc.property(history, fc.nat(), fc.nat(), fc.nat(), (batches, first, second, third) => {
      const marks = [first, second, third].map((one) => one % (batches.length + 1)).sort((a, b) => a - b);
      const [mark, snapshotAt, cutAt] = marks as [number, number, number];
      const live = new ProducerStates();
      replay(batches.slice(0, snapshotAt), live);
      live.onReplicated(mark);
      const snapshot = live.encode();
      replay(batches.slice(snapshotAt), live);
      const end = batches.length;
      expectSame(live, replay(batches), mark, end);
      expectSame(live.clone(), live, mark, end);
      expectSame(replay(batches.slice(snapshotAt), ProducerStates.decode(snapshot)), live, mark, end);
      live.truncate(cutAt);
      live.replaceWith(ProducerStates.decode(snapshot));
      replay(batches.slice(snapshotAt, cutAt), live);
      expectSame(live, replay(batches.slice(0, cutAt)), mark, cutAt);
    }), { numRuns: 200 });
  });

  test('forgets what was replicated when the log begins anew or is cut below', () => {
    const states = new ProducerStates();
    replay([data(1, 0, 0, 0), marker(1, 0, { at: 1 })], states);
    states.onReplicated(2);
    expect(states.firstUnstableOffset(0)).toBeUndefined();
    states.clear();
    replay([data(1, 0, 0, 0), marker(1, 0, { at: 1 })], states);
    expect(states.firstUnstableOffset(1)).toBe(0);
  });

  test('is bounded: the newest ended ones become one, which never ends too early', () => {
    const transactions = new OpenTransactions();
    for (let at = 0; at < 30_000; at += 2) {
      transactions.begin(1, at);
      transactions.end(1, at + 1);
    }
    expect(transactions.endedTransactions()).toHaveLength(10_000);
    expect(transactions.firstUnstableOffset(19_999)).toBe(19_998);
    expect(transactions.firstUnstableOffset(20_000)).toBe(19_998);
    expect(transactions.firstUnstableOffset(29_999)).toBe(19_998);
    expect(transactions.firstUnstableOffset(30_000)).toBeUndefined();
  });

  test('is read from snapshots of the version before transactions too', () => {
    const plain = (producerId: number): StoredBatch => makeBatch({ producerId, baseSequence: producerId });
    const states = replay([plain(1), plain(2)]);
    const old = states.encode().slice(0, -4);
    const view = new DataView(old.buffer);
    view.setInt16(0, 1);
    view.setUint32(2, crc32c(old.subarray(6)));
    expectSame(ProducerStates.decode(old), states, 0, 3);
  });
});
