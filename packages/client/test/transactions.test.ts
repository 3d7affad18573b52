/** The transactional producer machine against the fake coordinator, under both versions of the protocol. */
import { describe, expect, test } from 'vitest';
import { ErrorCode } from '@hapax/base';
import { endTxn } from '@hapax/wire';
import {
  isAbortable,
  isFatal,
  NEXT_TRANSACTION_STATES,
  type TransactionState,
} from '../src/machines/index.ts';
import type { FakeCluster } from './fakes/fake-cluster.ts';
import { visible, world } from './fakes/transactional-world.ts';
import { errorOf, NOBODY, Transacting } from './fakes/transacting.ts';

function committedOffset(fake: FakeCluster, partition = 0): number | undefined {
  return fake.groups.group('readers').offsets.get(`orders-${partition}`)?.offset;
}

describe.each([1, 2])('a transaction of version %i', (version) => {
  test('shows its records in all partitions, with its offsets, when it is committed', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    expect(transacting.begin().ok).toBe(true);
    const fates = ['a', 'b', 'c'].map((value, partition) => transacting.send(value, partition));
    expect(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 7 }]).ok).toBe(true);
    expect(committedOffset(fake)).toBeUndefined();
    expect(visible(fake)).toEqual([]);
    expect(visible(fake, 'read_uncommitted')).toEqual(['a', 'b', 'c']);
    expect(transacting.commit().ok).toBe(true);
    expect(fates.every((fate) => fate.delivery?.offset === 0)).toBe(true);
    expect(visible(fake)).toEqual(['a', 'b', 'c']);
    expect(committedOffset(fake)).toBe(7);
    expect(fake.count('AddPartitionsToTxn')).toBe(version === 1 ? 1 : 0);
    expect(fake.count('AddOffsetsToTxn')).toBe(version === 1 ? 1 : 0);
    expect(transacting.machine.version).toBe(version);
  });

  test('shows nothing when it is aborted, and the next one goes on', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    const sent = transacting.send('a');
    fake.time.run(100);
    const unsent = transacting.send('b', 1);
    expect(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 7 }]).ok).toBe(true);
    expect(transacting.abort().ok).toBe(true);
    expect(sent.delivery).toBeDefined();
    expect(unsent.delivery ?? unsent.error).toBeDefined();
    transacting.begin();
    transacting.send('c');
    expect(transacting.commit().ok).toBe(true);
    expect(visible(fake)).toEqual(['c']);
    expect(committedOffset(fake)).toBeUndefined();
  });

  test('follows another at once, many times, with sequences that never break', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    const expected: string[] = [];
    for (let round = 0; round < 30; round++) {
      expect(transacting.begin().ok).toBe(true);
      for (let index = 0; index < 4; index++) transacting.send(`r${round}-${index}`, index % 3);
      const isCommitted = round % 3 !== 2;
      if (round % 2 === 0) fake.time.run(20);
      expect((isCommitted ? transacting.commit() : transacting.abort()).ok).toBe(true);
      if (isCommitted) for (let index = 0; index < 4; index++) expected.push(`r${round}-${index}`);
    }
    expect(visible(fake)).toEqual(expected.sort());
    // Version 2 raises the epoch with every transaction, version 1 only where something was lost.
    const epochs = version === 2 ? fake.count('EndTxn') : fake.count('InitProducerId') - 1;
    expect(transacting.machine.identity?.producerEpoch).toBe(epochs);
    expect(fake.count('InitProducerId')).toBeLessThan(version === 2 ? 2 : 12);
  });

  test('without anything in it needs no coordinator', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    expect(transacting.commit().ok).toBe(true);
    transacting.begin();
    expect(transacting.abort().ok).toBe(true);
    expect(fake.count('EndTxn')).toBe(0);
  });

  test('can only be aborted once a record has failed, and says why', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('good', 1);
    fake.time.run(100);
    fake.failNext('Produce', ErrorCode.INVALID_RECORD);
    const bad = transacting.send('bad');
    fake.time.run(100);
    expect(bad.error?.details['errorName']).toBe('INVALID_RECORD');
    expect(transacting.machine.state).toBe('abortable-error');
    const late = transacting.send('late');
    const refused = errorOf(transacting.commit());
    expect(refused.code).toBe('transaction-aborted');
    expect(isAbortable(refused) && !isFatal(refused)).toBe(true);
    expect(refused.message).toContain('INVALID_RECORD');
    expect(late.error).toBe(refused);
    expect(errorOf(transacting.begin()).code).toBe('usage');
    expect(transacting.abort().ok).toBe(true);
    transacting.begin();
    transacting.send('next');
    expect(transacting.commit().ok).toBe(true);
    expect(visible(fake)).toEqual(['next']);
  });

  test('can only be aborted once a record was refused for want of room', () => {
    const fake = world(version);
    const transacting = new Transacting(fake, { bufferBytes: 1000 });
    transacting.begin();
    const taken = transacting.send('x'.repeat(1900));
    const refused = transacting.send('y'.repeat(1900));
    fake.time.run(1);
    expect(refused.error?.code).toBe('overloaded');
    expect(taken.error?.code).not.toBe('overloaded');
    expect(errorOf(transacting.commit()).code).toBe('transaction-aborted');
    expect(transacting.abort().ok).toBe(true);
    expect(visible(fake)).toEqual([]);
  });

  test('that fails while it is committed is not', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    fake.failNext('Produce', ErrorCode.INVALID_RECORD);
    transacting.send('bad');
    const failed = errorOf(transacting.commit());
    expect(isAbortable(failed) && failed.definite).toBe(true);
    expect(transacting.abort().ok).toBe(true);
    expect(visible(fake)).toEqual([]);
  });

  test('is refused for a member that its group has left behind', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    const zombie = { ...NOBODY, memberId: 'gone', generation: 3 };
    const failed = errorOf(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 7 }], zombie));
    expect(failed.details['errorName']).toBe('UNKNOWN_MEMBER_ID');
    expect(isAbortable(failed)).toBe(true);
    expect(transacting.abort().ok).toBe(true);
    transacting.begin();
    expect(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 8 }]).ok).toBe(true);
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(10);
    expect(committedOffset(fake)).toBe(8);
  });

  test('of a producer that was fenced fails for good, and says who is to blame', () => {
    const fake = world(version);
    const first = new Transacting(fake, {}, 1);
    first.begin();
    first.send('zombie');
    fake.time.run(100);
    const second = new Transacting(fake, {}, 2);
    expect(second.begin().ok).toBe(true);
    second.send('new');
    expect(second.commit().ok).toBe(true);
    const fenced = errorOf(first.commit());
    expect(fenced.code).toBe('producer-fenced');
    expect(fenced.definite).toBe(true);
    expect(isFatal(fenced)).toBe(true);
    expect(fenced.message).toContain('another producer with this transactional id');
    expect(errorOf(first.begin())).toBe(fenced);
    expect(errorOf(first.abort())).toBe(fenced);
    const refused = first.send('more');
    fake.time.run(10);
    expect(refused.error).toBe(fenced);
    expect(visible(fake)).toEqual(['new']);
  });

  test('waits while the markers of the one before are on their way', () => {
    const fake = world(version);
    fake.transactions.markerDelayMs = 150;
    const transacting = new Transacting(fake);
    for (const value of ['a', 'b']) {
      expect(transacting.begin().ok).toBe(true);
      transacting.send(value);
      expect(transacting.commit().ok).toBe(true);
    }
    fake.time.run(500);
    expect(visible(fake)).toEqual(['a', 'b']);
  });

  test('finds its coordinator again when that moves, at every step', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    fake.transactions.coordinator = 2;
    transacting.send('a');
    expect(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 1 }]).ok).toBe(true);
    fake.transactions.coordinator = 3;
    fake.groups.coordinator = 2;
    expect(transacting.sendOffsets([{ topic: 'orders', partition: 1, offset: 2 }]).ok).toBe(true);
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(10);
    expect([committedOffset(fake, 0), committedOffset(fake, 1)]).toEqual([1, 2]);
  });

  test('is not begun where the coordinator refuses the settings', () => {
    const fake = world(version);
    const transacting = new Transacting(fake, { transactionTimeoutMs: 1_000_000 });
    const failed = errorOf(transacting.begin());
    expect(failed.details['errorName']).toBe('INVALID_TRANSACTION_TIMEOUT');
    expect(isFatal(failed)).toBe(true);
  });

  test('refuses what does not fit its state, and changes nothing', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    const early = transacting.send('a');
    expect(errorOf(transacting.commit()).code).toBe('usage');
    expect(errorOf(transacting.abort()).code).toBe('usage');
    expect(errorOf(transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: 1 }])).code).toBe('usage');
    expect(early.error?.code).toBe('usage');
    expect(transacting.init().ok).toBe(true);
    expect(transacting.begin().ok).toBe(true);
    expect(errorOf(transacting.begin()).code).toBe('usage');
    expect(transacting.commit().ok).toBe(true);
  });

  test('that is left open when its producer is closed is ended by the next one', () => {
    const fake = world(version);
    const first = new Transacting(fake, {}, 1);
    first.begin();
    const fate = first.send('a');
    fake.time.run(100);
    first.machine.close();
    expect(fate.delivery).toBeDefined();
    const second = new Transacting(fake, {}, 2);
    expect(second.init().ok).toBe(true);
    fake.time.run(100);
    expect(fake.transactions.byId.get('billing')?.state).toBe('Empty');
    expect(visible(fake)).toEqual([]);
  });

  test('gives every call an outcome when the producer is closed meanwhile', () => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    fake.time.run(100);
    fake.network.pause(fake.endpoint(1));
    const outcome = transacting.wait<null>((done) => {
      transacting.machine.commit(done);
      fake.time.run(50);
      transacting.machine.close();
    });
    expect([errorOf(outcome).code, errorOf(outcome).definite]).toEqual(['closed', false]);
    expect(errorOf(transacting.begin()).code).toBe('closed');
  });
});

describe('a transaction that the coordinator aborts for its age', () => {
  test('fences its producer under version 1', () => {
    const fake = world(1);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    fake.time.run(100);
    fake.transactions.timeOut('billing');
    fake.time.run(100);
    const fenced = errorOf(transacting.commit());
    expect([fenced.code, fenced.definite]).toEqual(['producer-fenced', true]);
    expect(fenced.message).toContain('open for more than 60000 ms');
  });

  test('can be aborted under version 2, and the producer goes on', () => {
    const fake = world(2);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    fake.time.run(100);
    fake.transactions.timeOut('billing');
    fake.time.run(100);
    const failed = errorOf(transacting.commit());
    expect(isAbortable(failed)).toBe(true);
    expect(failed.definite).toBe(true);
    expect(transacting.abort().ok).toBe(true);
    transacting.begin();
    transacting.send('b');
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(10);
    expect(visible(fake)).toEqual(['b']);
  });
});

describe('the version', () => {
  test('is 1 where brokers do not know the requests of 2, whatever is finalized', () => {
    const fake = world(2);
    fake.versionLimits.set(endTxn.key, { min: 0, max: 4 });
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    expect(transacting.commit().ok).toBe(true);
    expect(transacting.machine.version).toBe(1);
  });

  test('follows the cluster between transactions, with another epoch', () => {
    const fake = world(1);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    transacting.commit();
    fake.transactions.finalized = 2;
    for (const nodeId of fake.nodes) fake.network.cutAll(fake.endpoint(nodeId));
    fake.time.run(1000);
    transacting.cluster.refresh();
    fake.time.run(1000);
    expect(transacting.begin().ok).toBe(true);
    transacting.send('b');
    expect(transacting.commit().ok).toBe(true);
    expect(transacting.machine.version).toBe(2);
    fake.time.run(10);
    expect(visible(fake)).toEqual(['a', 'b']);
  });

  test('of a broker that cannot raise epochs ends the producer only when one must be raised', () => {
    const fake = world(1);
    fake.versionLimits.set(22, { min: 0, max: 2 });
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    expect(transacting.commit().ok).toBe(true);
    transacting.begin();
    fake.failNext('Produce', ErrorCode.INVALID_RECORD);
    transacting.send('bad');
    expect(isAbortable(errorOf(transacting.commit()))).toBe(true);
    expect(transacting.abort().ok).toBe(true);
    const over = errorOf(transacting.begin());
    expect([over.code, isFatal(over)]).toEqual(['unsupported-version', true]);
  });
});

test('every state but the last leads on, and all can be reached', () => {
  const reached = new Set<TransactionState>(['uninitialized']);
  for (const state of reached) for (const next of NEXT_TRANSACTION_STATES[state]) reached.add(next);
  expect(reached.size).toBe(Object.keys(NEXT_TRANSACTION_STATES).length);
  const dead = Object.entries(NEXT_TRANSACTION_STATES).filter(([, next]) => next.length === 0);
  expect(dead.map(([state]) => state)).toEqual(['fatal']);
});
