/** A request before it is known what its broker can do, and the answer to it. */
import type { Api, Decoded, Encodable, Fields } from '@hapax/wire';

/** An answer, with the version that was agreed on. */
export interface Answer<Response extends Fields> {
  readonly version: number;
  readonly response: Decoded<Response>;
}

/** A request before its version is known. */
export interface RequestPlan<Request extends Fields, Response extends Fields> {
  readonly api: Api<Request, Response>;
  /** The highest version this request wants; the table's highest where it is left out. */
  readonly maxVersion?: number;
  /** The lowest version that can say what this request means. */
  readonly minVersion?: number;
  /** Writes the request for the version that was agreed on. */
  readonly build: (version: number) => Encodable<Request>;
  /** How long to wait for the answer, from the moment of the call. */
  readonly timeoutMs?: number;
  /** How much longer than others a healthy broker may leave this request unanswered: a long poll's wait. Default 0. */
  readonly patienceMs?: number;
  /**
   * Asked while the broker is silent: whether the request is of more use at another broker, as one for a leader that
   * has moved is. Left out, it is waited for to its timeout.
   */
  readonly belongsElsewhere?: () => boolean;
}
