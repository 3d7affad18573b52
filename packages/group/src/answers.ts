/** Requests and answers of the group coordinator, as the wire tables type them. */
import type {
  deleteGroups, describeGroups, heartbeat, joinGroup, leaveGroup, listGroups, offsetCommit, offsetDelete, offsetFetch,
  RequestOf, ResponseInput, syncGroup, txnOffsetCommit,
} from '@hapax/wire';

export type JoinGroupRequest = RequestOf<typeof joinGroup>;
export type SyncGroupRequest = RequestOf<typeof syncGroup>;
export type HeartbeatRequest = RequestOf<typeof heartbeat>;
export type LeaveGroupRequest = RequestOf<typeof leaveGroup>;
export type OffsetCommitRequest = RequestOf<typeof offsetCommit>;
export type OffsetDeleteRequest = RequestOf<typeof offsetDelete>;
export type ListGroupsRequest = RequestOf<typeof listGroups>;
export type TxnOffsetCommitRequest = RequestOf<typeof txnOffsetCommit>;
/** One group of an OffsetFetch, in the form of version 8; the broker brings older requests into it. */
export interface OffsetFetchGroupRequest
  extends Pick<RequestOf<typeof offsetFetch>['groups'][number], 'groupId' | 'topics'> {
  /** Whether partitions with an offset in an open transaction are answered UNSTABLE_OFFSET_COMMIT. [O7] */
  readonly requireStable: boolean;
}

export type JoinGroupAnswer = ResponseInput<typeof joinGroup>;
export type SyncGroupAnswer = ResponseInput<typeof syncGroup>;
export type HeartbeatAnswer = ResponseInput<typeof heartbeat>;
export type LeaveGroupAnswer = ResponseInput<typeof leaveGroup>;
export type OffsetCommitAnswer = ResponseInput<typeof offsetCommit>;
export type OffsetDeleteAnswer = ResponseInput<typeof offsetDelete>;
export type TxnOffsetCommitAnswer = ResponseInput<typeof txnOffsetCommit>;
export type ListGroupsAnswer = ResponseInput<typeof listGroups>;
/** One entry of an OffsetFetch response of version 8. */
export type OffsetFetchGroupAnswer = NonNullable<ResponseInput<typeof offsetFetch>['groups']>[number];
/** One entry of a DescribeGroups response. */
export type DescribeGroupAnswer = NonNullable<ResponseInput<typeof describeGroups>['groups']>[number];
/** One entry of a DeleteGroups response. */
export type DeleteGroupAnswer = NonNullable<ResponseInput<typeof deleteGroups>['results']>[number];

/** What {@link GroupCoordinator.takeAnswers} gives for a request: which of these, its API says. */
export type GroupAnswer =
  | JoinGroupAnswer | SyncGroupAnswer | HeartbeatAnswer | LeaveGroupAnswer | OffsetCommitAnswer | OffsetDeleteAnswer
  | TxnOffsetCommitAnswer | OffsetFetchGroupAnswer | DescribeGroupAnswer | DeleteGroupAnswer;

/** Who asks, how, and when. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string;
  /** The client's address as people should see it. */
  readonly clientHost: string;
  /** Milliseconds since 1970: the time that is written into records. */
  readonly wallMs: number;
}

/** Who commits offsets in a transaction. */
export interface TxnOffsetCommitContext extends RequestContext {
  /** What the log gave before the transaction's coordinator was asked; goes back to it with the append. [V3] */
  readonly verification?: unknown;
}
