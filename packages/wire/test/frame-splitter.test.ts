/** Frames out of a stream that is cut anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSplitter } from '@hapax/wire';

function framed(...frames: readonly Uint8Array[]): Uint8Array {
  const parts = frames.map((frame) => {
    const bytes = new Uint8Array(4 + frame.length);
    new DataView(bytes.buffer).setInt32(0, frame.length);
    bytes.set(frame, 4);
    return bytes;
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('frame splitter', () => {
  test('gives the same frames however the bytes are cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(frames, cuts, (sent, sizes) => {
      const bytes = framed(...sent);
      const splitter = new FrameSplitter(40);
      const received: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        received.push(...splitter.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(received).toEqual(sent);
      expect(splitter.bufferedBytes).toBe(0);
    }));
  });

  test('a frame within one chunk is a view of it', () => {
    const chunk = framed(Uint8Array.of(1, 2), Uint8Array.of(3));
    const frames = new FrameSplitter(10).push(chunk);
    expect(frames).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    for (const frame of frames) expect(frame.buffer).toBe(chunk.buffer);
  });

  test('an empty frame is a frame', () => {
    expect(new FrameSplitter(10).push(framed(new Uint8Array(0)))).toEqual([new Uint8Array(0)]);
  });

  test('a frame of the limit passes, one above it is malformed', () => {
    expect(new FrameSplitter(5).push(framed(new Uint8Array(5)))).toHaveLength(1);
    expect(() => new FrameSplitter(4).push(framed(new Uint8Array(5)))).toThrow(
      expect.objectContaining({ code: 'frame-malformed', message: expect.stringContaining('5 bytes is outside') }),
    );
  });

  test('a negative length is malformed, and what HTTP sends is too large', () => {
    expect(() => new FrameSplitter(100).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow(/-1 bytes is outside/);
    const http = Uint8Array.from('GET / HTTP/1.1', (character) => character.charCodeAt(0));
    expect(() => new FrameSplitter(100 << 20).push(http)).toThrow(/does the peer speak Kafka/);
  });

  test('a length that promises much takes no memory before the bytes come', () => {
    const splitter = new FrameSplitter(2 ** 30);
    expect(splitter.push(Uint8Array.of(0x3f, 0xff, 0xff, 0xff, 1))).toEqual([]);
    expect(splitter.bufferedBytes).toBe(1);
  });
});
