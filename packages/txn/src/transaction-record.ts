/** The record of a transaction coordinator: what a transactional id became, or that it expired. */
import type { Transaction } from './transaction.ts';

export interface TransactionRecord {
  readonly transactionalId: string;
  /** Null says that the id expired. [X2] */
  readonly value: Transaction | null;
  /** Who caused it, for the timeline; empty for records that were read from the log, which does not keep it. */
  readonly who: string;
}
