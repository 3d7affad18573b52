/** One partition on one node: a synchronous machine that is leader, follower or offline, and says what must be done. */
import { assert, ErrorCode, type LeaderEpoch, type NodeId, NONE, type Offset, sometimes } from '@hapax/base';
import { type AppendOptions, type AppendVerdict, judgeBatches, leaderRefusal } from './append-verdict.ts';
import { AppendWaits } from './append-waits.ts';
import type { AppendedBatch } from './appended-batch.ts';
import { Follower, type PushVerdict } from './follower.ts';
import type { FollowerProgress } from './follower-progress.ts';
import { attachRefused, Leader } from './leader.ts';
import { isToFollow, mayBeginToLead } from './leadership.ts';
import { LogPositions } from './log-positions.ts';
import type {
  Ack, AlterPartitionAnswer, Attach, Attached, AttachRefused, PartitionState, Push, PushPlan, TruncateOrder,
} from './message.ts';
import { Outbox, type ReplicaReady, type Role, type TruncateTo } from './ready.ts';
import type { ReplicaOptions } from './replica-options.ts';
import {
  GUARDS_MAX, type TransactionalBatch, VerificationGuards, type VerificationVerdict,
} from './verification-guards.ts';

/** `T` is what the driver knows waiting requests by. */
export class Replica<T> {
  private readonly options: ReplicaOptions;
  private readonly positions: LogPositions;
  private readonly outbox = new Outbox<T>();
  private readonly waits: AppendWaits<T>;
  /** Of this leadership. */
  private readonly guards = new VerificationGuards({ max: GUARDS_MAX });
  private state: PartitionState | undefined;
  /** Invariant: not both. */
  private leading: Leader | undefined;
  private following: Follower | undefined;
  /** The cut that the driver was asked for. */
  private cut: TruncateTo | undefined;
  /** The latest time that was told. */
  private nowMs = 0;

  constructor(options: ReplicaOptions) {
    this.options = options;
    this.positions = new LogPositions(options);
    this.waits = new AppendWaits({ positions: this.positions, outbox: this.outbox });
  }

  get role(): Role {
    if (this.leading !== undefined) return 'leader';
    return this.following === undefined ? 'offline' : 'follower';
  }

  get isLeader(): boolean {
    return this.leading !== undefined;
  }

  /** Of the state known last; −1 before the first. */
  get leaderEpoch(): LeaderEpoch {
    return this.state?.leaderEpoch ?? NONE;
  }

  /** The state known last. */
  get partitionState(): PartitionState | undefined {
    return this.state;
  }

  get logStartOffset(): Offset {
    return this.positions.logStartOffset;
  }

  get logEndOffset(): Offset {
    return this.positions.logEndOffset;
  }

  get durableOffset(): Offset {
    return this.positions.durableOffset;
  }

  get highWatermark(): Offset {
    return this.positions.highWatermark;
  }

  /**
   * Where a read_committed consumer's view ends: before the first transaction that is open, or whose marker is not
   * committed, but not before the log start. [L1–L3] It moves only when the high watermark does, or the log start.
   */
  get lastStableOffset(): Offset {
    const { highWatermark, logStartOffset } = this.positions;
    const unstable = this.options.producers.firstUnstableOffset(highWatermark) ?? highWatermark;
    return Math.min(Math.max(unstable, logStartOffset), highWatermark);
  }

  /** Whether "latest" can be answered: a fresh leader may not know yet how far the former one had committed. [S3] */
  get isLatestOffsetAvailable(): boolean {
    return this.leading !== undefined && this.positions.highWatermark >= this.leading.epochStartOffset;
  }

  get isUnderMinIsr(): boolean {
    return this.leading?.isUnderMinIsr ?? false;
  }

  /** How each follower is, as the leader sees it; empty elsewhere. */
  followers(): readonly FollowerProgress[] {
    return this.leading?.progress() ?? [];
  }

  /** The metadata says how the partition is. What is not newer is dropped, so a late message does no harm. */
  onPartitionState(state: PartitionState, nowMs: number): void {
    assert(
      state.topicId === this.options.topicId && state.partition === this.options.partition,
      () => `${this.options.topicId}-${this.options.partition} was told of ${state.topicId}-${state.partition}`,
    );
    const known = this.state;
    this.nowMs = nowMs;
    if (known !== undefined) {
      if (state.leaderEpoch < known.leaderEpoch) return;
      if (state.leaderEpoch === known.leaderEpoch && state.partitionEpoch <= known.partitionEpoch) return;
    }
    this.state = state;
    const isSameLeadership = known?.leaderEpoch === state.leaderEpoch && known.leader === state.leader;
    if (!isSameLeadership || this.role === 'offline') this.becomeWhatStateSays(nowMs);
    else if (this.leading !== undefined) this.leading.onPartitionChanged(state, nowMs);
    else if (!isToFollow(state, this.options.nodeId)) this.becomeOffline();
    this.answerWaits();
  }

  /**
   * Whether batches may be appended, and where. Call, write, and call `onAppended` in one turn. Refusals:
   * NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS (acks −1 below min ISR [H1]), and those of the producer's state and of
   * transactions that their coordinator did not confirm.
   */
  prepareAppend(batches: readonly AppendedBatch[], options: AppendOptions, nowMs: number): AppendVerdict {
    this.nowMs = nowMs;
    const { leading, guards } = this;
    if (leading === undefined) return this.refuseToLead();
    const refusal = leaderRefusal(leading, options, this.waits.isFull(options.requiredAcks === -1 ? -1 : 1));
    if (refusal !== undefined) return refusal;
    const verdict = judgeBatches({ producers: this.options.producers, guards }, batches, options.origin);
    if (verdict.kind !== 'append') return verdict;
    return { kind: 'append', baseOffset: this.positions.logEndOffset, leaderEpoch: leading.leaderEpoch };
  }

  /**
   * Whether the coordinator must be asked first whether the transaction of a batch has this partition: where it has no
   * records here yet. The guard goes into `prepareAppend` once the coordinator has said yes. [V1, V2]
   */
  verificationFor(batch: TransactionalBatch, nowMs: number): VerificationVerdict {
    if (this.leading === undefined) return this.refuseToLead();
    return this.guards.verdictFor(batch, this.options.producers, nowMs);
  }

  /**
   * The driver wrote these batches, stamped as `prepareAppend` said; the log noted their epochs and producers.
   * `transactionVersion`: of markers, as it was given to `prepareAppend`.
   */
  onAppended(batches: readonly AppendedBatch[], nowMs: number, transactionVersion = 0): void {
    this.nowMs = nowMs;
    assert(this.leading !== undefined, () => `a ${this.role} appended as a leader`);
    for (const batch of batches) this.guards.onAppended(batch, transactionVersion);
    this.leading.onAppended(batches, nowMs);
  }

  /**
   * All below `offset` survives a power loss of this node. The driver must not report what was cut meanwhile: a report
   * is about the log as it is now. [bug 61]
   */
  onLocalDurable(offset: Offset, nowMs: number): void {
    this.nowMs = nowMs;
    if (!this.positions.setDurable(offset)) return;
    this.following?.maybeAck();
    this.leading?.onLocalDurable(nowMs);
    this.answerWaits();
  }

  /**
   * Answers `token` with NONE once `lastOffset` is committed, with 20 where that cannot be for now, with 6 where this
   * node does not lead (any more), with 7 when it is late. Exactly one answer, in a {@link ReplicaReady}.
   */
  awaitCommit(token: T, lastOffset: Offset, deadlineMs: number): void {
    this.waits.awaitCommit(this.leading, token, lastOffset, deadlineMs);
  }

  /** Answers `token` with NONE once `lastOffset` is durable on this node alone (acks=1), else with 6 or 7. */
  awaitDurable(token: T, lastOffset: Offset, deadlineMs: number): void {
    this.waits.awaitDurable(this.leading, token, lastOffset, deadlineMs);
  }

  /** Leader: a follower says how its log ends. Any other role refuses. */
  onAttach(from: NodeId, attach: Attach, nowMs: number): void {
    this.nowMs = nowMs;
    if (this.leading !== undefined) this.leading.onAttach(from, attach, nowMs);
    else this.outbox.send(from, attachRefused(attach, this.checkLeaderEpoch(attach.leaderEpoch)));
  }

  /** Leader: a follower says what is durable there. */
  onAck(from: NodeId, ack: Ack, nowMs: number): void {
    this.nowMs = nowMs;
    if (this.leading === undefined) return;
    this.leading.onAck(from, ack, nowMs);
    this.answerWaits();
  }

  /**
   * Leader: a follower detached, or its stream closed. With `attachId` nothing happens unless that attachment is the
   * current one, so that the end of an old stream does not end a newer attachment.
   */
  onDetach(from: NodeId, nowMs: number, attachId?: number): void {
    this.nowMs = nowMs;
    this.leading?.onDetach(from, attachId, nowMs);
  }

  /** Leader: what to push to a follower, or undefined. Marks alone wait about 50 ms for data to ride on. */
  nextPush(to: NodeId): PushPlan | undefined {
    return this.leading?.nextPush(to);
  }

  /** Leader: the driver sent what `nextPush` said, with batches up to `endOffset` (exclusive), `sizeBytes` of them. */
  onPushed(to: NodeId, endOffset: Offset, sizeBytes: number, nowMs: number): void {
    this.nowMs = nowMs;
    this.leading?.onPushed(to, endOffset, sizeBytes, nowMs);
  }

  /** Follower: the leader accepted the attach. */
  onAttached(message: Attached, nowMs: number): void {
    this.nowMs = nowMs;
    this.following?.onAttached(message);
  }

  /** Follower: the leader found that the logs part. */
  onTruncateOrder(message: TruncateOrder, nowMs: number): void {
    this.nowMs = nowMs;
    this.following?.onTruncateOrder(message, nowMs);
  }

  /** Follower: the attach was refused. */
  onAttachRefused(message: AttachRefused, nowMs: number): void {
    this.nowMs = nowMs;
    this.following?.onAttachRefused(message, nowMs);
  }

  /** Follower: the stream to the leader closed or cannot be used. It attaches again by itself, 50 ms later. */
  onStreamLost(nowMs: number): void {
    this.nowMs = nowMs;
    this.following?.onStreamLost(nowMs);
  }

  /** Follower: attach anew at once: a stream opened, this node has a new broker epoch, or pushed bytes were damaged. */
  requestAttach(nowMs: number): void {
    this.nowMs = nowMs;
    this.following?.requestAttach(nowMs);
  }

  /**
   * Follower: whether a push is to be written. On `append` with batches: write, and call `onReplicated` in one turn.
   * Of `reattach` the driver has nothing to do: the machine attaches again by itself.
   */
  preparePush(push: Push, batches: readonly AppendedBatch[], nowMs: number): PushVerdict {
    this.nowMs = nowMs;
    return this.following?.preparePush(push, batches, nowMs) ?? { kind: 'ignore', reason: `this is ${this.role}` };
  }

  /** Follower: the driver wrote these batches; the log noted their epochs and producers. */
  onReplicated(batches: readonly AppendedBatch[], nowMs: number): void {
    this.nowMs = nowMs;
    assert(this.following !== undefined, () => `a ${this.role} appended as a follower`);
    this.following.onReplicated(batches);
  }

  /** The driver cut the log as `truncateTo` said, or wholly batches below it: it ends at `offset` now. */
  onTruncated(offset: Offset): void {
    const { cut } = this;
    assert(cut !== undefined, () => `the log was cut at ${offset}, but no cut was asked for`);
    this.cut = undefined;
    this.positions.truncate({ offset, startAt: cut.startAt });
    this.following?.onTruncated(this.nowMs);
  }

  /** The driver dropped all records before `offset`. */
  onLogStartAdvanced(offset: Offset): void {
    if (!this.positions.advanceStart(offset)) return;
    this.leading?.onLogStartAdvanced();
    this.following?.maybeAck();
  }

  /** Leader: the controller answered a proposal. */
  onAlterPartitionAnswer(answer: AlterPartitionAnswer, nowMs: number): void {
    this.nowMs = nowMs;
    const { leading } = this;
    if (leading === undefined) return;
    leading.onAlterPartitionAnswer(answer, nowMs);
    if (answer.error === ErrorCode.NONE && answer.state !== undefined) this.onPartitionState(answer.state, nowMs);
    this.answerWaits();
  }

  /** Time passed. Call it every 10 to 100 ms. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    const { state } = this;
    // The metadata may show by now that this life of the broker is the registered one.
    if (state !== undefined && this.role === 'offline' && this.mayLead(state)) this.becomeLeader(state, nowMs);
    this.leading?.tick(nowMs);
    this.following?.tick(nowMs);
    this.answerWaits();
    this.waits.answerExpired(nowMs);
  }

  /** Checks the leader epoch that a request was made with; −1 is not checked. [H13, KIP-320, bug 78] */
  checkLeaderEpoch(currentLeaderEpoch: LeaderEpoch): ErrorCode {
    if (currentLeaderEpoch >= 0) {
      if (currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
      if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    }
    return this.isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** OffsetForLeaderEpoch: answered by the leader only. [H14, S5, bug 100] */
  epochEndOffset(
    currentLeaderEpoch: LeaderEpoch,
    epoch: LeaderEpoch,
  ): { readonly error: ErrorCode; readonly epoch: LeaderEpoch; readonly endOffset: Offset } {
    const error = this.checkLeaderEpoch(currentLeaderEpoch);
    if (error !== ErrorCode.NONE) return { error, epoch: NONE, endOffset: NONE };
    return { error, ...this.options.leaderEpochs.endOffsetFor(epoch, this.positions.logEndOffset) };
  }

  /** This node keeps the partition no longer, or stops: whoever waits is answered, and nothing more is wanted. */
  close(): void {
    this.outbox.dropRoleWork();
    this.leading = undefined;
    this.following = undefined;
    this.waits.refuseAll();
  }

  /** Takes the work that has come together; undefined where there is none. */
  takeReady(): ReplicaReady<T> | undefined {
    let pushable: readonly NodeId[] = [];
    if (this.outbox.hasPushes && this.leading !== undefined) {
      this.outbox.hasPushes = false;
      pushable = this.leading.takePushable();
    }
    if (this.outbox.highWatermark !== undefined) this.options.producers.onReplicated(this.outbox.highWatermark);
    if (this.outbox.truncateTo !== undefined) this.cut = this.outbox.truncateTo;
    return this.outbox.take(pushable);
  }

  private refuseToLead(): Extract<VerificationVerdict, { readonly kind: 'refuse' }> {
    const message = `node ${this.options.nodeId} is ${this.role}`;
    return { kind: 'refuse', error: ErrorCode.NOT_LEADER_OR_FOLLOWER, message };
  }

  /** The one place where the role changes. */
  private becomeWhatStateSays(nowMs: number): void {
    const state = this.state as PartitionState;
    if (this.mayLead(state)) this.becomeLeader(state, nowMs);
    else if (isToFollow(state, this.options.nodeId)) this.becomeFollower(state, nowMs);
    else this.becomeOffline();
  }

  private becomeLeader(state: PartitionState, nowMs: number): void {
    this.outbox.dropRoleWork();
    this.guards.clear();
    this.following = undefined;
    const { options, positions, outbox } = this;
    // Requests that wait go on: a leader that is elected again has lost nothing that they wait for.
    this.leading = new Leader({ options, positions, outbox }, state, nowMs);
    this.announce(state);
    // A partition that this node alone replicates needs no word from anybody.
    this.leading.onPartitionChanged(state, nowMs);
  }

  private becomeFollower(state: PartitionState, nowMs: number): void {
    sometimes(this.isLeader, 'replica: a leader becomes a follower');
    this.outbox.dropRoleWork();
    this.leading = undefined;
    this.waits.refuseAll();
    const { options, positions, outbox } = this;
    this.following = new Follower({ options, positions, outbox }, state, nowMs);
    this.announce(state);
  }

  private becomeOffline(): void {
    const state = this.state as PartitionState;
    const wasOffline = this.role === 'offline';
    this.outbox.dropRoleWork();
    this.leading = undefined;
    this.following = undefined;
    this.waits.refuseAll();
    if (!wasOffline) this.announce(state);
  }

  private announce(state: PartitionState): void {
    this.outbox.roleChanged = { role: this.role, leader: state.leader, leaderEpoch: state.leaderEpoch };
  }

  private mayLead(state: PartitionState): boolean {
    const isLeading = this.leading !== undefined && state.leader === this.options.nodeId;
    return isLeading || mayBeginToLead(state, this.options);
  }

  private answerWaits(): void {
    if (this.leading !== undefined) this.waits.answerReached(this.leading);
  }
}
