/** Zig-zag varints: how records write their lengths and deltas. */
import { assert } from '@hapax/base';
import { malformedBatch } from './batch-header.ts';

/** Values of up to this many bits go through the fast path of {@link varlongBytes} and its companions. */
const FAST_LIMIT = 0x3fff_ffff;

/** How many bytes a signed number of 32 bits takes. */
export function varintBytes(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (rest > 0x7f) {
    rest >>>= 7;
    size++;
  }
  return size;
}

/** Writes a signed number of 32 bits and returns the place behind it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let place = at;
  while (rest > 0x7f) {
    bytes[place++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[place++] = rest;
  return place;
}

/** How many bytes a signed number of 64 bits takes. */
export function varlongBytes(value: number): number {
  if (value <= FAST_LIMIT && value >= -FAST_LIMIT) return varintBytes(value);
  let rest = zigZag(value);
  let size = 1;
  while (rest > 0x7fn) {
    rest >>= 7n;
    size++;
  }
  return size;
}

/** Writes a signed number of 64 bits and returns the place behind it. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value <= FAST_LIMIT && value >= -FAST_LIMIT) return writeVarint(bytes, at, value);
  let rest = zigZag(value);
  let place = at;
  while (rest > 0x7fn) {
    bytes[place++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  bytes[place++] = Number(rest);
  return place;
}

function zigZag(value: number): bigint {
  assert(Number.isInteger(value), `${value} is no whole number`);
  const whole = BigInt.asIntN(64, BigInt(value));
  return BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n));
}

/** Reads varints and what they measure out, front to back. Throws `batch-malformed` beyond the end. */
export class VarintReader {
  readonly bytes: Uint8Array;
  at: number;
  /** Reads stop here. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
  }

  byte(): number {
    if (this.at >= this.end) throw malformedBatch(`a record goes on beyond its end at byte ${this.end}`);
    return this.bytes[this.at++]!;
  }

  /** A signed number of 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw malformedBatch(`a varint at byte ${this.at} has more than 32 bits`);
  }

  /** A signed number of 64 bits: exact up to 2⁵³ on either side. */
  varlong(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n)));
    }
    throw malformedBatch(`a varlong at byte ${this.at} has more than 64 bits`);
  }

  /** A length in front of bytes, then a view of them; null for −1. */
  nullableView(): Uint8Array | null {
    const size = this.varint();
    if (size < 0) return null;
    return this.view(size);
  }

  view(sizeBytes: number): Uint8Array {
    if (sizeBytes < 0 || sizeBytes > this.end - this.at) {
      throw malformedBatch(`${sizeBytes} bytes at byte ${this.at} go beyond ${this.end}`);
    }
    const view = this.bytes.subarray(this.at, this.at + sizeBytes);
    this.at += sizeBytes;
    return view;
  }
}
