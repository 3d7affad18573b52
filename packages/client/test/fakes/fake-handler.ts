/** What a handler of the fake cluster is. */
import type { Api, Fields, RequestOf, ResponseInput } from '@hapax/wire';
import type { FakeCluster } from './fake-cluster.ts';
import type { ServerConnection } from './fake-network.ts';

/** A request as a handler sees it. */
export interface FakeRequest<A> {
  readonly body: RequestOf<A>;
  readonly version: number;
  readonly nodeId: number;
  readonly clientId: string;
  readonly connection: ServerConnection;
  /** When it came to the broker, before a fault has held it up. */
  readonly sentMs: number;
}

/** Answers now, or later by the function. */
export type FakeHandler<A> = (
  cluster: FakeCluster,
  request: FakeRequest<A>,
  answer: (response: ResponseInput<A>) => void,
) => void;

/** A handler with the table of its API. */
export interface HandlerEntry {
  readonly api: Api;
  readonly handle: FakeHandler<Api>;
}

/** Ties a handler to its API. */
export function on<Q extends Fields, R extends Fields>(api: Api<Q, R>, handle: FakeHandler<Api<Q, R>>): HandlerEntry {
  return { api, handle } as unknown as HandlerEntry;
}
