/** What a consumer is told, and what it gives. */
import type { RecordHeader } from '@hapax/wire/records';
import type { TopicPartition } from '../leader-fan-out.ts';
import type { Assignor } from './assignor.ts';

/** All of a consumer's settings; the driver fills in defaults. */
export interface ConsumerOptions {
  /** Null: no group; partitions are assigned by hand, and offsets are not committed. */
  readonly groupId: string | null;
  /** A name that outlives the process: a member that comes back in time keeps its partitions. [KIP-345] */
  readonly groupInstanceId: string | null;
  /** In order of preference. Partitions are moved one by one only if all of them can do so. [KIP-429] */
  readonly assignors: readonly Assignor[];
  /** Silent for longer, the member is removed. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long the others wait for this member in a rebalance. */
  readonly rebalanceTimeoutMs: number;
  /** A member that takes nothing for longer leaves the group, so that another can go on. */
  readonly takeIntervalMaxMs: number;
  /** Null: only {@link ConsumerMachine.commit} commits. */
  readonly autoCommitIntervalMs: number | null;
  /** Where to begin without a committed offset, or when the position is gone; `none` is a failure. */
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  /**
   * `read_committed`: nothing of transactions that are open or were aborted, and nothing behind the first open one.
   * `read_uncommitted`: everything as soon as it is replicated.
   */
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  readonly fetchMaxWaitMs: number;
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly partitionMaxBytes: number;
  /** Fetched and not yet taken, of all partitions together. Nothing more is fetched beyond it. */
  readonly bufferBytes: number;
  readonly requestTimeoutMs: number;
}

/** A record that was read. Bytes are views of what was fetched. */
export interface ConsumedRecord extends TopicPartition {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Records of one partition, in order. */
export interface ConsumedBatch extends TopicPartition {
  readonly records: readonly ConsumedRecord[];
  /** The position behind this batch; further than its last record where markers or compacted records lie between. */
  readonly nextOffset: number;
  /** The leader epoch of the last record. */
  readonly leaderEpoch: number;
  /** Where the replicated log ended at the time of the fetch. */
  readonly highWatermark: number;
  /** Tells this stay of the partition here from earlier and later ones. */
  readonly assignment: number;
}

/** What a consumer tells its owner. None of these is called from within a call of the owner. */
export interface ConsumerEvents {
  /** There is something to take, or a failure. */
  readonly onReady: () => void;
  /** Partitions are here now. */
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => void;
  /** Partitions are about to go: finish and commit, then call `done`, within the rebalance timeout. */
  readonly onRevoking?: (partitions: readonly TopicPartition[], done: () => void) => void;
  /** Partitions are gone already: others may have them, and commits for them fail. */
  readonly onLost?: (partitions: readonly TopicPartition[]) => void;
}
