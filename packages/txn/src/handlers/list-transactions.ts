/** ListTransactions: the transactions of one coordinator that pass the filters. [X4, KIP-664, KIP-994] */
import { ErrorCode } from '@hapax/base';
import type { ListTransactionsAnswer, ListTransactionsRequest } from '../requests.ts';
import { isPrepared, STATES } from '../states.ts';
import type { HeldTransaction } from '../replayed-state.ts';
import type { Transaction } from '../transaction.ts';

/** Names of states that there are not are told back, and pass nothing. The duration counts what is open. */
export function listTransactionsOf(
  all: Iterable<HeldTransaction>,
  request: ListTransactionsRequest,
  wallMs: number,
): ListTransactionsAnswer {
  const pattern = patternOf(request.transactionalIdPattern);
  if (pattern === null) return listError(ErrorCode.INVALID_REGULAR_EXPRESSION);
  const known = new Set<string>(STATES);
  const states = new Set(request.stateFilters);
  const producerIds = new Set(request.producerIdFilters);
  const transactionStates: NonNullable<ListTransactionsAnswer['transactionStates']>[number][] = [];
  for (const { transaction } of all) {
    const { transactionalId, producerId, state } = transaction;
    if (states.size > 0 && !states.has(state)) continue;
    if (producerIds.size > 0 && !producerIds.has(producerId)) continue;
    if (request.durationFilter >= 0 && !isOpenLongerThan(transaction, request.durationFilter, wallMs)) continue;
    if (pattern !== undefined && !pattern.test(transactionalId)) continue;
    transactionStates.push({ transactionalId, producerId, transactionState: state });
  }
  const unknownStateFilters = request.stateFilters.filter((name) => !known.has(name));
  return { errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates };
}

/** The answer of an error. */
export function listError(errorCode: ErrorCode): ListTransactionsAnswer {
  return { errorCode, unknownStateFilters: [], transactionStates: [] };
}

function isOpenLongerThan(transaction: Transaction, durationMs: number, wallMs: number): boolean {
  const isOpen = transaction.state === 'Ongoing' || isPrepared(transaction.state);
  return isOpen && wallMs - transaction.startMs > durationMs;
}

/** The whole id must fit. Undefined for no filter, null for a pattern that makes no sense. */
function patternOf(pattern: string | null): RegExp | null | undefined {
  if (pattern === null || pattern === '') return undefined;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
