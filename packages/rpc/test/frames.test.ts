/** Hand-written framing agrees with the generated `Frames` message. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrames, encodeFrames, frameBytes, framedBytes } from '../src/index.ts';
import { messages } from '../src/protobuf.ts';
import { expectMalformed, plain } from './malformed.ts';

const chunked = fc.array(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), { maxLength: 6 });

function encode(frames: readonly (readonly Uint8Array[])[]): Uint8Array {
  const target = new Uint8Array(frames.reduce((sum, chunks) => sum + framedBytes(frameBytes(chunks)), 0));
  encodeFrames(frames, target);
  return target;
}

describe('frames', () => {
  test('are what protobuf makes of the Frames message, and come back as they went', () => {
    fc.assert(fc.property(chunked, (frames) => {
      const bytes = encode(frames);
      const whole = frames.map((chunks) => chunks.flatMap((chunk) => [...chunk]));
      expect(plain(messages.Frames.decode(bytes).frame)).toEqual(whole);
      expect(plain(decodeFrames(bytes))).toEqual(whole);
    }), { numRuns: 200 });
  });

  test('of 127, 128, 16383 and 16384 bytes have lengths of one, two, two and three bytes', () => {
    for (const size of [127, 128, 16_383, 16_384]) {
      expect(decodeFrames(encode([[new Uint8Array(size)]])).map((frame) => frame.byteLength)).toEqual([size]);
    }
    expect([127, 128, 16_383, 16_384].map((size) => framedBytes(size) - size)).toEqual([2, 3, 3, 4]);
  });

  test('that are cut short, of another field, or with an endless length are malformed', () => {
    expectMalformed(() => decodeFrames(Uint8Array.of(0x0a)));
    expectMalformed(() => decodeFrames(Uint8Array.of(0x0a, 2, 1)));
    expectMalformed(() => decodeFrames(Uint8Array.of(0x12, 0)));
    expectMalformed(() => decodeFrames(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)));
  });
});
