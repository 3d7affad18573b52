/** The frames that some clients put around snappy. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '@hapax/base';
import { unwrapXerial, wrapXerial } from '@hapax/wire/records';

/** Stands for snappy where only the frames around it matter: what is written is one byte longer. */
const compress = (block: Uint8Array): Uint8Array => Uint8Array.from([0x55, ...block]);
const expand = (block: Uint8Array, maxBytes: number): Uint8Array => {
  if (block.length - 1 > maxBytes) {
    throw new AppError('compression-failed', 'too large', { retriable: false, definite: true });
  }
  return block.subarray(1);
};

describe('frames around snappy', () => {
  test('come apart into what went in, in blocks of 32 KiB', () => {
    for (const size of [0, 1, 32_767, 32_768, 32_769, 100_000]) {
      const bytes = Uint8Array.from({ length: size }, (_value, index) => index % 251);
      const framed = wrapXerial(bytes, compress);
      expect(Buffer.from(framed.subarray(0, 16)).toString('hex')).toBe('82534e41505059000000000100000001');
      expect(framed.length).toBe(16 + size + 5 * Math.ceil(size / 32_768));
      expect(unwrapXerial(framed, expand, size)).toEqual(bytes);
      if (size > 0) expect(() => unwrapXerial(framed, expand, size - 1)).toThrow(AppError);
    }
  });

  test('share one bound among all blocks', () => {
    const framed = wrapXerial(new Uint8Array(40_000), compress);
    const bounds: number[] = [];
    const remember = (block: Uint8Array, maxBytes: number): Uint8Array => {
      bounds.push(maxBytes);
      return expand(block, maxBytes);
    };
    unwrapXerial(framed, remember, 50_000);
    expect(bounds).toEqual([50_000, 50_000 - 32_768]);
  });

  test('may be missing, as librdkafka leaves them out', () => {
    expect(unwrapXerial(Uint8Array.of(0x55, 1, 2, 3), expand, 10)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('that are broken are refused', () => {
    const framed = wrapXerial(Uint8Array.of(1, 2, 3), compress);
    const cut = fc.integer({ min: 16, max: framed.length - 1 });
    fc.assert(fc.property(cut, fc.integer({ min: -5, max: -1 }), (at, length) => {
      if (at > 16) expect(() => unwrapXerial(framed.subarray(0, at), expand, 100)).toThrow(/snappy/);
      const negative = Uint8Array.from(framed);
      new DataView(negative.buffer).setInt32(16, length);
      expect(() => unwrapXerial(negative, expand, 100)).toThrow(/a block of -/);
    }));
  });
});
