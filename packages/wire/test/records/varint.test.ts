/** Variable-length integers at the ends of their ranges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { varintBytes, VarintReader, varlongBytes, writeVarint, writeVarlong } from '@hapax/wire/records';

describe('zig-zag varints', () => {
  test('small numbers of either sign take one byte', () => {
    const bytes = new Uint8Array(10);
    for (const [value, byte] of [[0, 0], [-1, 1], [1, 2], [-64, 127], [63, 126]] as const) {
      expect(writeVarint(bytes, 0, value)).toBe(1);
      expect(bytes[0]).toBe(byte);
    }
    expect(writeVarint(bytes, 0, 64)).toBe(2);
    expect([...bytes.subarray(0, 2)]).toEqual([0x80, 0x01]);
  });

  test('numbers of 32 bits come back', () => {
    fc.assert(fc.property(fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))), (value) => {
      const bytes = new Uint8Array(10);
      const end = writeVarint(bytes, 0, value);
      expect(end).toBe(varintBytes(value));
      expect(new VarintReader(bytes).varint()).toBe(value);
      expect(new VarintReader(bytes).varlong()).toBe(value);
    }));
  });

  test('whole numbers within 2⁵³ come back', () => {
    fc.assert(fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), (value) => {
      const bytes = new Uint8Array(10);
      const end = writeVarlong(bytes, 0, value);
      expect(end).toBe(varlongBytes(value));
      const reader = new VarintReader(bytes);
      expect(reader.varlong()).toBe(value);
      expect(reader.at).toBe(end);
    }));
  });

  test('the largest and the least of 64 bits are read, rounded', () => {
    const largest = Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    expect(new VarintReader(largest).varlong()).toBe(2 ** 63);
    largest[0] = 0xff;
    expect(new VarintReader(largest).varlong()).toBe(-(2 ** 63));
  });

  test('varints that do not end are refused', () => {
    expect(() => new VarintReader(new Uint8Array(20).fill(0xff)).varint()).toThrow(/more than 32 bits/);
    expect(() => new VarintReader(new Uint8Array(20).fill(0xff)).varlong()).toThrow(/more than 64 bits/);
    expect(() => new VarintReader(Uint8Array.of(0x80)).varint()).toThrow(/beyond its end/);
  });
});
