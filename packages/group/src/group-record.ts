/** The records of the group coordinator, as plain values. Their bytes are in `record-codec.ts`. */
import type { LeaderEpoch, Offset, ProducerId, Uuid } from '@hapax/base';

/** A member as its group's record tells it. */
export interface MemberMetadata {
  readonly memberId: string;
  /** The name of a static member; null for a dynamic one. [KIP-345] */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The member's metadata for the protocol that was chosen. */
  readonly subscription: Uint8Array;
  /** What the generation's leader gave it. */
  readonly assignment: Uint8Array;
}

/** A generation of a group. */
export interface GroupMetadata {
  /** `consumer`, `connect` and the like; empty where it was never said. */
  readonly protocolType: string;
  readonly generation: number;
  /** The protocol (assignor) that was chosen; null where there are no members. */
  readonly protocol: string | null;
  readonly leader: string | null;
  /** When the group came to the state that the record tells, in milliseconds since 1970; −1 in old records. */
  readonly currentStateTimestampMs: number;
  /** Empty for a group without members. */
  readonly members: readonly MemberMetadata[];
}

/** A committed offset of one partition. */
export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: Offset;
  /** The leader epoch of the last record read; −1 where the client did not say. */
  readonly leaderEpoch: LeaderEpoch;
  /** A text of the client's, which means nothing here. */
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** When it expires, where the client asked for a retention of its own (OffsetCommit up to version 4); else −1. */
  readonly expireTimestampMs: number;
  /** The topic's id where the client committed by id; the zero id otherwise. */
  readonly topicId: Uuid;
}

/** What a group is now; null: it is deleted. */
export interface GroupMetadataRecord {
  readonly kind: 'group';
  readonly groupId: string;
  readonly value: GroupMetadata | null;
}

/** An offset; null: it is deleted. Whether it belongs to a transaction, its batch says. */
export interface OffsetRecord {
  readonly kind: 'offset';
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
}

/** Everything that this coordinator writes to its partition of `__consumer_offsets`. */
export type GroupRecord = GroupMetadataRecord | OffsetRecord;

/** The marker by which a transaction's coordinator ends what its producer wrote here. */
export interface TransactionEndRecord {
  readonly kind: 'transaction-end';
  readonly producerId: ProducerId;
  readonly outcome: 'commit' | 'abort';
}

/** Everything that the partition holds. */
export type LoggedRecord = GroupRecord | TransactionEndRecord;
