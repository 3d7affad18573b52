/** The codecs of record batches: zlib and zstd of Node, snappy and lz4 of native packages. */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import lz4 from 'lz4-napi';
import { compressSync as compressSnappy, uncompressSync as expandSnappy } from 'snappy';
import { AppError, type Compression, type CompressionName } from '@hapax/base';
import { unwrapXerial, wrapXerial } from '@hapax/wire/records';

/** Compression as Kafka's clients do it: snappy with Xerial's framing, lz4 with frames. */
export const nodeCompression: Compression = {
  compress(name: CompressionName, bytes: Uint8Array): Uint8Array {
    return guard(name, () => compress(name, bytes));
  },
  decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array {
    const expanded = guard(name, () => decompress(name, bytes, maxBytes));
    if (expanded.length <= maxBytes) return expanded;
    throw failed(name, `${bytes.length} bytes expand to ${expanded.length}, the limit is ${maxBytes}`, undefined);
  },
};

function compress(name: CompressionName, bytes: Uint8Array): Uint8Array {
  switch (name) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes);
    case 'snappy':
      return wrapXerial(bytes, (block) => compressSnappy(block));
    case 'lz4':
      return lz4.compressFrameSync(asBuffer(bytes));
    case 'zstd':
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  }
}

function decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array {
  switch (name) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: maxBytes });
    case 'snappy':
      return unwrapXerial(bytes, (block, limitBytes) => expandBlock(block, limitBytes), maxBytes);
    case 'lz4':
      return lz4.decompressFrameSync(asBuffer(bytes));
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
  }
}

/**
 * A raw snappy block says in front how large it will be, as a varint, so that a burst is refused before it is
 * expanded.
 */
function expandBlock(block: Uint8Array, maxBytes: number): Uint8Array {
  let sizeBytes = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0;
    sizeBytes += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) break;
  }
  if (sizeBytes > maxBytes)
    throw failed('snappy', `a block expands to ${sizeBytes} bytes, the limit is ${maxBytes}`, undefined);
  return expandSnappy(block, { asBuffer: true }) as Uint8Array;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function guard<T>(name: CompressionName, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw failed(name, error instanceof Error ? error.message : String(error), error);
  }
}

function failed(name: CompressionName, reason: string, cause: unknown): AppError {
  return new AppError('compression-failed', `${name}: ${reason}`, { retriable: false, definite: true, cause });
}
