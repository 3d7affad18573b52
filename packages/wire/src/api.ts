/** An API of the protocol: requests and responses, all versions in one table. */
import type { Decoded, Encodable, Fields } from './field.ts';
import { Message } from './message.ts';

/** The table of an API. */
export interface ApiTable<Request extends Fields, Response extends Fields> {
  /** The number of the API on the wire. */
  readonly key: number;
  /** Kafka's name: `Produce`. */
  readonly name: string;
  /** The lowest and the highest version that can be read and written here. */
  readonly versions: readonly [min: number, max: number];
  /** The first flexible version, or `none`. [KIP-482] */
  readonly flexibleFrom: number | 'none';
  readonly request: Request;
  readonly response: Response;
}

/** ApiVersions, whose response must be readable to clients that do not know the broker's versions yet. */
const API_VERSIONS_KEY = 18;

/**
 * Codecs of one API; `Api` without parameters is an API whose fields do not matter. All functions throw
 * `unsupported-version` for a version outside the table.
 */
export class Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly request: Message<Request>;
  readonly response: Message<Response>;

  constructor(table: ApiTable<Request, Response>) {
    const [minVersion, maxVersion] = table.versions;
    const flexibleFrom = table.flexibleFrom === 'none' ? undefined : table.flexibleFrom;
    const versions = { minVersion, maxVersion, flexibleFrom };
    this.key = table.key;
    this.name = table.name;
    this.minVersion = minVersion;
    this.maxVersion = maxVersion;
    this.request = new Message(`${table.name} request`, table.request, versions);
    this.response = new Message(`${table.name} response`, table.response, versions);
  }

  /** The version of the header in front of a request: 2 where it has tagged fields. */
  requestHeaderVersion(version: number): 1 | 2 {
    return this.request.isFlexible(version) ? 2 : 1;
  }

  /** The version of the header in front of a response: 1 where it has tagged fields. */
  responseHeaderVersion(version: number): 0 | 1 {
    return this.key !== API_VERSIONS_KEY && this.response.isFlexible(version) ? 1 : 0;
  }

  /** Reads a request that begins at `at`, behind its header; byte fields are views. Throws `frame-malformed`. */
  decodeRequest(version: number, bytes: Uint8Array, at = 0): Decoded<Request> {
    return this.request.decode(version, bytes, at);
  }

  /** Writes a request without header. */
  encodeRequest(version: number, value: Encodable<Request>): Uint8Array[] {
    return this.request.encode(version, value);
  }

  /** Reads a response that begins at `at`, behind its header; byte fields are views. Throws `frame-malformed`. */
  decodeResponse(version: number, bytes: Uint8Array, at = 0): Decoded<Response> {
    return this.response.decode(version, bytes, at);
  }

  /** Writes a response without header. */
  encodeResponse(version: number, value: Encodable<Response>): Uint8Array[] {
    return this.response.encode(version, value);
  }
}

/** Makes the codecs of an API from its table. */
export function defineApi<const Request extends Fields, const Response extends Fields>(
  table: ApiTable<Request, Response>,
): Api<Request, Response> {
  return new Api(table);
}

/** A request as it is read: every field is there. */
export type RequestOf<A> = A extends Api<infer Request, infer _Response> ? Decoded<Request> : never;
/** A response as it is read: every field is there. */
export type ResponseOf<A> = A extends Api<infer _Request, infer Response> ? Decoded<Response> : never;
/** A request as it is given for writing: fields left out take their defaults. */
export type RequestInput<A> = A extends Api<infer Request, infer _Response> ? Encodable<Request> : never;
/** A response as it is given for writing: fields left out take their defaults. */
export type ResponseInput<A> = A extends Api<infer _Request, infer Response> ? Encodable<Response> : never;
