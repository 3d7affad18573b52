/** What a handler decides about one transactional id, and what it may look at. */
import { ErrorCode, errorName, type ProducerEpoch, type ProducerId, reachable } from '@hapax/base';
import type { TransactionConfig } from './config.ts';
import { isPrepared } from './states.ts';
import type { TopicPartitions, Transaction, TransactionVersion } from './transaction.ts';
import { completed, prepared, type Ending } from './transitions.ts';

/** Gives out producer ids, each once in the life of the cluster; undefined while none is at hand. [I19] */
export interface ProducerIdSource {
  take(): ProducerId | undefined;
}

/** What handlers may look at beside the transaction itself. */
export interface HandlerView {
  readonly config: TransactionConfig;
  readonly producerIds: ProducerIdSource;
  /** Of the cluster, as it is finalized now: what the coordinator itself ends, it ends by this version. [W6] */
  readonly transactionVersion: TransactionVersion;
  /** Whether a transactional id more would be one too many. */
  readonly isFull: boolean;
  readonly wallMs: number;
}

/** The answer before it has the form of its API. */
export interface Verdict {
  readonly errorCode: ErrorCode;
  readonly message: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Of a verification: the partitions that are not in the transaction. [A5] */
  readonly missing: readonly TopicPartitions[];
}

/** Whose place was taken, for the fence log. */
export interface FencedOwner {
  readonly cause: 'new-producer' | 'timeout';
  readonly before: Transaction;
}

/** Appends what the id becomes, one record each, and then answers, or waits for the markers and decides again. */
export interface Step {
  readonly next: readonly Transaction[];
  readonly verdict: Verdict;
  /** Whether to wait for the last transaction's markers; the verdict stands if that takes too long. */
  readonly waits: boolean;
  readonly fenced?: FencedOwner;
}

/** Success, with what the producer uses from now on. */
export function done(next: readonly Transaction[], producerId: ProducerId, producerEpoch: ProducerEpoch): Step {
  const verdict = { errorCode: ErrorCode.NONE, message: '', producerId, producerEpoch, missing: [] };
  return { next, verdict, waits: false };
}

/** Nothing changes. The message names the cause and the numbers. */
export function refused(errorCode: ErrorCode, message: string): Step {
  return { next: [], verdict: refusal(errorCode, message), waits: false };
}

/** The last transaction's markers are on their way: the request waits for them, where its kind may. */
export function concurrent(transaction: Transaction, waits: boolean): Step {
  const { transactionalId, state } = transaction;
  const message = `the last transaction of ${transactionalId} is in ${state}: markers are on their way; try again`;
  return { next: [], verdict: refusal(ErrorCode.CONCURRENT_TRANSACTIONS, message), waits };
}

/** The verdict of an error. */
export function refusal(errorCode: ErrorCode, message: string): Verdict {
  return { errorCode, message: message || errorName(errorCode), producerId: -1, producerEpoch: -1, missing: [] };
}

/** The id is not known here. [A1] */
export function unknownId(transactionalId: string): Step {
  reachable('txn: a transactional id is not known any more');
  return refused(
    ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    `transactional id ${transactionalId} is not known: it expired, or was never initialized; call InitProducerId`,
  );
}

/** The producer id is not the one that the transactional id has now. [A1] */
export function wrongProducerId(transaction: Transaction, producerId: ProducerId): Step {
  return refused(
    ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    `transactional id ${transaction.transactionalId} has producer id ${transaction.producerId}, not ${producerId}`,
  );
}

/** The epoch is not the one of the id's owner. [A1] */
export function fencedProducer(transaction: Transaction, producerEpoch: ProducerEpoch): Step {
  reachable('txn: a producer with an old epoch is fenced');
  return refused(
    ErrorCode.PRODUCER_FENCED,
    `epoch ${producerEpoch} of transactional id ${transaction.transactionalId} was fenced: its epoch is `
    + `${transaction.producerEpoch} now`,
  );
}

/** No producer id is at hand: the next block was asked for. [I19] */
export function noProducerId(): Step {
  reachable('txn: a coordinator has no producer id at hand');
  return refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'the next block of producer ids is on its way; try again');
}

/**
 * What an id whose outcome is decided becomes: where no partition takes part there are no markers to wait for, and the
 * same append completes it. [W5]
 */
export function endedSteps(preparedValue: Transaction, wallMs: number): readonly Transaction[] {
  const isOver = isPrepared(preparedValue.state) && preparedValue.topics.length === 0;
  return isOver ? [preparedValue, completed(preparedValue, wallMs)] : [preparedValue];
}

/** Ends a transaction as its owner wishes, and answers with what he uses next. [N1, W3] */
export function end(transaction: Transaction, ending: Ending): Step {
  const value = prepared(transaction, ending);
  return value.nextProducerId < 0
    ? done(endedSteps(value, ending.wallMs), value.producerId, value.producerEpoch)
    : done(endedSteps(value, ending.wallMs), value.nextProducerId, 0);
}
