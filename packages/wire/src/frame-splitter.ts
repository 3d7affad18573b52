/** Cuts the bytes of a TCP connection into frames: four bytes of length, then the message. */
import { assert } from '@hapax/base';
import { malformed } from './malformed.ts';

const LENGTH_BYTES = 4;

/**
 * Frames of one direction of one connection. A frame that lies within one chunk is a view of that chunk; one that spans
 * several is copied once, into memory that grows with what has arrived and not with what the length promises.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number;
  /** Chunks that belong to frames not given out yet; the first begins at {@link #headAt}. */
  #chunks: Uint8Array[] = [];
  #headAt = 0;
  #bufferedBytes = 0;
  /** The length of the frame that is awaited; −1 while the length itself is. */
  #frameBytes = -1;

  /** `maxFrameBytes`: a longer frame is a failure (Kafka: `socket.request.max.bytes`). */
  constructor(maxFrameBytes: number) {
    assert(maxFrameBytes > 0, `maxFrameBytes is ${maxFrameBytes}, not above 0`);
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held for frames that are not whole yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Takes bytes and returns the frames that became whole, without their length bytes. Throws `frame-malformed` on a
   * length below zero or above the limit; the connection cannot be read any further then.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    const frames: Uint8Array[] = [];
    for (;;) {
      if (this.#frameBytes < 0) {
        if (this.#bufferedBytes < LENGTH_BYTES) return frames;
        this.#frameBytes = this.#readLength();
      }
      if (this.#bufferedBytes < this.#frameBytes) return frames;
      frames.push(this.#take(this.#frameBytes));
      this.#frameBytes = -1;
    }
  }

  #readLength(): number {
    const bytes = this.#take(LENGTH_BYTES);
    const length = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
    if (length >= 0 && length <= this.#maxFrameBytes) return length;
    const reason = `a length of ${length} bytes is outside [0, ${this.#maxFrameBytes}]; does the peer speak Kafka?`;
    throw malformed('frame', reason);
  }

  /** Removes bytes from the front, all of which are here. */
  #take(sizeBytes: number): Uint8Array {
    this.#bufferedBytes -= sizeBytes;
    const head = this.#chunks[0] ?? EMPTY;
    if (head.length - this.#headAt >= sizeBytes) return this.#takeFromHead(head, sizeBytes);
    const joined = new Uint8Array(sizeBytes);
    let filled = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      const from = used === 0 ? this.#headAt : 0;
      const size = Math.min(chunk.length - from, sizeBytes - filled);
      joined.set(chunk.subarray(from, from + size), filled);
      filled += size;
      if (from + size < chunk.length) {
        this.#headAt = from + size;
        break;
      }
      used++;
      this.#headAt = 0;
      if (filled === sizeBytes) break;
    }
    this.#chunks.splice(0, used);
    return joined;
  }

  #takeFromHead(head: Uint8Array, sizeBytes: number): Uint8Array {
    const view = head.subarray(this.#headAt, this.#headAt + sizeBytes);
    this.#headAt += sizeBytes;
    if (this.#headAt === head.length) {
      this.#chunks.shift();
      this.#headAt = 0;
    }
    return view;
  }
}

const EMPTY = new Uint8Array(0);
