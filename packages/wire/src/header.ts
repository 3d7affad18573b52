/** The headers in front of requests and responses. */
import { AppError } from '@hapax/base';
import { apiByKey } from './apis/registry.ts';
import type { Api } from './api.ts';
import { skipTaggedFields } from './decoder.ts';
import { malformed } from './malformed.ts';
import { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** What stands in front of a request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Chosen by the client; the response repeats it. */
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly headerVersion: 1 | 2;
  /** Where the request begins, behind the header. */
  readonly bodyOffset: number;
}

/**
 * Reads a request's header. Throws `unsupported-version` for an API or version that is not known here, with `details`
 * `{ reason: 'api-key' | 'api-version', apiKey, apiVersion, correlationId }`, so that an ApiVersions request of a newer
 * version can still be answered [KIP-511]; throws `frame-malformed` for what is no header at all.
 */
export function decodeRequestHeader(bytes: Uint8Array): RequestHeader {
  const reader = new WireReader('request header', bytes);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  if (apiKey < 0 || apiVersion < 0) {
    throw malformed('request header', `API ${apiKey} version ${apiVersion} is negative; does the peer speak Kafka?`);
  }
  const api = apiByKey(apiKey);
  if (api === undefined) {
    throw unknownApi(`API ${apiKey} is not known here`, { reason: 'api-key', apiKey, apiVersion, correlationId });
  }
  if (apiVersion < api.minVersion || apiVersion > api.maxVersion) {
    const message = `${api.name} version ${apiVersion} is outside [${api.minVersion}, ${api.maxVersion}]`;
    throw unknownApi(message, { reason: 'api-version', apiKey, apiVersion, correlationId });
  }
  const headerVersion = api.requestHeaderVersion(apiVersion);
  // The client id has an int16 length in every version: brokers must be able to read it before they know more.
  const size = reader.shortLength();
  const clientId = size < 0 ? null : reader.text(size);
  if (headerVersion === 2) skipTaggedFields(reader);
  return { apiKey, apiVersion, correlationId, clientId, headerVersion, bodyOffset: reader.at };
}

/** Who asks for what, under which number. */
export interface RequestHeaderInput {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Writes the header of a request. */
export function encodeRequestHeader(writer: WireWriter, api: Api, header: RequestHeaderInput): void {
  writer.int16(api.key);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.string(header.clientId, false);
  if (api.requestHeaderVersion(header.apiVersion) === 2) writer.unsignedVarint(0);
}

/** What stands in front of a response. */
export interface ResponseHeader {
  readonly correlationId: number;
  /** Where the response begins, behind the header. */
  readonly bodyOffset: number;
}

/** Reads the header of a response to a request of this API and version. Throws `frame-malformed`. */
export function decodeResponseHeader(api: Api, version: number, bytes: Uint8Array): ResponseHeader {
  const reader = new WireReader('response header', bytes);
  const correlationId = reader.int32();
  if (api.responseHeaderVersion(version) === 1) skipTaggedFields(reader);
  return { correlationId, bodyOffset: reader.at };
}

/** The correlation id of a response, by which a client finds the request, and with it the header's version. */
export function peekCorrelationId(bytes: Uint8Array): number {
  return new WireReader('response header', bytes).int32();
}

/** Writes the header of a response. */
export function encodeResponseHeader(writer: WireWriter, api: Api, version: number, correlationId: number): void {
  writer.int32(correlationId);
  if (api.responseHeaderVersion(version) === 1) writer.unsignedVarint(0);
}

function unknownApi(message: string, details: Readonly<Record<string, unknown>>): AppError {
  return new AppError('unsupported-version', message, { retriable: false, definite: true, details });
}
