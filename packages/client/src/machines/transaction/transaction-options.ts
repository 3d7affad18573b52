/** What a transactional producer is told. */

/** Settings of transactions; all times in milliseconds. */
export interface TransactionOptions {
  /** The name that outlives the process: of all producers that use it, the newest one counts. */
  readonly transactionalId: string;
  /** Open for longer, a transaction is aborted by its coordinator. */
  readonly transactionTimeoutMs: number;
  /** How long beginning, committing, aborting and sending offsets go on trying. */
  readonly operationTimeoutMs: number;
}

/** As which member of which group offsets are sent: zombies of the group are refused. [KIP-447] */
export interface ConsumerGroupMetadata {
  readonly groupId: string;
  /** −1 outside of a generation: then no member is checked. */
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}
