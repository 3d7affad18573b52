/** The partitioner agrees with Kafka's. */
import { describe, expect, test } from 'vitest';
import { encodeText, SeededRandom } from '@hapax/base';
import { keyHash, partitionOfKey, StickyPartitioner } from '../src/machines/index.ts';

describe('keys', () => {
  // The vectors of Kafka's own UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('the hash of %s is that of Kafka', (key, hash) => {
    expect(keyHash(encodeText(key))).toBe(hash);
  });

  test('a negative hash still gives a partition that exists', () => {
    expect(partitionOfKey(encodeText('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7);
  });
});

describe('records without keys', () => {
  test('stay with one partition for a batch of bytes and then move to another', () => {
    const partitioner = new StickyPartitioner(new SeededRandom(1), 100);
    const chosen = Array.from({ length: 40 }, () => partitioner.choose('t', [0, 1, 2], 50));
    for (let at = 0; at < chosen.length; at += 2) {
      expect(chosen[at]).toBe(chosen[at + 1]);
      if (at > 0) expect(chosen[at]).not.toBe(chosen[at - 1]);
    }
    expect(new Set(chosen)).toEqual(new Set([0, 1, 2]));
  });

  test('leave a partition that has lost its leader', () => {
    const partitioner = new StickyPartitioner(new SeededRandom(1), 1000);
    const first = partitioner.choose('t', [0, 1], 10);
    const other = 1 - first;
    expect(partitioner.choose('t', [other], 10)).toBe(other);
  });
});
