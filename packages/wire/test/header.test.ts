/** Request and response headers in all their versions. */
import { describe, expect, test } from 'vitest';
import { AppError } from '@hapax/base';
import {
  APIS,
  apiByKey,
  apiVersions,
  decodeRequestHeader,
  decodeResponseHeader,
  fetch,
  peekCorrelationId,
  produce,
  saslHandshake,
} from '@hapax/wire';

function failure(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('headers', () => {
  test('headers have tagged fields in flexible versions only, and never in front of an ApiVersions response', () => {
    expect([produce.requestHeaderVersion(8), produce.requestHeaderVersion(9)]).toEqual([1, 2]);
    expect([produce.responseHeaderVersion(8), produce.responseHeaderVersion(9)]).toEqual([0, 1]);
    expect([apiVersions.requestHeaderVersion(3), apiVersions.responseHeaderVersion(3)]).toEqual([2, 0]);
    expect([saslHandshake.requestHeaderVersion(1), saslHandshake.responseHeaderVersion(1)]).toEqual([1, 0]);
  });

  test('an unknown API is told apart from garbage, with what an answer needs', () => {
    const error = failure(() => decodeRequestHeader(Uint8Array.of(0x03, 0xe8, 0, 2, 0, 0, 0, 9)));
    expect(error).toMatchObject({ code: 'unsupported-version', retriable: false, definite: true });
    expect(error.details).toEqual({ reason: 'api-key', apiKey: 1000, apiVersion: 2, correlationId: 9 });
  });

  test('an unknown version is told apart from an unknown API', () => {
    const error = failure(() => decodeRequestHeader(Uint8Array.of(0, 18, 0, 99, 0, 0, 0, 9)));
    expect(error.code).toBe('unsupported-version');
    expect(error.details).toEqual({ reason: 'api-version', apiKey: 18, apiVersion: 99, correlationId: 9 });
    expect(error.message).toBe('ApiVersions version 99 is outside [0, 4]');
  });

  test('garbage is malformed', () => {
    for (const bytes of [[], [0, 18, 0, 3, 0], [0xff, 0xff, 0, 0, 0, 0, 0, 1], [0, 18, 0, 0, 0, 0, 0, 1, 0x7f, 0xff]]) {
      expect(failure(() => decodeRequestHeader(Uint8Array.from(bytes))).code).toBe('frame-malformed');
    }
  });

  test('unknown tagged fields of headers are passed over', () => {
    const request = Uint8Array.of(0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 1, 9, 2, 7, 7);
    expect(decodeRequestHeader(request)).toMatchObject({ clientId: null, bodyOffset: 15 });
    const response = Uint8Array.of(0, 0, 0, 5, 1, 9, 1, 7);
    expect(decodeResponseHeader(fetch, 12, response)).toEqual({ correlationId: 5, bodyOffset: 8 });
    expect(decodeResponseHeader(fetch, 11, response)).toEqual({ correlationId: 5, bodyOffset: 4 });
    expect(peekCorrelationId(response)).toBe(5);
  });

  test('every API is found by its number, and numbers are unique', () => {
    expect(new Set(APIS.map((api) => api.key)).size).toBe(APIS.length);
    for (const api of APIS) expect(apiByKey(api.key)).toBe(api);
    expect(apiByKey(4)).toBeUndefined();
  });
});
