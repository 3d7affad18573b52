/** Changes of the cluster that a client asks for: the controller makes them, and this node waits until it sees them. */
import { ErrorCode } from '@hapax/base';
import type { AnswerOf, ControllerRequest } from '@hapax/metadata';
import type { Services } from '../services.ts';
import type { RequestContext } from './served-api.ts';

/** How a change ended: with the controller's answer, or with an error that holds for the whole request. */
export type ChangeOutcome<A> =
  | { readonly ok: true; readonly answer: A }
  | { readonly ok: false; readonly error: ErrorCode; readonly message: string };

export interface Change<Q extends ControllerRequest> {
  readonly request: Q;
  /** How many topics, partitions or resources are named, at most {@link CHANGES_PER_REQUEST_MAX}. */
  readonly count: number;
  /** When the client gives up, as {@link changeDeadline} says. */
  readonly deadlineMs: number;
}

/** How much one request may name. */
export const CHANGES_PER_REQUEST_MAX = 10_000;
/** However long a client is ready to wait. */
const TIMEOUT_MAX_MS = 300_000;
/** The last chance of a request whose client wants not to wait at all. */
const TIMEOUT_MIN_MS = 1;

/** When a request with this timeout must be answered, on this node's clock. */
export function changeDeadline(context: RequestContext, timeoutMs: number): number {
  return context.receivedMs + Math.min(Math.max(timeoutMs, TIMEOUT_MIN_MS), TIMEOUT_MAX_MS);
}

/** Asks the controller. The error is one that Kafka's clients know for administrative requests. */
export function askController<Q extends ControllerRequest>(
  services: Services,
  { request, count, deadlineMs }: Change<Q>,
  done: (outcome: ChangeOutcome<AnswerOf<Q>>) => void,
): void {
  if (count > CHANGES_PER_REQUEST_MAX) {
    const message = `the request names ${count} items, over the limit of ${CHANGES_PER_REQUEST_MAX}; split it`;
    return done({ ok: false, error: ErrorCode.POLICY_VIOLATION, message });
  }
  const timeoutMs = Math.max(TIMEOUT_MIN_MS, deadlineMs - services.ports.clock.nowMs());
  services.controller.call(request, timeoutMs, (outcome) => {
    done(outcome.ok ? outcome : { ok: false, ...asChangeError(outcome.error) });
  });
}

/** The frame of a coordinator answers in a coordinator's words; administrative clients know only the controller's. */
function asChangeError(error: ErrorCode): { readonly error: ErrorCode; readonly message: string } {
  switch (error) {
    case ErrorCode.REQUEST_TIMED_OUT:
      return { error, message: 'the controller did not answer in time; whether the change was made is not known' };
    case ErrorCode.NOT_CONTROLLER:
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      return { error: ErrorCode.NOT_CONTROLLER, message: 'no controller could take the request; try again' };
    default:
      return { error, message: 'the controller could not carry the request out' };
  }
}

/** How long a change that was made may take to show on this node, whatever the client's timeout is. */
const SETTLE_MS = 1000;

/**
 * Waits until this node's image shows a change that the controller has made, so that a client which asks this broker
 * next sees what it was told. The change is made even where it does not show in time (a later one may have hidden it).
 */
export function awaitShown(services: Services, isShown: () => boolean, done: () => void): void {
  awaitImage(services, services.ports.clock.nowMs() + SETTLE_MS, isShown, () => done());
}

/** Waits until something holds of this node's image; tells whether it did before the deadline. */
export function awaitImage(
  services: Services,
  deadlineMs: number,
  holds: () => boolean,
  done: (isHolding: boolean) => void,
): void {
  const retry = (isLast: boolean): boolean => {
    const isHolding = holds();
    if (isHolding || isLast) done(isHolding);
    return isHolding || isLast;
  };
  services.timers.wait({ retry }, deadlineMs);
}
