/** What a replica is given at its start. */
import type { BrokerEpoch, NodeId, Offset, Uuid } from '@hapax/base';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { ProducerStates } from './producer-state.ts';

/** What the metadata says of brokers. */
export interface BrokerView {
  /** Unfenced and not shutting down. */
  isEligible(nodeId: NodeId): boolean;
  /** Of the broker's registration, as this node's metadata has it. */
  epochOf(nodeId: NodeId): BrokerEpoch | undefined;
}

/** Plain options without defaults. */
export interface ReplicaOptions {
  readonly nodeId: NodeId;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  /** Exclusive end of what survives a power loss. */
  readonly durableOffset: Offset;
  /** As checkpointed. */
  readonly highWatermark: Offset;
  /** The log's own object (may be a getter): the log changes it with every append, cut and move of its start. */
  readonly leaderEpochs: LeaderEpochs;
  /** The log's own object (may be a getter), likewise. */
  readonly producers: ProducerStates;
  /** Whether the log lost nothing since this node ran last: it may then go on leading in the same leader epoch. */
  readonly startedClean: boolean;
  /** This life's broker epoch, from the answer to the registration; −1 before, when this node cannot lead. */
  brokerEpoch(): BrokerEpoch;
  /** A number that rises with each call and is never given twice in one life of the node, whatever the partition. */
  nextAttachId(): number;
  minInsyncReplicas(): number;
  readonly replicaLagTimeMaxMs: number;
  readonly maxInflightBytesPerFollower: number;
  readonly brokers: BrokerView;
}
