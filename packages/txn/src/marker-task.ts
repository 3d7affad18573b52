/** What is left to do for a transaction whose outcome is decided: markers, by partition. */
import type { ErrorCode, ProducerEpoch, ProducerId } from '@hapax/base';
import type { TopicPartitions, TransactionVersion } from './transaction.ts';

/** Given out once per tenure of the coordinator. The object itself is the key by which its progress is reported. */
export interface MarkerTask {
  /** The partition of `__transaction_state` whose coordinator gave it out. */
  readonly coordinatorPartition: number;
  /** The leader epoch under which it was given out; markers carry it. [M2] */
  readonly coordinatorEpoch: number;
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly kind: 'commit' | 'abort';
  readonly transactionVersion: TransactionVersion;
  readonly partitions: readonly TopicPartitions[];
}

/** What became of some of a task's markers. */
export interface MarkerOutcome {
  readonly task: MarkerTask;
  /** Committed there, or the partition is gone. */
  readonly written: readonly TopicPartitions[];
  /**
   * INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED: somebody newer owns the transaction, and its markers are
   * sent no more. Undefined where nobody said so. [M4]
   */
  readonly fencedBy: ErrorCode | undefined;
}
