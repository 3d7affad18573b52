/** What every administrative request needs, and how answers about several items are read. */
import { AppError, ErrorCode } from '@hapax/base';
import type { Cluster } from '../cluster.ts';
import { failure, success, type Outcome } from '../outcome.ts';
import { protocolFailure } from '../protocol-failure.ts';

/** The cluster, the connections to use, and how long a request may take with all its retries. */
export interface AdminContext {
  readonly cluster: Cluster;
  readonly lane: string;
  readonly timeoutMs: number;
}

/** The part of an answer about one item. */
export interface ItemAnswer {
  /** For messages: `topic orders`. */
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

/** Codes by which a broker sends a whole request elsewhere, though they stand at each item. */
const ROUTING = new Set<number>([
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
]);

/** The error of the whole answer that stands at an item, if there is one; 0 otherwise. */
export function routingError(items: readonly { readonly errorCode: number }[]): number {
  return items.find((item) => ROUTING.has(item.errorCode))?.errorCode ?? 0;
}

/**
 * Success if every item succeeded. Otherwise the failure of the first that did not; `details.failures` has one failure
 * for each such item, and the others took effect.
 */
export function allOrFailure(what: string, items: readonly ItemAnswer[]): Outcome<null> {
  const failures: AppError[] = [];
  for (const { name, errorCode, errorMessage } of items) {
    if (errorCode === ErrorCode.NONE) continue;
    failures.push(
      protocolFailure(errorCode, { what: `${what} of ${name}`, message: errorMessage, details: { item: name } }),
    );
  }
  return firstFailure(failures) ?? success(null);
}

/** The first failure, with all of them in `details.failures`; undefined where there is none. */
export function firstFailure(
  failures: readonly AppError[],
): { readonly ok: false; readonly error: AppError } | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  const { code, message, retriable, definite, details } = first;
  return failure(new AppError(code, message, { retriable, definite, cause: first, details: { ...details, failures } }));
}
