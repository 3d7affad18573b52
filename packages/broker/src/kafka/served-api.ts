/** What it takes to serve an API: its table, the versions that are offered, and the handler. */
import type { Connection } from '@hapax/base';
import type { Api, Fields, RequestOf, ResponseInput } from '@hapax/wire';
import type { Services } from '../services.ts';

/** Who asks, and how. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string;
  readonly connection: Connection;
  /** Unique among the connections of this node's life. */
  readonly connectionId: number;
  /** Who the client is; everybody is anonymous until there is authentication. */
  readonly principal: string;
  readonly receivedMs: number;
  /** Calls `then` should the connection go before the answer was given: nobody waits for it any more. */
  onGone(then: () => void): void;
}

/** Takes the answer to a request, once. `none`: the protocol has no answer here (Produce with `acks=0`). */
export type Answer<Response> = (response: Response | 'none') => void;

/** Handles one request: now or later, it gives one answer. It never throws for anything that a client may send. */
export type Handler<A> = (
  services: Services,
  request: RequestOf<A>,
  context: RequestContext,
  answer: Answer<ResponseInput<A>>,
) => void;

/** One row of the dispatch table. */
export interface ServedApi {
  readonly api: Api;
  /** The range that ApiVersions tells. */
  readonly advertised: readonly [min: number, max: number];
  /** The lowest version that is really served: below it, the connection is closed [KAFKA-18659]. */
  readonly servedFrom: number;
  readonly handle: (
    services: Services,
    request: unknown,
    context: RequestContext,
    answer: Answer<object>,
  ) => void;
}

/** Makes a row: the API, the versions to advertise, and its handler. */
export function serve<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  advertised: readonly [min: number, max: number],
  handle: Handler<Api<Request, Response>>,
): ServedApi {
  return {
    api,
    advertised,
    servedFrom: Math.max(advertised[0], api.minVersion),
    handle: handle as unknown as ServedApi['handle'],
  };
}
