/**
 * The compression codecs of Kafka's record batches. Brokers pass compressed batches through; clients use all of them.
 */

/** The codecs by the name that clients configure; their numbers stand in the attributes of a batch. */
export const CompressionType = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type CompressionName = keyof typeof CompressionType;

/**
 * Compresses and decompresses, synchronously. Throws `AppError` `compression-failed` on garbage or above `maxBytes`.
 */
export interface Compression {
  compress(name: CompressionName, bytes: Uint8Array): Uint8Array;
  /** `maxBytes` bounds what comes out, against batches that are made to burst. */
  decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array;
}
