/** What replicas of one partition say to each other, and what the controller and a leader say. */
import type { BrokerEpoch, ErrorCode, LeaderEpoch, NodeId, Offset, PartitionEpoch, Uuid } from '@hapax/base';

/** A partition as the controller's log says. */
export interface PartitionState {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  /** Replicas that left the ISR below min ISR and may still be elected. [KIP-966] */
  readonly elr: readonly NodeId[];
  /** −1 where nobody leads. */
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** `recovering` after an unclean election, until the leader said that it goes on from what it has. */
  readonly leaderRecoveryState: 'recovered' | 'recovering';
}

/** Follower to leader: "this is my log, push me what comes after it". */
export interface Attach {
  /** Of the follower's registration: which life of the broker speaks. [KIP-903] */
  readonly brokerEpoch: BrokerEpoch;
  /** Names this attachment in all that follows; rises within one life of the follower. */
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly logEndOffset: Offset;
  /** Leader epoch of the last record, −1 for an empty log. */
  readonly lastEpoch: LeaderEpoch;
}

/** Leader to follower: the logs agree up to the follower's end; pushes begin there. */
export interface Attached {
  readonly type: 'attached';
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
}

/**
 * Leader to follower: the logs part. `epoch` is the largest that the leader has and that is not above the follower's
 * last, `offset` where it ends there. With `epoch` −1 nothing is shared: begin anew with an empty log at `offset`.
 */
export interface TruncateOrder {
  readonly type: 'truncate-order';
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly offset: Offset;
  readonly epoch: LeaderEpoch;
}

/** Leader (or one that is not) to follower: not attached. */
export interface AttachRefused {
  readonly type: 'attach-refused';
  readonly attachId: number;
  readonly error: ErrorCode;
}

/** What an attach is answered with. */
export type AttachAnswer = Attached | TruncateOrder | AttachRefused;

/** Leader's driver: read up to `maxBytes` from `fromOffset` and send it with these; with 0, only the marks. */
export interface PushPlan {
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly fromOffset: Offset;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
  readonly maxBytes: number;
}

/** A push as it arrived; its batches' headers come beside it. */
export interface Push {
  readonly from: NodeId;
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  /** The leader's `fromOffset`: where the follower's log must end. */
  readonly baseOffset: Offset;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

/** Follower to leader: all below `durableOffset` survives a power loss here, and the log begins at `logStartOffset`. */
export interface Ack {
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly durableOffset: Offset;
  readonly logStartOffset: Offset;
}

/** Leader to controller: this should be the ISR. [KIP-497, KIP-903] */
export interface AlterPartition {
  readonly leaderEpoch: LeaderEpoch;
  /** Of the state that this changes. */
  readonly partitionEpoch: PartitionEpoch;
  /** With the broker epochs that the leader decided by, −1 where it knows none. */
  readonly isr: readonly { readonly id: NodeId; readonly epoch: BrokerEpoch }[];
  /** Always `recovered`: a leader that was elected uncleanly says so before it lets anybody join. */
  readonly leaderRecoveryState: 'recovered';
}

/** Controller to leader. The first two fields are those of the request: an answer to an older one is dropped. */
export interface AlterPartitionAnswer {
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly error: ErrorCode;
  /** The partition after the change; without it the change is learnt from the metadata. */
  readonly state?: PartitionState;
}
