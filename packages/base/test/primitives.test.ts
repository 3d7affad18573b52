/** The primitives that everything stands on. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accelerateCrc32c,
  AppError,
  assert,
  BoundedQueue,
  coordinatorPartition,
  crc32c,
  Deadlines,
  encodeText,
  errorName,
  InvariantError,
  present,
  randomUuid,
  SeededRandom,
  uuidFromBytes,
  uuidToBytes,
  ZERO_UUID,
} from '../src/index.ts';

describe('a bounded queue', () => {
  test('gives items back in the order in which they came, and refuses what is too much', () => {
    const queue = new BoundedQueue<number>({ max: 2 });
    expect([queue.offer(1), queue.offer(2), queue.offer(3)]).toEqual([true, true, false]);
    expect([queue.take(), queue.peek(), queue.take(), queue.take()]).toEqual([1, 2, 2, undefined]);
    expect(queue.offer(4)).toBe(true);
    expect(queue.takeAll()).toEqual([4]);
    expect(queue.size).toBe(0);
  });

  test('stays correct over many turns of its inner store', () => {
    const queue = new BoundedQueue<number>({ max: 10_000 });
    let next = 0;
    for (let round = 0; round < 5000; round++) {
      queue.offer(round * 2);
      queue.offer(round * 2 + 1);
      expect(queue.take()).toBe(next++);
    }
    expect(queue.size).toBe(5000);
  });
});

describe('deadlines', () => {
  test('come due earliest first, equal ones in the order they were set, moved ones at their new time', () => {
    const deadlines = new Deadlines<string>();
    deadlines.set('b', 5);
    deadlines.set('a', 5);
    deadlines.set('late', 3);
    deadlines.set('late', 9);
    deadlines.set('gone', 1);
    expect(deadlines.cancel('gone')).toBe(true);
    expect(deadlines.nextDueMs()).toBe(5);
    expect(deadlines.takeDue(8)).toEqual(['b', 'a']);
    expect(deadlines.takeDue(9)).toEqual(['late']);
    expect(deadlines.nextDueMs()).toBeUndefined();
  });

  test('agree with a sorted list, whatever is set, moved and cancelled', () => {
    const step = fc.record({ key: fc.nat(20), dueMs: fc.nat(100), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(100), (steps, nowMs) => {
        const deadlines = new Deadlines<number>();
        const model = new Map<number, { dueMs: number; order: number }>();
        steps.forEach(({ key, dueMs, cancel }, order) => {
          if (cancel) {
            deadlines.cancel(key);
            model.delete(key);
          } else {
            deadlines.set(key, dueMs);
            model.set(key, { dueMs, order });
          }
        });
        const expected = [...model]
          .filter(([, { dueMs }]) => dueMs <= nowMs)
          .sort(([, a], [, b]) => a.dueMs - b.dueMs || a.order - b.order)
          .map(([key]) => key);
        expect(deadlines.takeDue(nowMs)).toEqual(expected);
        expect(deadlines.size).toBe(model.size - expected.length);
      }),
    );
  });
});

describe('checksums and hashes', () => {
  test('CRC-32C gives the numbers of RFC 3720', () => {
    expect(crc32c(encodeText('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  test('CRC-32C of two pieces is that of the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
      }),
    );
  });

  test('a faster CRC-32C that gives other numbers is not taken', () => {
    accelerateCrc32c(() => 7);
    expect(crc32c(encodeText('123456789'))).toBe(0xe3069283);
  });

  test.each([
    ['', 0, 0], ['a', 97, 47], ['abc', 96_354, 4], ['my-txn', -1_061_187_895, 45],
    ['transactional-id-0', 1_051_133_890, 40], ['test-group', 627_841_412, 12],
    ['polygenelubricants', -2_147_483_648, 0], ['héllo', 103_094_734, 34],
    ['日本語', 25_921_943, 43], ['😀', 1_772_899, 49],
  ])('%j hashes as in Java, and has the coordinator that Kafka gives it', (text, hash, partition) => {
    expect(coordinatorPartition(text, 0x8000_0000)).toBe(hash === -0x8000_0000 ? 0 : Math.abs(hash));
    expect(coordinatorPartition(text, 50)).toBe(partition);
  });
});

describe('ids and randomness', () => {
  test('a UUID is read as it was written, and what is none is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(uuidToBytes(uuidFromBytes(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
    expect(uuidToBytes(ZERO_UUID)).toEqual(new Uint8Array(16));
    expect(uuidToBytes('short')).toBeUndefined();
    expect(uuidToBytes('!'.repeat(22))).toBeUndefined();
  });

  test('the same seed draws the same numbers, and a fork does not depend on what was drawn before it', () => {
    const draw = (random: SeededRandom): number[] => Array.from({ length: 20 }, () => random.nextInt(1000));
    expect(draw(new SeededRandom(7))).toEqual(draw(new SeededRandom(7)));
    expect(draw(new SeededRandom(7))).not.toEqual(draw(new SeededRandom(8)));
    const used = new SeededRandom(7);
    used.nextUint32();
    expect(used.fork('a').nextUint32()).toBe(new SeededRandom(7).fork('a').nextUint32());
    expect(used.fork('a').nextUint32()).not.toBe(used.fork('b').nextUint32());
  });

  test('draws spread over their range', () => {
    const random = new SeededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let at = 0; at < 10_000; at++) counts[random.nextInt(10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(() => random.nextInt(0)).toThrow('bound 0 is outside');
  });

  test('a random UUID is of version 4 and can stand on a command line', () => {
    const random = new SeededRandom(3);
    for (let at = 0; at < 200; at++) {
      const uuid = randomUuid(random);
      expect(uuid.startsWith('-')).toBe(false);
      expect((uuidToBytes(uuid)?.[6] ?? 0) >> 4).toBe(4);
    }
  });
});

describe('errors', () => {
  test('a broken invariant names what it found', () => {
    const message = 'offset 9 is outside [4, 7]';
    expect(() => assert(false, () => message)).toThrow(new InvariantError(message));
    expect(() => present(undefined, 'the leader')).toThrow('the leader is missing');
    expect(present(0, 'zero')).toBe(0);
  });

  test('a failure says what may be done about it', () => {
    const cause = new Error('EIO');
    const details = { retriable: false, definite: false, cause };
    const failure = new AppError('disk-failed', 'write of 9 bytes failed', details);
    expect(failure).toMatchObject({ code: 'disk-failed', retriable: false, definite: false, cause, details: {} });
  });

  test('a code of the protocol has its name, an unknown one its number', () => {
    expect(errorName(6)).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(errorName(999)).toBe('ERROR_999');
  });
});
