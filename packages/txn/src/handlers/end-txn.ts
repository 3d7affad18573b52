/** EndTxn: two tables, one for each protocol; the version of the request says which. [§3.5, §3.6, W8] */
import { ErrorCode, reachable, sometimes, unreachable } from '@hapax/base';
import type { EndTxnRequest } from '../requests.ts';
import type { TransactionState } from '../states.ts';
import {
  concurrent, done, end, fencedProducer, noProducerId, refusal, refused, unknownId, wrongProducerId, type HandlerView,
  type Step, type Verdict,
} from '../step.ts';
import { EPOCH_MAX, EPOCH_MAX_FOR_CLIENTS, isExhausted, type Transaction } from '../transaction.ts';

/** The first version whose answer carries the next epoch. */
const FIRST_VERSION_OF_TV2 = 5;

/**
 * end: decide the outcome. same: it is decided as asked. wait: its markers are on their way.
 * invalid: nothing to end so. fenced: the epoch is not the one for this state.
 */
type Cell = 'end' | 'same' | 'wait' | 'invalid' | 'fenced';

/** By state: COMMIT, ABORT. The epoch is the current one. [§3.5] */
const TV1: Record<TransactionState, readonly [commit: Cell, abort: Cell]> = {
  Empty: ['invalid', 'invalid'],
  Ongoing: ['end', 'end'],
  PrepareCommit: ['wait', 'invalid'],
  PrepareAbort: ['invalid', 'wait'],
  CompleteCommit: ['same', 'invalid'],
  CompleteAbort: ['invalid', 'same'],
  Dead: ['invalid', 'invalid'],
  PrepareEpochFence: ['invalid', 'invalid'],
};

/**
 * By state: COMMIT, retried COMMIT, ABORT, retried ABORT. A request is a retry where the epoch stands one above its
 * own: the outcome that it asks for again has raised it. [§3.6]
 */
const TV2: Record<TransactionState, readonly [commit: Cell, retriedCommit: Cell, abort: Cell, retriedAbort: Cell]> = {
  Empty: ['invalid', 'fenced', 'end', 'fenced'],
  Ongoing: ['end', 'fenced', 'end', 'fenced'],
  PrepareCommit: ['fenced', 'wait', 'fenced', 'invalid'],
  PrepareAbort: ['fenced', 'invalid', 'fenced', 'wait'],
  CompleteCommit: ['invalid', 'same', 'end', 'invalid'],
  CompleteAbort: ['invalid', 'invalid', 'end', 'same'],
  Dead: ['invalid', 'invalid', 'invalid', 'invalid'],
  PrepareEpochFence: ['fenced', 'fenced', 'fenced', 'fenced'],
};

/** What is wrong with a request whatever the state; undefined for nothing. [W1] */
export function invalidEndTxn(request: EndTxnRequest): Verdict | undefined {
  if (request.transactionalId !== '') return undefined;
  return refusal(ErrorCode.INVALID_REQUEST, 'the transactional id is empty');
}

/** Decides the outcome, once; the markers follow from the record. */
export function onEndTxn(
  transaction: Transaction | undefined,
  request: EndTxnRequest,
  apiVersion: number,
  view: HandlerView,
): Step {
  if (transaction === undefined) return unknownId(request.transactionalId);
  return apiVersion >= FIRST_VERSION_OF_TV2
    ? endWithEpochs(transaction, request, view)
    : endWithoutEpochs(transaction, request, view);
}

function endWithoutEpochs(transaction: Transaction, request: EndTxnRequest, view: HandlerView): Step {
  const { producerId, producerEpoch, committed } = request;
  if (transaction.producerId !== producerId) return wrongProducerId(transaction, producerId);
  if (transaction.producerEpoch !== producerEpoch || producerEpoch === EPOCH_MAX) {
    return fencedProducer(transaction, producerEpoch);
  }
  const cell = TV1[transaction.state][committed ? 0 : 1];
  return follow(cell, transaction, request, { transactionVersion: 0, view });
}

function endWithEpochs(transaction: Transaction, request: EndTxnRequest, view: HandlerView): Step {
  const { producerId, producerEpoch, committed } = request;
  const isOfPreviousId = producerId === transaction.previousProducerId && producerEpoch === EPOCH_MAX_FOR_CLIENTS
    && transaction.producerEpoch === 0;
  if (transaction.producerId !== producerId && !isOfPreviousId) return wrongProducerId(transaction, producerId);
  // Where the server fenced by TV1's rules, the last epoch stands with no producer id to follow: nobody may go on.
  const hasNext = transaction.producerEpoch !== EPOCH_MAX || transaction.nextProducerId >= 0;
  const isOneBelow = isOfPreviousId || (transaction.producerEpoch === producerEpoch + 1 && hasNext);
  // Only an end by these rules raises the epoch. After one by the old rules, the epoch below is that of a producer
  // which was replaced: to answer it as if it asked again would give it the epoch of the one that took over.
  const isRetry = isOneBelow && transaction.transactionVersion === 2;
  const isCurrent = transaction.producerEpoch === producerEpoch && producerEpoch !== EPOCH_MAX;
  sometimes(isRetry, 'txn: EndTxn comes again after it has raised the epoch');
  sometimes(!isRetry && producerEpoch < transaction.producerEpoch, 'txn: EndTxn arrives in a later epoch');
  if (!isRetry && !isCurrent) return fencedProducer(transaction, producerEpoch);
  const cell = TV2[transaction.state][(committed ? 0 : 2) + (isRetry ? 1 : 0)] ?? 'fenced';
  return follow(cell, transaction, request, { transactionVersion: 2, view });
}

function follow(
  cell: Cell,
  transaction: Transaction,
  request: EndTxnRequest,
  by: { readonly transactionVersion: 0 | 2; readonly view: HandlerView },
): Step {
  const { transactionVersion, view } = by;
  switch (cell) {
    case 'end': {
      const needsId = transactionVersion === 2 && isExhausted(transaction.producerEpoch);
      sometimes(needsId, 'txn: a transaction ends with the last epoch of its producer id');
      const nextProducerId = needsId ? view.producerIds.take() : -1;
      if (nextProducerId === undefined) return noProducerId();
      const state = request.committed ? 'PrepareCommit' : 'PrepareAbort';
      return end(transaction, { state, transactionVersion, nextProducerId, wallMs: view.wallMs });
    }
    case 'same':
      return done([], transaction.producerId, transaction.producerEpoch);
    case 'wait':
      reachable('txn: EndTxn finds its markers on their way');
      // Without an epoch a transaction it could wake up to another transaction than it was meant for. [M13]
      return concurrent(transaction, transactionVersion === 2);
    case 'invalid':
      return refused(
        ErrorCode.INVALID_TXN_STATE,
        `transactional id ${transaction.transactionalId} is in ${transaction.state} with epoch `
        + `${transaction.producerEpoch}: it cannot ${request.committed ? 'commit' : 'abort'}`,
      );
    case 'fenced':
      return fencedProducer(transaction, request.producerEpoch);
    default:
      return unreachable(cell);
  }
}
