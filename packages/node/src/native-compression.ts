/** The compression codecs by native code: zlib and zstd of Node, snappy and LZ4 of their packages. */
import { AppError, type Compression, type CompressionName } from '@hapax/base';
import { unwrapXerial, wrapXerial } from '@hapax/wire/records';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync, uncompressSync } from 'snappy';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expandedLz4Bytes } from './lz4-size.ts';

/** All codecs of Kafka's record batches. */
export const nativeCompression: Compression = {
  compress(name: CompressionName, bytes: Uint8Array): Uint8Array {
    switch (name) {
      case 'none':
        return bytes;
      case 'gzip':
        return gzipSync(bytes);
      case 'snappy':
        return wrapXerial(bytes, (block) => compressSync(block));
      case 'lz4':
        return compressFrameSync(asBuffer(bytes));
      case 'zstd':
        return zstdCompressSync(bytes);
    }
  },

  decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array {
    try {
      const expanded = expand(name, bytes, maxBytes);
      if (expanded.byteLength > maxBytes) throw tooLarge(name, bytes, maxBytes);
      return expanded;
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const message = `${bytes.byteLength} bytes of ${name} do not expand to at most ${maxBytes}: ${reasonOf(cause)}`;
      throw new AppError('compression-failed', message, { retriable: false, definite: true, cause });
    }
  },
};

function expand(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array {
  // Node takes no limit below 1 byte.
  const limit = { maxOutputLength: Math.max(1, maxBytes) };
  switch (name) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes, limit);
    case 'snappy':
      return unwrapXerial(bytes, expandSnappyBlock, maxBytes);
    case 'lz4': {
      if ((expandedLz4Bytes(bytes, maxBytes) ?? Infinity) > maxBytes) throw tooLarge(name, bytes, maxBytes);
      return decompressFrameSync(asBuffer(bytes));
    }
    case 'zstd':
      return zstdDecompressSync(bytes, limit);
  }
}

function expandSnappyBlock(block: Uint8Array, maxBytes: number): Uint8Array {
  // A block begins with its expanded size as a varint; the library would allocate it unseen.
  let size = 0;
  for (let at = 0, scale = 1; at < 5; at++, scale *= 128) {
    const byte = block[at] ?? 0;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (size > maxBytes) throw tooLarge('snappy', block, maxBytes);
  return uncompressSync(block, { asBuffer: true }) as Buffer;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(name: CompressionName, bytes: Uint8Array, maxBytes: number): AppError {
  const message = `${bytes.byteLength} bytes of ${name} are broken or expand to more than ${maxBytes}`;
  return new AppError('compression-failed', message, { retriable: false, definite: true });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
