/** The states of a transactional producer, and which may follow which. */

/**
 * - `uninitialized`: has no id and epoch that may be used; beginning asks the coordinator for them. → initializing
 * - `initializing`: the coordinator ends what a predecessor left open, and gives id and epoch. → ready; uninitialized
 *   when it cannot be reached; fatal
 * - `ready`: no transaction is open here. → in-transaction; initializing for another epoch
 * - `in-transaction`: records and offsets are taken. → committing, aborting; abortable-error when one of them fails
 * - `committing`: what was taken is delivered, then the coordinator is asked to commit. Stays when it cannot be learned
 *   whether it did: commit asks again, abort finds out. → ready; abortable-error when it certainly did not; aborting
 * - `aborting`: what is on the way is waited for, then the coordinator is asked to abort. Stays when it cannot be
 *   reached: abort asks again. → ready
 * - `abortable-error`: something failed; only aborting is left. → aborting
 * - `fatal`: this producer is of no more use; every call fails with the same error.
 */
export type TransactionState =
  | 'uninitialized'
  | 'initializing'
  | 'ready'
  | 'in-transaction'
  | 'committing'
  | 'aborting'
  | 'abortable-error'
  | 'fatal';

/** What may follow a state. */
export const NEXT_TRANSACTION_STATES: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  'uninitialized': ['initializing', 'fatal'],
  'initializing': ['ready', 'uninitialized', 'fatal'],
  'ready': ['in-transaction', 'initializing', 'fatal'],
  'in-transaction': ['committing', 'aborting', 'abortable-error', 'fatal'],
  'committing': ['ready', 'aborting', 'abortable-error', 'fatal'],
  'aborting': ['ready', 'fatal'],
  'abortable-error': ['aborting', 'fatal'],
  'fatal': [],
};
