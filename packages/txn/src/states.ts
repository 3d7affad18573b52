/** The states of a transactional id, and the only moves between them. [T5, T6] */

/**
 * ```
 *                     InitProducerId
 *                        ┌─────┐
 *                        │     ▼
 *       ┌───────────────▶ Empty ───────────────────────────┐ TV2: an abort of nothing
 *       │                  │ a partition is added          │
 *       │                  ▼                               │
 *       │    ┌────────▶ Ongoing ──▶ PrepareEpochFence ─────┤ timeout, or InitProducerId by another
 *       │    │          │     │                            │
 *       │    │   commit │     └──────── abort ─────────────┤
 *       │    │          ▼                                  ▼
 *       │    │     PrepareCommit                      PrepareAbort ◀──┐
 *       │    │          │ every marker is written          │          │
 *       │    │          ▼                                  ▼          │
 *       ├────┼─── CompleteCommit                      CompleteAbort ──┤ TV2: an abort of nothing
 *       │    │          │                                  │          │ (of CompleteCommit too)
 *       └────┴──────────┴───── InitProducerId, or ─────────┴──────────┘
 *                              a partition is added
 *
 *   Empty, CompleteCommit, CompleteAbort ──▶ Dead: the id expired
 * ```
 */
export type TransactionState =
  /** A producer id, and nothing open. Leads out: a partition is added, a new InitProducerId, expiry. */
  | 'Empty'
  /** Partitions may hold records of it. Leads out: EndTxn, InitProducerId, the timeout. */
  | 'Ongoing'
  /** It will be committed, whatever happens. Answers: CONCURRENT_TRANSACTIONS. Leads out: all markers are written. */
  | 'PrepareCommit'
  /** It will be aborted, whatever happens. Answers: CONCURRENT_TRANSACTIONS. Leads out: all markers are written. */
  | 'PrepareAbort'
  /** The last transaction was committed everywhere. Leads out: as Empty. */
  | 'CompleteCommit'
  /** The last transaction was aborted everywhere. Leads out: as Empty. */
  | 'CompleteAbort'
  /** The id expired. Never written: a tombstone says it. */
  | 'Dead'
  /** The epoch was raised so that the producer is shut out. Never written: PrepareAbort follows in the same append. */
  | 'PrepareEpochFence';

/** By their numbers in the log. [T5] */
export const STATES: readonly TransactionState[] = [
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead', 'PrepareEpochFence',
];

/** A state in which a transaction's outcome is decided and its markers are on their way. */
export type PreparedState = 'PrepareCommit' | 'PrepareAbort';

const NEXT: Record<TransactionState, readonly TransactionState[]> = {
  Empty: ['Empty', 'Ongoing', 'Dead'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'],
  PrepareCommit: ['CompleteCommit'],
  PrepareAbort: ['CompleteAbort'],
  CompleteCommit: ['Empty', 'Ongoing', 'Dead'],
  CompleteAbort: ['Empty', 'Ongoing', 'Dead'],
  Dead: [],
  PrepareEpochFence: ['PrepareAbort'],
};

/** Under TV2 a client may abort where nothing is open, which raises its epoch. [T6, W2] */
const ABORTS_NOTHING: readonly TransactionState[] = ['Empty', 'CompleteCommit', 'CompleteAbort'];

/** Whether a transactional id may move from one state to another under a transaction version. [T6] */
export function mayMove(from: TransactionState, to: TransactionState, transactionVersion: number): boolean {
  if (NEXT[from].includes(to)) return true;
  return transactionVersion >= 2 && to === 'PrepareAbort' && ABORTS_NOTHING.includes(from);
}

/** Whether the outcome is decided and markers are on their way. */
export function isPrepared(state: TransactionState): state is PreparedState {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
