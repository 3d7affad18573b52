/** The settings of a transaction coordinator. The broker's configuration fills them in; there are no defaults here. */

/** Every number is validated at the edge. Times in milliseconds. */
export interface TransactionConfig {
  /** `transaction.max.timeout.ms`: the longest transaction timeout that a client may ask for. [P2] */
  readonly maxTimeoutMs: number;
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms`. [X1] */
  readonly timeoutCheckIntervalMs: number;
  /** `transactional.id.expiration.ms`. [X2] */
  readonly idExpirationMs: number;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms`. [X2] */
  readonly expiryCheckIntervalMs: number;
  /** The most transactional ids of one partition of the transaction log. */
  readonly transactionalIdsMax: number;
  /** How long a request may wait for the last transaction's markers before it is told CONCURRENT_TRANSACTIONS. */
  readonly parkTimeoutMs: number;
  /** How many requests may wait for markers at once. */
  readonly parkedRequestsMax: number;
  /** How long an answer may wait for the commit of its records. */
  readonly commitTimeoutMs: number;
  /** How many answers may wait for a commit at once. */
  readonly parkedAnswersMax: number;
  /** How many moves of one transactional id are remembered for inspection. */
  readonly timelineEntriesMax: number;
  /** How many transactional ids have their moves remembered; those that moved last. */
  readonly timelinesMax: number;
  /** How many fencings are remembered for inspection. */
  readonly fencesMax: number;
}
