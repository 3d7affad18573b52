/** The group coordinator of one partition of `__consumer_offsets`: the classic group protocol and committed offsets. */
import { ErrorCode, type Offset, type Random, sometimes, unreachable } from '@hapax/base';
import { Coordinator, type CoordinatorPhase, type LogWriter, type RecordPosition } from '@hapax/state-machine';
import type {
  HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, ListGroupsAnswer, ListGroupsRequest, OffsetCommitRequest,
  OffsetDeleteRequest, OffsetFetchGroupRequest, RequestContext, SyncGroupRequest, GroupAnswer, TxnOffsetCommitContext,
  TxnOffsetCommitRequest,
} from './answers.ts';
import type { GroupConfig } from './config.ts';
import { deleteOffsetsOfTopic, sweepExpired } from './expiry.ts';
import type { GroupRecord, LoggedRecord, TransactionEndRecord } from './group-record.ts';
import { deleteGroupAnswer, onDeleteGroup } from './handlers/delete-groups.ts';
import { describeGroupError, onDescribeGroup } from './handlers/describe-groups.ts';
import { heartbeatError, onHeartbeat } from './handlers/heartbeat.ts';
import { joinGroupError, onJoinGroup } from './handlers/join-group.ts';
import { leaveGroupError, onLeaveGroup } from './handlers/leave-group.ts';
import { listLiveGroups } from './handlers/list-groups.ts';
import { offsetCommitError, onOffsetCommit } from './handlers/offset-commit.ts';
import { offsetDeleteError, onOffsetDelete } from './handlers/offset-delete.ts';
import { offsetFetchError, onOffsetFetchGroup } from './handlers/offset-fetch.ts';
import { onSyncGroup, syncGroupError } from './handlers/sync-group.ts';
import { onTxnOffsetCommit, txnOffsetCommitError } from './handlers/txn-offset-commit.ts';
import { LiveGroups, type GroupFrame, type TokenAnswer, type TopicsView } from './live-groups.ts';
import { onPendingTimer, onSessionTimer } from './membership.ts';
import { onRebalanceTimer, onSyncTimer } from './rebalance.ts';
import { ReplayedState } from './replayed-state.ts';
import type { Timer } from './timer.ts';

export interface GroupCoordinatorOptions {
  readonly writer: LogWriter<GroupRecord>;
  readonly config: GroupConfig;
  /** For member ids. */
  readonly random: Random;
  readonly topics: TopicsView;
}

/**
 * Requests are given with a token (whatever the driver answers with) and get exactly one answer, taken by
 * {@link takeAnswers} after any call. Byte fields of requests are copied where they must stay.
 */
export class GroupCoordinator<T> {
  private readonly frame: GroupFrame;
  private readonly live: LiveGroups<T>;
  private nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(options: GroupCoordinatorOptions) {
    const { writer, config, random, topics } = options;
    const { parkedMax, commitTimeoutMs } = config;
    this.frame = new Coordinator({ fresh: () => new ReplayedState(), writer, parkedMax, commitTimeoutMs });
    this.live = new LiveGroups({ frame: this.frame, config, random, topics });
  }

  get phase(): CoordinatorPhase {
    return this.frame.phase;
  }

  /** What the log says, committed or not. For inspection and checks; never written to. */
  get state(): ReplayedState {
    return this.frame.state;
  }

  /** What the members see. For inspection and checks; never written to. */
  get groups(): LiveGroups<T> {
    return this.live;
  }

  /** This node came to lead the partition, or must read it again: whoever waits is told to ask anew. */
  beginLoading(): void {
    this.live.endAll(ErrorCode.NOT_COORDINATOR);
    this.frame.beginLoading();
  }

  /**
   * One record of the log, in order, with the producer of its batch where that is transactional. Markers are records,
   * too; those that {@link decodeGroupRecord} does not know are left out.
   */
  replayLoaded(record: LoggedRecord, at: RecordPosition): void {
    this.frame.replayLoaded(record, at);
  }

  /**
   * A marker was appended to the log just now: the transaction's offsets count, or are gone. Answers that tell so wait
   * for its commit. While the log loads this does nothing, for the marker is loaded with the rest. [O5, O6]
   */
  applyMarker(marker: TransactionEndRecord, at: RecordPosition): void {
    sometimes(this.frame.phase !== 'active', 'group: a marker is appended before the log is read');
    if (this.frame.phase !== 'active') return;
    const groupIds = this.state.pendingOffsets.groupsOf(marker.producerId);
    this.frame.applyExternal(marker, at);
    for (const groupId of groupIds) {
      const group = this.live.find(groupId);
      if (group !== undefined) this.live.maybeForget(group);
    }
  }

  /** Everything in the log was replayed. Groups with members go on, each member with a new session. */
  becomeActive(committedOffset: Offset, nowMs: number): void {
    this.frame.becomeActive(committedOffset);
    this.live.now = { nowMs, wallMs: this.live.now.wallMs };
    this.nextSweepMs = nowMs + this.live.config.offsetsRetentionCheckIntervalMs;
    this.live.resumeAll();
  }

  /** This node leads the partition no longer. */
  becomeInactive(): void {
    this.live.endAll(ErrorCode.NOT_COORDINATOR);
    this.frame.becomeInactive();
  }

  /** Everything up to and with this offset is committed. */
  onCommitted(offset: Offset): void {
    this.frame.onCommitted(offset);
  }

  /** Time passed: sessions end, rebalances go on, old offsets expire. */
  tick(nowMs: number, wallMs: number): void {
    this.live.now = { nowMs, wallMs };
    this.frame.tick(nowMs);
    if (this.frame.phase !== 'active') return;
    for (const timer of this.live.timers.takeDue(nowMs)) {
      // An earlier one of them may have set it anew: then it is not due. Those that it cancelled find nothing to do.
      if (this.live.timers.dueMs(timer) === undefined) this.onTimer(timer);
    }
    if (nowMs < this.nextSweepMs) return;
    this.nextSweepMs = nowMs + this.live.config.offsetsRetentionCheckIntervalMs;
    sweepExpired(this.live);
  }

  /** When {@link tick} has work next, as far as groups are concerned; undefined where nothing is due. */
  nextDueMs(): number | undefined {
    return this.live.timers.nextDueMs();
  }

  /** The topic is gone: its offsets go too. Nobody waits for it; whatever is not written expires later. */
  onTopicDeleted(topic: string): void {
    if (this.frame.phase === 'active') deleteOffsetsOfTopic(this.live, topic);
  }

  joinGroup(token: T, request: JoinGroupRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => joinGroupError(error, request.memberId), () =>
      onJoinGroup(this.live, { token, request, context }));
  }

  syncGroup(token: T, request: SyncGroupRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, syncGroupError, () => onSyncGroup(this.live, token, request));
  }

  heartbeat(token: T, request: HeartbeatRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, heartbeatError, () => onHeartbeat(this.live, token, request));
  }

  leaveGroup(token: T, request: LeaveGroupRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, leaveGroupError, () => onLeaveGroup(this.live, token, request, context));
  }

  offsetCommit(token: T, request: OffsetCommitRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => offsetCommitError(error, request), () =>
      onOffsetCommit(this.live, token, request, context));
  }

  /** Offsets as part of a transaction that the caller has had verified. [O1] */
  txnOffsetCommit(token: T, request: TxnOffsetCommitRequest, context: TxnOffsetCommitContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => txnOffsetCommitError(error, request), () =>
      onTxnOffsetCommit(this.live, token, request, context));
  }

  /** One group of an OffsetFetch. */
  offsetFetchGroup(token: T, request: OffsetFetchGroupRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => offsetFetchError(error, request.groupId), () =>
      onOffsetFetchGroup(this.live, token, request));
  }

  offsetDelete(token: T, request: OffsetDeleteRequest, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, offsetDeleteError, () => onOffsetDelete(this.live, token, request));
  }

  /** One group of a DescribeGroups. */
  describeGroup(token: T, groupId: string, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => describeGroupError(error, groupId), () =>
      onDescribeGroup(this.live, token, groupId, context));
  }

  /** One group of a DeleteGroups. */
  deleteGroup(token: T, groupId: string, context: RequestContext, nowMs: number): void {
    this.serve(token, { context, nowMs }, (error) => deleteGroupAnswer(error, groupId), () =>
      onDeleteGroup(this.live, token, groupId));
  }

  /** Immediate: a list of groups is out of date when it arrives. Empty where this node does not coordinate. */
  listGroups(request: ListGroupsRequest): ListGroupsAnswer {
    switch (this.frame.phase) {
      case 'active':
        return listLiveGroups(this.live, request);
      case 'loading':
        return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, groups: [] };
      case 'inactive':
        return { errorCode: ErrorCode.NONE, groups: [] };
      default:
        return unreachable(this.frame.phase);
    }
  }

  /** The answers that are ready, in the order they came about. */
  takeAnswers(): TokenAnswer<T>[] {
    return this.live.takeAnswers();
  }

  private serve(
    token: T,
    at: { readonly context: RequestContext; readonly nowMs: number },
    refuse: (error: ErrorCode) => GroupAnswer,
    handle: () => void,
  ): void {
    this.live.now = { nowMs: at.nowMs, wallMs: at.context.wallMs };
    if (this.frame.phase === 'active') return handle();
    const error = this.frame.phase === 'loading'
      ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
      : ErrorCode.NOT_COORDINATOR;
    this.live.answer(token, refuse(error));
  }

  private onTimer(timer: Timer<T>): void {
    const { live } = this;
    switch (timer.kind) {
      case 'session':
        return onSessionTimer(live, timer);
      case 'pending':
        return onPendingTimer(live, timer);
      case 'rebalance':
        return onRebalanceTimer(live, timer.group);
      case 'sync':
        return onSyncTimer(live, timer.group);
      default:
        return unreachable(timer);
    }
  }
}
