/** The framing of Java clients around snappy: blocks of raw snappy behind a magic number; snappy is passed in. */
import { AppError } from '@hapax/base';
import { readInt32, writeInt32 } from './big-endian.ts';

/** 0x82 "SNAPPY" 0x00, version 1, readable from version 1 on. */
const HEADER = Uint8Array.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const MAGIC_BYTES = 8;
/** What goes into one block, as snappy-java has it. */
const BLOCK_BYTES = 32 * 1024;

/** Compresses in blocks. `compressRaw` makes raw snappy of one block. */
export function wrapXerial(bytes: Uint8Array, compressRaw: (block: Uint8Array) => Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  let sizeBytes = HEADER.length;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = compressRaw(bytes.subarray(at, at + BLOCK_BYTES));
    blocks.push(block);
    sizeBytes += 4 + block.length;
  }
  const framed = new Uint8Array(sizeBytes);
  framed.set(HEADER);
  let at = HEADER.length;
  for (const block of blocks) {
    writeInt32(framed, at, block.length);
    framed.set(block, at + 4);
    at += 4 + block.length;
  }
  return framed;
}

/**
 * Expands framed snappy, or raw snappy, which is what librdkafka sends. `expandRaw` expands one block to at most the
 * given number of bytes. Throws `compression-failed` for broken frames and above `maxBytes`.
 */
export function unwrapXerial(
  bytes: Uint8Array,
  expandRaw: (block: Uint8Array, maxBytes: number) => Uint8Array,
  maxBytes: number,
): Uint8Array {
  if (!isFramed(bytes)) return expandRaw(bytes, maxBytes);
  const blocks: Uint8Array[] = [];
  let sizeBytes = 0;
  let at = HEADER.length;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw broken(`${bytes.length - at} bytes are left, a block needs 4 and more`);
    const size = readInt32(bytes, at);
    at += 4;
    if (size <= 0 || size > bytes.length - at) throw broken(`a block of ${size} bytes in ${bytes.length - at} bytes`);
    const block = expandRaw(bytes.subarray(at, at + size), maxBytes - sizeBytes);
    sizeBytes += block.length;
    if (sizeBytes > maxBytes) throw broken(`more than ${maxBytes} bytes come out`);
    blocks.push(block);
    at += size;
  }
  return concatenate(blocks, sizeBytes);
}

function isFramed(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER.length) return false;
  for (let at = 0; at < MAGIC_BYTES; at++) if (bytes[at] !== HEADER[at]) return false;
  return true;
}

function concatenate(blocks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const joined = new Uint8Array(sizeBytes);
  let at = 0;
  for (const block of blocks) {
    joined.set(block, at);
    at += block.length;
  }
  return joined;
}

function broken(reason: string): AppError {
  return new AppError('compression-failed', `snappy: ${reason}`, { retriable: false, definite: true });
}
