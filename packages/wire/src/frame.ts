/** Whole frames: header and body, without the four bytes of length that the connection puts in front. */
import type { Api } from './api.ts';
import type { Decoded, Encodable, Fields } from './field.ts';
import { decodeResponseHeader, encodeRequestHeader, encodeResponseHeader } from './header.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Writes a request with its header, as chunks to be sent back to back. */
export function encodeRequestFrame<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: Encodable<Request>,
): Uint8Array[] {
  const writer = new WireWriter();
  encodeRequestHeader(writer, api, { apiVersion: version, correlationId, clientId });
  api.request.write(version, writer, value);
  return writer.finish();
}

/** Writes a response with its header, as chunks to be sent back to back. */
export function encodeResponseFrame<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  version: number,
  correlationId: number,
  value: Encodable<Response>,
): Uint8Array[] {
  const writer = new WireWriter();
  encodeResponseHeader(writer, api, version, correlationId);
  api.response.write(version, writer, value);
  return writer.finish();
}

/** Reads a response with its header. Throws `frame-malformed`. */
export function decodeResponseFrame<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  version: number,
  bytes: Uint8Array,
): { readonly correlationId: number; readonly value: Decoded<Response> } {
  const { correlationId, bodyOffset } = decodeResponseHeader(api, version, bytes);
  const reader = new WireReader(api.response.name, bytes, bodyOffset);
  const value = api.response.read(version, reader);
  reader.expectEnd();
  return { correlationId, value };
}
