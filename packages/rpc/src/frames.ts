/** Many frames in one gRPC message: the `Frames` message of peer.proto, written and read without an object a frame. */
import { malformed } from './protobuf.ts';

/** Field 1, length-delimited. */
const TAG = 0x0a;

/** One frame, given as chunks that are sent back to back. */
export type FrameChunks = readonly Uint8Array[];

/** How many bytes {@link encodeFrames} needs for a frame of this size. */
export function framedBytes(sizeBytes: number): number {
  return 1 + varintBytes(sizeBytes) + sizeBytes;
}

/** Bytes in the chunks of a frame. */
export function frameBytes(chunks: FrameChunks): number {
  let size = 0;
  for (const chunk of chunks) size += chunk.byteLength;
  return size;
}

/** Writes frames into `target`, which is exactly as large as the sum of their {@link framedBytes}. */
export function encodeFrames(frames: readonly FrameChunks[], target: Uint8Array): void {
  let at = 0;
  for (const chunks of frames) {
    target[at++] = TAG;
    let size = frameBytes(chunks);
    while (size > 0x7f) {
      target[at++] = (size & 0x7f) | 0x80;
      size >>>= 7;
    }
    target[at++] = size;
    for (const chunk of chunks) {
      target.set(chunk, at);
      at += chunk.byteLength;
    }
  }
}

/** The frames of a message, as views. Throws `frame-malformed` where the bytes are no `Frames` message. */
export function decodeFrames(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (bytes[at] !== TAG) throw malformed(`byte ${bytes[at]} at ${at} begins no frame`);
    let size = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[++at];
      if (byte === undefined || shift > 28) throw malformed(`the length at ${at} is cut short or above 2^32`);
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    at += 1;
    if (size > bytes.byteLength - at) {
      throw malformed(`a frame of ${size} bytes is longer than the ${bytes.byteLength - at} bytes left`);
    }
    frames.push(bytes.subarray(at, at + size));
    at += size;
  }
  return frames;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}
