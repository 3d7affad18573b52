/** All codecs come back as they went, within a bound, and in the formats that Kafka's clients write. */
import { AppError, CompressionType, crc32c, type CompressionName } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandedLz4Bytes } from '../src/lz4-size.ts';
import { nativeCompression } from '../src/native-compression.ts';
import { useNativeCrc32c } from '../src/native-crc32c.ts';

const NAMES = Object.keys(CompressionType) as CompressionName[];
const CODECS = NAMES.filter((name) => name !== 'none');
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, size]) => new Uint8Array(size).fill(byte)),
);

describe('compression', () => {
  test.each(NAMES)('with %s comes back as it went, at exactly its size', (name) => {
    fc.assert(fc.property(content, (bytes) => {
      const packed = nativeCompression.compress(name, bytes);
      expect(Buffer.compare(nativeCompression.decompress(name, packed, bytes.byteLength), bytes)).toBe(0);
    }), { numRuns: 30 });
  });

  test.each(NAMES)('with %s never expands beyond its bound', (name) => {
    const packed = nativeCompression.compress(name, new Uint8Array(100_000));
    expectFailure(() => nativeCompression.decompress(name, packed, 99_999));
    expectFailure(() => nativeCompression.decompress(name, packed, 0));
  });

  test.each(CODECS)('with %s refuses garbage and what was cut short', (name) => {
    const packed = nativeCompression.compress(name, Buffer.from('some text that is long enough to be cut '.repeat(20)));
    expectFailure(() => nativeCompression.decompress(name, packed.subarray(0, packed.byteLength - 9), 10_000));
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      try {
        expect(nativeCompression.decompress(name, bytes, 10_000).byteLength).toBeLessThanOrEqual(10_000);
      } catch (error) {
        expect((error as AppError).code).toBe('compression-failed');
      }
    }), { numRuns: 100 });
  });

  test('with lz4 writes frames of independent blocks, the only kind that Java clients read', () => {
    const packed = nativeCompression.compress('lz4', new Uint8Array(200_000).fill(7));
    expect([...packed.subarray(0, 4)]).toEqual([0x04, 0x22, 0x4d, 0x18]);
    const flags = packed[4] as number;
    expect({ version: flags >> 6, independent: (flags >> 5) & 1, dictionary: flags & 1 }).toEqual({
      version: 1, independent: 1, dictionary: 0,
    });
  });

  test('with lz4 reads a block that was stored as it is', () => {
    const frame = lz4Frame();
    expect(expandedLz4Bytes(frame, 100)).toBe(3);
    expect(Buffer.from(nativeCompression.decompress('lz4', frame, 3)).toString()).toBe('abc');
  });

  test('with snappy reads the raw form, which librdkafka sends', () => {
    const raw = Uint8Array.of(3, 0x08, 0x61, 0x62, 0x63);
    expect(Buffer.from(nativeCompression.decompress('snappy', raw, 3)).toString()).toBe('abc');
  });

  test('with lz4 the size is known before anything is expanded', () => {
    fc.assert(fc.property(content, (bytes) => {
      expect(expandedLz4Bytes(nativeCompression.compress('lz4', bytes), Infinity)).toBe(bytes.byteLength);
    }), { numRuns: 50 });
  });
});

describe('the native checksum', () => {
  test('gives what the portable one gives', () => {
    const samples = fc.sample(fc.uint8Array({ maxLength: 500 }), 100);
    const portable = samples.map((bytes) => [crc32c(bytes), crc32c(bytes, 12_345)]);
    useNativeCrc32c();
    expect(samples.map((bytes) => [crc32c(bytes), crc32c(bytes, 12_345)])).toEqual(portable);
  });
});

/** "abc" in one stored block. The header's checksum is the second byte of xxHash32 of FLG and BD. */
function lz4Frame(): Uint8Array {
  return Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 3, 0, 0, 0x80, 0x61, 0x62, 0x63, 0, 0, 0, 0);
}

function expectFailure(action: () => unknown): void {
  expect(action).toThrow(AppError);
  expect(action).toThrow(expect.objectContaining({ code: 'compression-failed' }) as Error);
}
