/**
 * A request that is tried again until it is answered for good: at the right broker, with backoff, within a
 * deadline.
 */
import { AppError, ErrorCode } from '@hapax/base';
import type { Decoded, Fields } from '@hapax/wire';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import type { Answer, RequestPlan } from './request-plan.ts';
import { closedError, type Cluster, type Target } from './cluster.ts';
import { failure, success, type Done } from './outcome.ts';
import { patienceAfter } from './patience.ts';
import { isDefinite, isRetriable, protocolFailure } from './protocol-failure.ts';

/** What is asked, of whom, and until when. */
export interface Call<Request extends Fields, Response extends Fields> extends RequestPlan<Request, Response> {
  readonly target: Target;
  /** The conversation this belongs to; see ConnectionPool. */
  readonly lane: string;
  /** For messages: `CreateTopics`. */
  readonly what: string;
  /**
   * The error that makes the whole answer a failure; 0 where there is none. Errors of single items are the
   * caller's.
   */
  readonly errorOf: (response: Decoded<Response>) => number;
  /** Beside the code, what the broker wrote. */
  readonly messageOf?: (response: Decoded<Response>) => string | null | undefined;
  /** How long to go on trying, counted from the call. */
  readonly deadlineMs: number;
  /** Left out, the client's. */
  readonly backoff?: BackoffOptions;
  /** Codes that are not tried again here although they are retriable elsewhere. */
  readonly finalCodes?: readonly number[];
  /** Codes that may come after this request took effect, although those of others with this code did not. */
  readonly indefiniteCodes?: readonly number[];
  /** Once true, no further attempt is made, and nothing is reported. */
  readonly isCancelled?: () => boolean;
  /** Once true, no further attempt is made: the last failure is reported. */
  readonly isStopped?: () => boolean;
}

/** An answer after all attempts. */
export interface CallAnswer<Response extends Fields> extends Answer<Response> {
  /** An earlier attempt was lost on the way: it may have taken effect, or may yet, when it comes late. */
  readonly wasLost: boolean;
}

interface Attempts {
  readonly giveUpMs: number;
  failures: number;
  timeouts: number;
  /** An earlier attempt may have taken effect without our hearing of it. */
  mayHaveHappened: boolean;
  wasLost: boolean;
}

/**
 * Makes a call. Fails with the last failure when the deadline passes or a retry is of no use. The failure is definite
 * only if no attempt may have taken effect.
 */
export function call<Request extends Fields, Response extends Fields>(
  cluster: Cluster,
  request: Call<Request, Response>,
  done: Done<CallAnswer<Response>>,
): void {
  const attempts: Attempts = {
    giveUpMs: cluster.ports.clock.nowMs() + request.deadlineMs,
    failures: 0,
    timeouts: 0,
    mayHaveHappened: false,
    wasLost: false,
  };
  attempt(cluster, request, attempts, done);
}

function attempt<Request extends Fields, Response extends Fields>(
  cluster: Cluster,
  request: Call<Request, Response>,
  attempts: Attempts,
  done: Done<CallAnswer<Response>>,
): void {
  if (request.isCancelled?.() === true) return;
  const leftMs = Math.max(1, attempts.giveUpMs - cluster.ports.clock.nowMs());
  const timeoutMs = request.timeoutMs ?? Math.min(cluster.options.requestTimeoutMs, leftMs);
  const patienceMs = patienceAfter(attempts.timeouts);
  cluster.send(request.target, request.lane, { ...request, timeoutMs, patienceMs }, (outcome) => {
    if (request.isCancelled?.() === true) return;
    const errorCode = outcome.ok ? request.errorOf(outcome.value.response) : 0;
    if (outcome.ok && errorCode === ErrorCode.NONE) {
      done(success({ ...outcome.value, wasLost: attempts.wasLost }));
      return;
    }
    const error = outcome.ok
      ? protocolFailure(errorCode, {
          what: request.what,
          message: request.messageOf?.(outcome.value.response),
          definite: isDefinite(errorCode) && request.indefiniteCodes?.includes(errorCode) !== true,
        })
      : outcome.error;
    react(cluster, request.target, errorCode, !outcome.ok);
    attempts.failures += 1;
    if (!outcome.ok && outcome.error.code === 'timed-out') attempts.timeouts += 1;
    const backoff = request.backoff ?? cluster.options.retryBackoff;
    const waitMs = backoffMs(backoff, attempts.failures, cluster.ports.random);
    const isFinal = !error.retriable || request.finalCodes?.includes(errorCode) === true || cluster.isClosed;
    const giveUp = (): void =>
      done(failure(honest(cluster.isClosed ? closedError() : error, attempts.mayHaveHappened)));
    if (isFinal || request.isStopped?.() === true || cluster.ports.clock.nowMs() + waitMs > attempts.giveUpMs) {
      giveUp();
      return;
    }
    attempts.mayHaveHappened ||= !error.definite;
    attempts.wasLost ||= !outcome.ok && !error.definite;
    cluster.ports.scheduler.after(waitMs, () => {
      if (request.isStopped?.() === true) giveUp();
      else attempt(cluster, request, attempts, done);
    });
  });
}

/** Forgets what an answer showed to be out of date. */
function react(cluster: Cluster, target: Target, errorCode: number, isTransport: boolean): void {
  const moved =
    isTransport || errorCode === ErrorCode.NOT_COORDINATOR || errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (target.kind === 'coordinator' && moved) cluster.forgetCoordinator(target.keyType, target.key);
  if (errorCode === ErrorCode.NOT_CONTROLLER || (target.kind === 'leader' && isRetriable(errorCode))) cluster.refresh();
}

/** An error after an attempt that may have taken effect is not definite, whatever the last attempt says. */
function honest(error: AppError, mayHaveHappened: boolean): AppError {
  if (!mayHaveHappened || !error.definite) return error;
  const { code, message, retriable, details } = error;
  const note = `${message} (an earlier attempt may have taken effect)`;
  return new AppError(code, note, { retriable, definite: false, details, cause: error });
}
