/** InitProducerId of a transactional producer: in every state of its id. [P1–P10, KIP-360] */
import { ErrorCode, reachable, sometimes } from '@hapax/base';
import type { InitProducerIdRequest } from '../requests.ts';
import { isPrepared } from '../states.ts';
import {
  concurrent, done, endedSteps, fencedProducer, noProducerId, refusal, refused, type HandlerView, type Step,
  type Verdict,
} from '../step.ts';
import { isExhausted, type Transaction } from '../transaction.ts';
import { fencedOff, newTransaction, reowned, type Owner } from '../transitions.ts';

/** What is wrong with a request whatever the state; undefined for nothing. [P1, P2] */
export function invalidInitProducerId(request: InitProducerIdRequest, maxTimeoutMs: number): Verdict | undefined {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
  if (!transactionalId) return refusal(ErrorCode.INVALID_REQUEST, 'the transactional id is empty');
  if ((producerId === -1) !== (producerEpoch === -1)) {
    return refusal(
      ErrorCode.INVALID_REQUEST,
      `producer id ${producerId} and epoch ${producerEpoch} must be given both or not at all`,
    );
  }
  if (transactionTimeoutMs > 0 && transactionTimeoutMs <= maxTimeoutMs) return undefined;
  return refusal(
    ErrorCode.INVALID_TRANSACTION_TIMEOUT,
    `transaction timeout ${transactionTimeoutMs} ms is outside [1, ${maxTimeoutMs}] (transaction.max.timeout.ms)`,
  );
}

/** The next epoch for its owner; or the abort of what his predecessor left open, and then the next epoch. */
export function onInitProducerId(
  transaction: Transaction | undefined,
  request: InitProducerIdRequest,
  view: HandlerView,
): Step {
  if (transaction === undefined) return first(request, view);
  if (!isKnownProducer(transaction, request)) return fencedProducer(transaction, request.producerEpoch);
  sometimes(isPrepared(transaction.state), 'txn: a new producer waits for markers');
  if (isPrepared(transaction.state)) return concurrent(transaction, true);
  return transaction.state === 'Ongoing'
    ? takeOver(transaction, request, view)
    : succeed(transaction, request, view);
}

/** Nobody used the id before. [P4] */
function first(request: InitProducerIdRequest, view: HandlerView): Step {
  const transactionalId = request.transactionalId ?? '';
  if (view.isFull) {
    return refused(
      ErrorCode.COORDINATOR_NOT_AVAILABLE,
      `this coordinator holds ${view.config.transactionalIdsMax} transactional ids, its limit`,
    );
  }
  const producerId = view.producerIds.take();
  if (producerId === undefined) return noProducerId();
  const owner = { producerId, producerEpoch: 0, lastProducerEpoch: -1, timeoutMs: request.transactionTimeoutMs };
  return done([newTransaction(transactionalId, owner, view.wallMs)], producerId, 0);
}

/** Whether the producer id that the client expects, if any, was the id's own. [P7] */
function isKnownProducer(transaction: Transaction, request: InitProducerIdRequest): boolean {
  if (request.producerId === -1 || request.producerId === transaction.producerId) return true;
  return request.producerId === transaction.previousProducerId && isExhausted(request.producerEpoch);
}

/**
 * Something is open, and its owner is gone or gave it up: it is aborted, under an epoch that nobody is told of. [P8]
 * Who comes with an old epoch is turned away without that: he could not succeed after it either.
 */
function takeOver(transaction: Transaction, request: InitProducerIdRequest, view: HandlerView): Step {
  const isOwner = request.producerId === transaction.producerId && request.producerEpoch === transaction.producerEpoch;
  if (request.producerId !== -1 && !isOwner) return fencedProducer(transaction, request.producerEpoch);
  reachable('txn: a new producer aborts what another one left open');
  const step = abortAgainstOwner(transaction, view);
  if (step === undefined) return noProducerId();
  return { ...concurrent(transaction, true), next: step, fenced: { cause: 'new-producer', before: transaction } };
}

/** The abort of a transaction that its owner did not ask for; undefined while no producer id is at hand. [X1, P8] */
export function abortAgainstOwner(transaction: Transaction, view: HandlerView): readonly Transaction[] | undefined {
  const { transactionVersion, wallMs } = view;
  // The owner may yet learn of the epoch above, and the last one is not for clients: he gets a new producer id. [P9]
  const needsId = transactionVersion >= 2 && isExhausted(transaction.producerEpoch);
  const nextProducerId = needsId ? view.producerIds.take() : -1;
  if (nextProducerId === undefined) return undefined;
  return endedSteps(fencedOff(transaction, { transactionVersion, nextProducerId, wallMs }), wallMs);
}

/** Nothing is open: the next epoch, or a new producer id where there is none. [P6, P7, P9] */
function succeed(transaction: Transaction, request: InitProducerIdRequest, view: HandlerView): Step {
  const { producerId, producerEpoch, lastProducerEpoch } = transaction;
  const expects = request.producerId !== -1;
  const isCurrent = request.producerId === producerId && request.producerEpoch === producerEpoch;
  const isRetry = expects && !isCurrent && request.producerEpoch === lastProducerEpoch;
  sometimes(isRetry, 'txn: InitProducerId comes again after its answer was lost');
  if (isRetry) return reown(transaction, request, view, { producerId, producerEpoch, lastProducerEpoch });
  if (expects && !isCurrent) return fencedProducer(transaction, request.producerEpoch);
  const knownEpoch = expects ? producerEpoch : -1;
  if (!isExhausted(producerEpoch)) {
    const next = { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: knownEpoch };
    return reown(transaction, request, view, next);
  }
  reachable('txn: epochs are used up, and a new producer id follows');
  const fresh = view.producerIds.take();
  if (fresh === undefined) return noProducerId();
  return reown(transaction, request, view, { producerId: fresh, producerEpoch: 0, lastProducerEpoch: knownEpoch });
}

function reown(
  transaction: Transaction,
  request: InitProducerIdRequest,
  view: HandlerView,
  ids: Omit<Owner, 'timeoutMs'>,
): Step {
  const owner: Owner = { ...ids, timeoutMs: request.transactionTimeoutMs };
  const step = done([reowned(transaction, owner, view.wallMs)], ids.producerId, ids.producerEpoch);
  const takesOver = request.producerId === -1;
  return takesOver ? { ...step, fenced: { cause: 'new-producer', before: transaction } } : step;
}
