/** What a read_committed consumer shows, wherever its fetches begin and end. [L5, L6, L9] */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeText } from '@hapax/base';
import { BatchBuilder } from '@hapax/wire/records';
import { AbortedTransactions } from '../src/machines/consumer/aborted-transactions.ts';
import { Consuming } from './fakes/consuming.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import type { FakeLog } from './fakes/fake-log.ts';

const P = { topic: 'orders', partition: 0 };

function world(): { fake: FakeCluster; log: FakeLog } {
  const fake = new FakeCluster();
  return { fake, log: fake.createTopic('orders', 1)[0]! };
}

function write(log: FakeLog, producerId: number, ...values: string[]): void {
  const builder = new BatchBuilder();
  for (const value of values) builder.append({ timestampMs: 1, key: null, value: encodeText(value) });
  const transactional = producerId >= 0;
  const sequence = { producerId, producerEpoch: 0, baseSequence: log.endOffset };
  log.store(builder.build(transactional ? { ...sequence, transactional } : {}));
}

function end(log: FakeLog, producerId: number, committed: boolean): void {
  log.endTransaction(producerId, 0, committed, 1);
}

function read(fake: FakeCluster, offset: number, options: { partitionMaxBytes?: number } = {}): Consuming {
  const consuming = new Consuming(fake, { groupId: null, ...options });
  consuming.machine.assign([{ ...P, offset }]);
  fake.time.run(5000);
  expect(consuming.failures).toEqual([]);
  return consuming;
}

describe('a read_committed consumer', () => {
  test('shows nothing behind the first open transaction, until that ends', () => {
    const { fake, log } = world();
    write(log, -1, 'before');
    write(log, 5, 'open');
    write(log, -1, 'behind');
    const consuming = read(fake, 0);
    expect(consuming.values).toEqual(['before']);
    expect(consuming.machine.position(P)).toBe(1);
    end(log, 5, true);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['before', 'open', 'behind']);
  });

  test('[L9] moves its position past markers and aborted records, also at the end of a partition', () => {
    const { fake, log } = world();
    write(log, 5, 'a', 'b');
    end(log, 5, false);
    const consuming = read(fake, 0);
    expect(consuming.values).toEqual([]);
    expect(consuming.machine.position(P)).toBe(3);
    expect(log.endOffset).toBe(3);
  });

  test('[L9] tells transactions of one producer apart', () => {
    const { fake, log } = world();
    for (const [value, committed] of [['a', false], ['b', true], ['c', false], ['d', true]] as const) {
      write(log, 5, value);
      end(log, 5, committed);
    }
    expect(read(fake, 0).values).toEqual(['b', 'd']);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('[L9] may begin at offset %i: in a transaction, or at a marker', (offset) => {
    const { fake, log } = world();
    write(log, 5, 'a0', 'a1');
    write(log, 6, 'b2');
    write(log, 5, 'a3');
    end(log, 5, false); // 4
    write(log, 6, 'b5');
    end(log, 6, true); // 6
    write(log, -1, 'c7');
    const expected = ['b2', 'b5', 'c7'].filter((value) => Number(value.slice(1)) >= offset);
    expect(read(fake, offset).values).toEqual(expected);
    // With answers of one batch each, every batch is where a fetch begins.
    expect(read(fake, offset, { partitionMaxBytes: 1 }).values).toEqual(expected);
  });

  test('begins at the last stable offset when it begins at the end', () => {
    const { fake, log } = world();
    write(log, -1, 'old');
    write(log, 5, 'open');
    const consuming = new Consuming(fake, { groupId: null, offsetReset: 'latest' });
    consuming.machine.assign([P]);
    fake.time.run(1000);
    expect(consuming.machine.position(P)).toBe(1);
    end(log, 5, true);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['open']);
  });

  test('waits for offsets of open transactions before it begins', () => {
    const { fake, log } = world();
    write(log, -1, 'a', 'b', 'c');
    fake.groups.group('readers').offsets.set('orders-0', { offset: 0, leaderEpoch: 0, metadata: '' });
    fake.groups.hold('readers', 5, 'orders-0', { offset: 2, leaderEpoch: 0, metadata: '' });
    const consuming = new Consuming(fake, {});
    consuming.machine.assign([P]);
    fake.time.run(2000);
    expect(consuming.values).toEqual([]);
    fake.groups.endTransaction('readers', 5, 0, true);
    fake.time.run(2000);
    expect(consuming.values).toEqual(['c']);
  });

  test('goes back to what is committed, whatever was on its way', () => {
    const { fake, log } = world();
    write(log, -1, 'a', 'b');
    fake.groups.group('readers').offsets.set('orders-0', { offset: 1, leaderEpoch: 0, metadata: '' });
    const consuming = new Consuming(fake, {});
    consuming.machine.assign([P]);
    fake.time.run(2000);
    expect(consuming.values).toEqual(['b']);
    consuming.machine.resetToCommitted();
    fake.time.run(1);
    consuming.machine.resetToCommitted();
    fake.time.run(2000);
    expect(consuming.values).toEqual(['b', 'b']);
  });
});

test('a read_uncommitted consumer shows everything at once', () => {
  const { fake, log } = world();
  write(log, 5, 'aborted');
  end(log, 5, false);
  write(log, 6, 'open');
  const consuming = new Consuming(fake, { groupId: null, isolationLevel: 'read_uncommitted' });
  consuming.machine.assign([{ ...P, offset: 0 }]);
  fake.time.run(1000);
  expect(consuming.values).toEqual(['aborted', 'open']);
});

test('a control batch that compaction has emptied hides nothing but itself', () => {
  const transactions = new AbortedTransactions([{ producerId: 5, firstOffset: 0 }]);
  const header = { producerId: 5, isTransactional: true, lastOffset: 3 };
  const hides = (more: object): boolean => transactions.hides({ ...header, ...more } as never, new Uint8Array(0));
  expect(hides({ isControl: true, recordsCount: 0 })).toBe(true);
  expect(hides({ isControl: false, recordsCount: 1 })).toBe(true);
  expect(hides({ isControl: false, recordsCount: 1, producerId: 6 })).toBe(false);
});

test('every interleaving of transactions is shown as a model says, from every offset and in pieces of any size', () => {
  const step = fc.record({
    producerId: fc.constantFrom(-1, 1, 2),
    what: fc.constantFrom('write', 'write', 'commit', 'abort'),
    records: fc.integer({ min: 1, max: 3 }),
  });
  const allSteps = fc.array(step, { maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(allSteps, fc.nat(), fc.constantFrom(1, 200, 1_000_000), (steps, at, maxBytes) => {
      const { fake, log } = world();
      const open = new Map<number, string[]>();
      const shown = new Set<string>();
      for (const { producerId, what, records } of steps) {
        if (what !== 'write') {
          if (producerId < 0) continue;
          if (what === 'commit') for (const value of open.get(producerId) ?? []) shown.add(value);
          open.delete(producerId);
          end(log, producerId, what === 'commit');
          continue;
        }
        const values = Array.from({ length: records }, (_, index) => String(log.endOffset + index));
        write(log, producerId, ...values);
        if (producerId < 0) for (const value of values) shown.add(value);
        else open.set(producerId, [...(open.get(producerId) ?? []), ...values]);
      }
      const offset = at % (log.endOffset + 1);
      const stable = log.lastStableOffset;
      const expected = [...shown].map(Number).filter((value) => value >= offset && value < stable);
      const consuming = read(fake, offset, { partitionMaxBytes: maxBytes });
      expect(consuming.values.map(Number)).toEqual(expected.sort((one, other) => one - other));
      expect(consuming.machine.position(P)).toBe(Math.max(offset, stable));
    }),
    { numRuns: 150 },
  );
});
