/** How one transactional id moves: each function makes the next value and checks that the move is in the table. */
import { assert, type ProducerEpoch, type ProducerId } from '@hapax/base';
import { isPrepared, mayMove, type PreparedState, type TransactionState } from './states.ts';
import {
  EPOCH_MAX, NO_TIMEOUT_MS, unionOf, type TopicPartitions, type Transaction, type TransactionVersion,
} from './transaction.ts';

/** Who owns an id from now on. */
export interface Owner {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly lastProducerEpoch: ProducerEpoch;
  readonly timeoutMs: number;
}

/** A transactional id that nobody used before. [P4] */
export function newTransaction(transactionalId: string, owner: Owner, wallMs: number): Transaction {
  return {
    transactionalId,
    ...owner,
    previousProducerId: -1,
    nextProducerId: -1,
    state: 'Empty',
    topics: [],
    startMs: -1,
    lastUpdateMs: wallMs,
    transactionVersion: 0,
  };
}

/** A producer begins anew. [P6, P7, P9] */
export function reowned(from: Transaction, owner: Owner, wallMs: number): Transaction {
  const isOtherId = owner.producerId !== from.producerId;
  return moved(from, 'Empty', {
    ...owner,
    previousProducerId: isOtherId ? from.producerId : from.previousProducerId,
    topics: [],
    startMs: -1,
    lastUpdateMs: wallMs,
  });
}

/** Partitions join the transaction, which begins with the first of them. [A1, A2, A4] */
export function withAdded(
  from: Transaction,
  added: readonly TopicPartitions[],
  options: { readonly transactionVersion: TransactionVersion; readonly wallMs: number },
): Transaction {
  const { transactionVersion, wallMs } = options;
  const isOpen = from.state === 'Ongoing';
  return moved(from, 'Ongoing', {
    topics: unionOf(isOpen ? from.topics : [], added),
    startMs: isOpen ? from.startMs : wallMs,
    lastUpdateMs: wallMs,
    transactionVersion,
  });
}

/** How a transaction is to end. */
export interface Ending {
  readonly state: PreparedState;
  /** 2 raises the epoch. [W3] */
  readonly transactionVersion: TransactionVersion;
  /** For a producer id whose epochs are used up; −1 where they are not. [W4] */
  readonly nextProducerId: ProducerId;
  readonly wallMs: number;
}

/** The outcome is decided by the one who owns the transaction. [N1, W3, W4, W5] */
export function prepared(from: Transaction, ending: Ending): Transaction {
  const { state, transactionVersion, nextProducerId, wallMs } = ending;
  const isOpen = from.state === 'Ongoing' || from.state === 'PrepareEpochFence';
  const startMs = isOpen ? from.startMs : wallMs;
  const topics = isOpen ? from.topics : [];
  const common = { topics, startMs, lastUpdateMs: wallMs, transactionVersion, nextProducerId };
  if (transactionVersion < 2) return moved(from, state, common);
  const { producerEpoch } = from;
  assert(producerEpoch < EPOCH_MAX, `${from.transactionalId} has no epoch above ${producerEpoch}`);
  return moved(from, state, { ...common, producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch });
}

/**
 * The transaction is aborted against its owner's will, and its epoch raised, so that he can write no more. Under TV2
 * he may learn of the new epoch by asking again; before, he is shut out. [N2, N3, P8]
 */
export function fencedOff(from: Transaction, ending: Omit<Ending, 'state'>): Transaction {
  assert(from.state === 'Ongoing', `${from.transactionalId} is ${from.state}: there is nothing to abort`);
  if (ending.transactionVersion >= 2) return prepared(from, { ...ending, state: 'PrepareAbort' });
  const fence = moved(from, 'PrepareEpochFence', {
    producerEpoch: Math.min(from.producerEpoch + 1, EPOCH_MAX), lastProducerEpoch: -1,
  });
  return prepared(fence, { ...ending, state: 'PrepareAbort' });
}

/** Every marker is written. [M6, W4] */
export function completed(from: Transaction, wallMs: number): Transaction {
  assert(isPrepared(from.state), `${from.transactionalId} is ${from.state}: no markers were due`);
  const common = { topics: [], lastUpdateMs: wallMs, nextProducerId: -1 };
  const state = from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort';
  if (from.nextProducerId < 0) return moved(from, state, common);
  return moved(from, state, {
    ...common, producerId: from.nextProducerId, producerEpoch: 0, previousProducerId: from.producerId,
  });
}

/** When the transaction has taken too long, in milliseconds since 1970; undefined for never. [X1] */
export function expiresAtMs(transaction: Transaction): number | undefined {
  if (transaction.state !== 'Ongoing' || transaction.timeoutMs >= NO_TIMEOUT_MS) return undefined;
  return transaction.startMs + transaction.timeoutMs;
}

function moved(from: Transaction, state: TransactionState, changes: Partial<Transaction>): Transaction {
  const version = changes.transactionVersion ?? from.transactionVersion;
  assert(mayMove(from.state, state, version), () => `invalid transition [${from.state} -> ${state}]`);
  return { ...from, ...changes, state };
}
