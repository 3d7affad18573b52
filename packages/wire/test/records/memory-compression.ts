/** Real compression for tests: gzip of the platform. The other codecs belong to the node and the client. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { AppError, type Compression } from '@hapax/base';

export const gzipOnly: Compression = {
  compress(name, bytes) {
    if (name !== 'gzip') throw failed(`no ${name} here`);
    return new Uint8Array(gzipSync(bytes));
  },
  decompress(name, bytes, maxBytes) {
    if (name !== 'gzip') throw failed(`no ${name} here`);
    try {
      return new Uint8Array(gunzipSync(bytes, { maxOutputLength: maxBytes }));
    } catch (cause) {
      throw failed('gzip cannot be expanded', cause);
    }
  },
};

function failed(message: string, cause?: unknown): AppError {
  return new AppError('compression-failed', message, { retriable: false, definite: true, cause });
}
