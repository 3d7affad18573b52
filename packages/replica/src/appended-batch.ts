/** What replication must know of a record batch: a part of its header, never its records. */
import type { LeaderEpoch, Offset, ProducerEpoch, ProducerId } from '@hapax/base';

/**
 * The header fields that decide. A `BatchHeader` of `@hapax/wire/records` is one. Before the leader stamped a batch,
 * its offsets are the client's (relative, from 0) and its leader epoch is −1.
 */
export interface AppendedBatch {
  readonly baseOffset: Offset;
  /** Inclusive. */
  readonly lastOffset: Offset;
  readonly sizeBytes: number;
  /** The epoch of the leader that appended it first. */
  readonly partitionLeaderEpoch: LeaderEpoch;
  /** Milliseconds since 1970, as the client or (for LogAppendTime) the leader said. */
  readonly maxTimestamp: number;
  /** −1 where the batch has no producer state. */
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** −1 in batches of coordinators and in control batches. */
  readonly baseSequence: number;
  /** Wraps: after 2147483647 comes 0. [R7] */
  readonly lastSequence: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** What a control batch says that ends a transaction; undefined in all others. */
  readonly marker: { readonly kind: 'commit' | 'abort'; readonly coordinatorEpoch: LeaderEpoch } | undefined;
}
