/** Writes Kafka's primitive types into chunks that go to the network as they are. */
import { AppError, encodeText, uuidToBytes, type Uuid } from '@hapax/base';

/** Small messages share slabs of this size: one allocation for many. A chunk that lives on keeps its slab alive. */
const SLAB_BYTES = 16 * 1024;
/** Bytes of this size and above become chunks of their own and are not copied. */
const OWN_CHUNK_BYTES = 2048;

/**
 * The slab that messages are being written to, and how much of it is taken. Encoding is synchronous and a message takes
 * its part only when it is finished, so that a message that fails half-way leaves nothing behind.
 */
let slab = new Uint8Array(SLAB_BYTES);
let slabTaken = 0;

/** Collects one message. Call {@link finish} once and throw the writer away. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of all chunks so far. */
  #chunkBytes = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #start: number;
  #at: number;
  /** A nested writer has memory of its own, since the slab is being written to. */
  readonly #nested: boolean;

  constructor(nested = false) {
    this.#nested = nested;
    this.#bytes = nested ? new Uint8Array(128) : slab;
    this.#start = nested ? 0 : slabTaken;
    this.#at = this.#start;
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.#chunkBytes + this.#at - this.#start;
  }

  /** The message as chunks, to be sent back to back. */
  finish(): Uint8Array[] {
    this.#cut();
    if (!this.#nested) slabTaken = this.#at;
    return this.#chunks;
  }

  int8(value: number): void {
    if (value << 24 >> 24 !== value) throw outOfRange('int8', value);
    this.#byte(value);
  }

  bool(value: boolean): void {
    this.#byte(value ? 1 : 0);
  }

  int16(value: number): void {
    if (value << 16 >> 16 !== value) throw outOfRange('int16', value);
    this.#twoBytes(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange('uint16', value);
    this.#twoBytes(value);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('int32', value);
    const at = this.#reserve(4);
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  /** Numbers of 2⁶³ and above are written as 2⁶³ − 1, which is read back as 2⁶³. */
  int64(value: number): void {
    if ((value | 0) === value) {
      this.int32(value >> 31);
      this.int32(value);
      return;
    }
    if (!Number.isInteger(value) || value < -0x8000_0000_0000_0000) throw outOfRange('int64', value);
    if (value >= 0x8000_0000_0000_0000) {
      this.int32(0x7fffffff);
      this.int32(-1);
      return;
    }
    const high = Math.floor(value / 0x1_0000_0000);
    this.int32(high);
    this.int32((value - high * 0x1_0000_0000) | 0);
  }

  float64(value: number): void {
    const at = this.#reserve(8);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).setFloat64(0, value);
  }

  uuid(value: Uuid): void {
    const bytes = uuidToBytes(value);
    if (bytes === undefined) throw outOfRange('uuid', value);
    this.raw(bytes);
  }

  /** A varint of up to 32 bits, not zig-zag. */
  unsignedVarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  /** A string with its length in front; null only where the version can say it. */
  string(value: string | null, compact: boolean): void {
    if (value === null) {
      if (compact) this.#byte(0);
      else this.#twoBytes(-1);
      return;
    }
    const size = value.length;
    if (size > 64 || !isAscii(value)) {
      const text = encodeText(value);
      this.#stringLength(text.length, compact);
      this.raw(text);
      return;
    }
    this.#stringLength(size, compact);
    const at = this.#reserve(size);
    for (let index = 0; index < size; index++) this.#bytes[at + index] = value.charCodeAt(index);
  }

  /** Bytes, or pieces of bytes, with their length in front. */
  lengthPrefixed(value: Uint8Array | readonly Uint8Array[] | null, compact: boolean): void {
    if (value === null) return this.length(-1, compact);
    if (value instanceof Uint8Array) {
      this.length(value.length, compact);
      this.raw(value);
      return;
    }
    let sizeBytes = 0;
    for (const piece of value) sizeBytes += piece.length;
    this.length(sizeBytes, compact);
    for (const piece of value) this.raw(piece);
  }

  /** The length of bytes or of an array, −1 for null. */
  length(length: number, compact: boolean): void {
    if (compact) this.unsignedVarint(length + 1);
    else this.int32(length);
  }

  /** Bytes as they are. Large ones are sent from where they lie and must not change until then. */
  raw(value: Uint8Array): void {
    if (value.length < OWN_CHUNK_BYTES) {
      const at = this.#reserve(value.length);
      this.#bytes.set(value, at);
      return;
    }
    this.#cut();
    this.#chunks.push(value);
    this.#chunkBytes += value.length;
  }

  #stringLength(sizeBytes: number, compact: boolean): void {
    if (sizeBytes > 0x7fff) throw outOfRange('string of at most 32767 bytes', `${sizeBytes} bytes`);
    if (compact) this.unsignedVarint(sizeBytes + 1);
    else this.#twoBytes(sizeBytes);
  }

  #byte(value: number): void {
    // The place is reserved first: reserving may put another slab into #bytes.
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  #twoBytes(value: number): void {
    const at = this.#reserve(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  #reserve(sizeBytes: number): number {
    if (this.#at + sizeBytes > this.#bytes.length) this.#nextSlab(sizeBytes);
    const at = this.#at;
    this.#at = at + sizeBytes;
    return at;
  }

  #nextSlab(sizeBytes: number): void {
    this.#cut();
    this.#bytes = new Uint8Array(Math.max(SLAB_BYTES, sizeBytes));
    this.#start = 0;
    this.#at = 0;
    if (this.#nested) return;
    slab = this.#bytes;
    slabTaken = 0;
  }

  /** Ends the chunk that is being written. */
  #cut(): void {
    if (this.#at === this.#start) return;
    this.#chunks.push(this.#bytes.subarray(this.#start, this.#at));
    this.#chunkBytes += this.#at - this.#start;
    this.#start = this.#at;
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function outOfRange(type: string, value: unknown): AppError {
  return new AppError('usage', `${String(value)} is no ${type}`, { retriable: false, definite: true });
}
