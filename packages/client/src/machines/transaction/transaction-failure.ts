/** What a failure means to a transaction: try again, abort it, or give the producer up. */
import { AppError, ErrorCode, type FailureCode } from '@hapax/base';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import type { TransactionOptions } from './transaction-options.ts';

/**
 * - `abortable`: the transaction must be aborted; the producer may begin another one.
 * - `fatal`: the producer must be closed; another one with the same transactional id may begin anew.
 */
export type TransactionSeverity = 'abortable' | 'fatal';

/** Somebody else is the producer of this transactional id now. [KIP-588] */
const FENCED = new Set<number>([ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH]);

/** Answers of a transaction coordinator after which an abort still makes sense. */
const ABORTABLE_AT_COORDINATOR = new Set<number>([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.OPERATION_NOT_ATTEMPTED,
  ErrorCode.TRANSACTION_ABORTABLE,
]);

/** Answers of leaders and group coordinators that no abort mends. Of an old epoch, EndTxn is the better judge. */
const FATAL_ELSEWHERE = new Set<number>([
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.PRODUCER_FENCED,
]);

/** The protocol's number of a failure; undefined where no broker answered. */
export function errorCodeOf(error: AppError): number | undefined {
  const { errorCode } = error.details;
  return error.code === 'protocol-error' && typeof errorCode === 'number' ? errorCode : undefined;
}

/** What a failure at the transaction coordinator means. */
export function severityAtCoordinator(error: AppError): TransactionSeverity {
  if (error.retriable) return 'abortable';
  const errorCode = errorCodeOf(error);
  return errorCode !== undefined && ABORTABLE_AT_COORDINATOR.has(errorCode) ? 'abortable' : 'fatal';
}

/** What a failure of a record, or of offsets at their group's coordinator, means. */
export function severityElsewhere(error: AppError): TransactionSeverity {
  const errorCode = errorCodeOf(error);
  if (errorCode === undefined) return error.code === 'unsupported-version' ? 'fatal' : 'abortable';
  return FATAL_ELSEWHERE.has(errorCode) ? 'fatal' : 'abortable';
}

/** The failure that ends a producer, the same for every later call. Definite as its cause is. */
export function fatalFailure(cause: AppError, options: TransactionOptions, identity: ProducerIdentity): AppError {
  const { transactionalId, transactionTimeoutMs } = options;
  const { producerId, producerEpoch } = identity;
  const isFenced = FENCED.has(errorCodeOf(cause) ?? 0);
  const who = `the producer of ${transactionalId} (id ${producerId}, epoch ${producerEpoch})`;
  const message = isFenced
    ? `${who} was fenced by its transaction coordinator: another producer with this transactional id has begun, ` +
      `or a transaction was open for more than ${transactionTimeoutMs} ms; close this one`
    : `${who} cannot go on: ${cause.message}; close it`;
  const truth = cause.definite ? '' : ' (whether its last transaction was committed is not known)';
  return new AppError(isFenced ? 'producer-fenced' : cause.code, message + truth, {
    retriable: false,
    definite: cause.definite,
    cause,
    details: { ...cause.details, transactionalId, producerId, producerEpoch, severity: 'fatal' },
  });
}

/** The failure of everything but an abort, once something in a transaction has failed. */
export function abortableFailure(cause: AppError, transactionalId: string): AppError {
  const message = `the transaction of ${transactionalId} can only be aborted: ${cause.message}`;
  return aborted('transaction-aborted', message, { ...cause.details, transactionalId }, cause);
}

/** The failure of records that were not sent, because their transaction is aborted. */
export function discardedFailure(transactionalId: string): AppError {
  const message = `the record was not sent: the transaction of ${transactionalId} is being aborted`;
  return aborted('transaction-aborted', message, { transactionalId }, undefined);
}

/** The failure of a commit that may or may not have happened. */
export function unknownOutcome(cause: AppError, transactionalId: string): AppError {
  const message =
    `whether the transaction of ${transactionalId} was committed could not be learned: ${cause.message}; ` +
    'commit again to learn it, or abort, which fails if it was';
  const details = { ...cause.details, transactionalId, outcome: 'unknown' };
  return new AppError('outcome-unknown', message, { retriable: true, definite: false, cause, details });
}

/**
 * The failure of an abort that cannot tell what it has aborted: the transaction, or what a request that came late had
 * opened after the commit. Only under version 1, where both have one epoch. The producer goes on.
 */
export function neverKnown(transactionalId: string): AppError {
  const message =
    `whether the transaction of ${transactionalId} was committed before it was aborted cannot be learned from its ` +
    'coordinator, since requests about it were lost: its records, or the offsets of its group, tell; go on behind it';
  const details = { transactionalId, outcome: 'unknown' };
  return new AppError('outcome-unknown', message, { retriable: false, definite: false, details });
}

/** The failure of an abort that came too late: an earlier commit, whose answer was lost, took effect. */
export function wasCommitted(cause: AppError, transactionalId: string): AppError {
  const message = `the transaction of ${transactionalId} was committed before it could be aborted; go on behind it`;
  const details = { ...cause.details, transactionalId, outcome: 'committed' };
  return new AppError(cause.code, message, { retriable: false, definite: true, cause, details });
}

/** The contract of a call was broken; nothing has changed. */
export function misuse(message: string): AppError {
  return new AppError('usage', message, { retriable: false, definite: true });
}

/** Whether the transaction must be aborted, after which the producer may begin another one. */
export function isAbortable(error: unknown): boolean {
  return error instanceof AppError && error.details['severity'] === 'abortable';
}

/** Whether the producer is of no more use. */
export function isFatal(error: unknown): boolean {
  return error instanceof AppError && error.details['severity'] === 'fatal';
}

/** Whether a commit may or may not have happened. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof AppError && error.code === 'outcome-unknown';
}

/** Whether an abort found that the transaction had been committed. */
export function isCommittedNonetheless(error: unknown): boolean {
  return error instanceof AppError && error.details['outcome'] === 'committed';
}

function aborted(
  code: FailureCode,
  message: string,
  details: Readonly<Record<string, unknown>>,
  cause: AppError | undefined,
): AppError {
  return new AppError(code, message, {
    retriable: false,
    definite: true,
    details: { ...details, severity: 'abortable' },
    ...(cause === undefined ? {} : { cause }),
  });
}
