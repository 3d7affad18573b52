/** Reads Kafka's primitive types from one message, front to back. */
import { decodeText, uuidFromBytes, type Uuid } from '@hapax/base';
import { malformed } from './malformed.ts';

/** Above this many bytes the platform's decoder is faster than a loop over characters. */
const SHORT_TEXT_BYTES = 32;

/**
 * A position in a message. Every read is checked against the end and throws `frame-malformed` beyond it. Lengths are
 * compared with the bytes that are left before anything is allocated, so that memory is bounded by the message.
 */
export class WireReader {
  /** What is read, for messages of failures: `Produce request v9`. */
  readonly #what: string;
  readonly bytes: Uint8Array;
  at: number;
  /** Reads stop here. Invariant: at <= end <= bytes.length. */
  end: number;

  constructor(what: string, bytes: Uint8Array, at = 0) {
    this.#what = what;
    this.bytes = bytes;
    this.at = at;
    this.end = bytes.length;
    if (at > this.end) throw this.fail(`starts at byte ${at}, beyond its ${this.end} bytes`);
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The failure to throw, with the position. */
  fail(reason: string): Error {
    return malformed(this.#what, `${reason} (at byte ${this.at} of ${this.bytes.length})`);
  }

  /** Moves over bytes and returns where they start. */
  skip(sizeBytes: number): number {
    const start = this.at;
    if (sizeBytes > this.end - start) throw this.fail(`needs ${sizeBytes} bytes, ${this.end - start} are left`);
    this.at = start + sizeBytes;
    return start;
  }

  /** Stops unless everything was read. */
  expectEnd(): void {
    if (this.at !== this.end) throw this.fail(`${this.end - this.at} bytes are left over`);
  }

  int8(): number {
    const at = this.skip(1);
    return (this.bytes[at]! << 24) >> 24;
  }

  bool(): boolean {
    return this.bytes[this.skip(1)] !== 0;
  }

  int16(): number {
    const at = this.skip(2);
    const bytes = this.bytes;
    return (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16;
  }

  uint16(): number {
    const at = this.skip(2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  int32(): number {
    const at = this.skip(4);
    const bytes = this.bytes;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  /** As a number: exact up to 2⁵³ on either side. */
  int64(): number {
    const high = this.int32();
    const low = this.int32() >>> 0;
    return high * 0x1_0000_0000 + low;
  }

  float64(): number {
    const at = this.skip(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0);
  }

  uuid(): Uuid {
    const at = this.skip(16);
    return uuidFromBytes(this.bytes.subarray(at, at + 16));
  }

  /** A varint of up to 32 bits, not zig-zag. */
  unsignedVarint(): number {
    const first = this.bytes[this.skip(1)]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.bytes[this.skip(1)]!;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw this.fail('a varint has more than 32 bits');
  }

  /** UTF-8 of a known size. */
  text(sizeBytes: number): string {
    const start = this.skip(sizeBytes);
    const bytes = this.bytes;
    const end = start + sizeBytes;
    if (sizeBytes > SHORT_TEXT_BYTES) return decodeText(bytes.subarray(start, end));
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) return decodeText(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A view of bytes of a known size. */
  view(sizeBytes: number): Uint8Array {
    const start = this.skip(sizeBytes);
    return this.bytes.subarray(start, start + sizeBytes);
  }

  /** The int16 length of a string, −1 for null. */
  shortLength(): number {
    return this.#checkedLength(this.int16());
  }

  /** The int32 length of bytes or of an array, −1 for null. */
  length(): number {
    return this.#checkedLength(this.int32());
  }

  /** The length of a compact type: one more than the length as a varint; −1 for null. */
  compactLength(): number {
    return this.#checkedLength(this.unsignedVarint() - 1);
  }

  #checkedLength(length: number): number {
    if (length < -1) throw this.fail(`a length is ${length}`);
    if (length > this.remaining) throw this.fail(`a length of ${length} exceeds the ${this.remaining} bytes left`);
    return length;
  }
}
