/** Bytes that were not written by us: whatever they are, they are read or refused, in time and memory of their size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '@hapax/base';
import { APIS, decodeRequestHeader, joinChunks, metadata, produce, type Api } from '@hapax/wire';
import { arbitraryStruct } from './arbitrary-message.ts';

/** Runs a decoder; true where it read, false where it refused as it should. Anything else is thrown on. */
function readOrRefuse(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'frame-malformed') {
      expect(error).toMatchObject({ retriable: false, definite: true });
      return false;
    }
    throw error;
  }
}

function decodeBoth(api: Api, version: number, bytes: Uint8Array): void {
  readOrRefuse(() => api.decodeRequest(version, bytes));
  readOrRefuse(() => api.decodeResponse(version, bytes));
}

describe('malformed messages', () => {
  test('random bytes are read or refused by every API in every version', () => {
    // Small numbers make lengths that are nearly right.
    const byte = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 255 }));
    const bytes = fc.array(byte, { maxLength: 60 }).map((values) => Uint8Array.from(values));
    fc.assert(fc.property(bytes, (message) => {
      for (const api of APIS) {
        for (let version = api.minVersion; version <= api.maxVersion; version++) decodeBoth(api, version, message);
      }
    }), { numRuns: 100 });
  });

  for (const api of APIS) {
    test(`a damaged ${api.name} message is read or refused`, () => {
      const version = api.maxVersion;
      const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
      fc.assert(fc.property(arbitraryStruct(api.request.fields, version), damage, fc.nat(), (value, places, cut) => {
        const bytes = joinChunks(api.encodeRequest(version, value));
        for (const [place, byte] of places) if (bytes.length > 0) bytes[place % bytes.length] = byte;
        decodeBoth(api, version, bytes);
        decodeBoth(api, version, bytes.subarray(0, cut % (bytes.length + 1)));
      }), { numRuns: 30 });
    });

    test(`a ${api.name} message that is cut short or goes on is refused`, () => {
      const version = api.minVersion;
      fc.assert(fc.property(arbitraryStruct(api.response.fields, version), fc.nat(), (value, cut) => {
        const bytes = joinChunks(api.encodeResponse(version, value));
        expect(() => api.decodeResponse(version, joinChunks([bytes, Uint8Array.of(0)]))).toThrow(/left over/);
        if (bytes.length === 0) return;
        expect(readOrRefuse(() => api.decodeResponse(version, bytes.subarray(0, cut % bytes.length)))).toBe(false);
      }), { numRuns: 20 });
    });
  }

  test('random headers are read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeRequestHeader(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect(['frame-malformed', 'unsupported-version']).toContain((error as AppError).code);
      }
    }));
  });

  test('an array that the bytes left could not hold is refused before anything is made', () => {
    const promise = Uint8Array.of(0x7f, 0xff, 0xff, 0xff);
    expect(() => metadata.decodeRequest(1, promise)).toThrow(/2147483647 exceeds the 0 bytes left/);
    // 100 topics of at least 2 bytes each in 150 bytes.
    const topics = new Uint8Array(154);
    topics[3] = 100;
    expect(() => metadata.decodeRequest(1, topics)).toThrow('100 elements of 2 bytes or more exceed the 150 bytes');
  });

  test('negative lengths, long varints and null where there is none are refused', () => {
    expect(() => metadata.decodeRequest(1, Uint8Array.of(0xff, 0xff, 0xff, 0xfe))).toThrow('a length is -2');
    const varint = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x1f, 0);
    expect(() => produce.decodeRequest(9, varint)).toThrow('a varint has more than 32 bits');
    expect(() => metadata.decodeRequest(0, Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow('null stands for an array');
    const long = new Uint8Array(40_000).fill(1);
    long.set([0x81, 0x80, 0x02]);
    expect(() => produce.decodeRequest(9, long)).toThrow('a string of 32768 bytes is longer than 32767');
  });

  test('a tagged field that says another size than it has is refused', () => {
    const good = joinChunks(produce.encodeResponse(10, { nodeEndpoints: [{ nodeId: 1, host: 'h', port: 2 }] }));
    const bad = Uint8Array.from(good);
    // Behind: no responses (1 byte), throttle time (4), one tagged field (1), its tag (1), its size.
    bad[7] = bad[7]! + 1;
    expect(readOrRefuse(() => produce.decodeResponse(10, good))).toBe(true);
    expect(readOrRefuse(() => produce.decodeResponse(10, joinChunks([bad, Uint8Array.of(0)])))).toBe(false);
  });

  test('unknown tagged fields are passed over', () => {
    const bytes = joinChunks(produce.encodeResponse(9, {}));
    const withTag = joinChunks([bytes.subarray(0, bytes.length - 1), Uint8Array.of(1, 0x7f, 3, 1, 2, 3)]);
    expect(produce.decodeResponse(9, withTag)).toEqual(produce.decodeResponse(9, bytes));
  });
});
