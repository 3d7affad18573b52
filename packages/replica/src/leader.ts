/** A replica that leads: takes appends, pushes them to followers, keeps the ISR, decides what is committed. */
import { assert, type BrokerEpoch, ErrorCode, type NodeId, NONE, type Offset, reachable, sometimes } from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';
import { FollowerProgress } from './follower-progress.ts';
import { commitPoint } from './high-watermark.ts';
import { InSyncSet } from './in-sync-set.ts';
import type { LogPositions } from './log-positions.ts';
import type { Ack, AlterPartitionAnswer, Attach, AttachRefused, PartitionState, PushPlan } from './message.ts';
import type { Outbox } from './ready.ts';
import type { ReplicaOptions } from './replica-options.ts';
import { findDivergence } from './truncation.ts';

/** How long a high watermark alone waits for data to ride on. */
const MARKS_HELD_MS = 50;
/** How long a replica that the controller refused is not proposed again. */
const REFUSED_FOR_MS = 1_000;

/** What is told to a leader about one partition in one leader epoch. */
export class Leader {
  readonly leaderEpoch: number;
  /** Where this leader epoch begins in the log. */
  readonly epochStartOffset: Offset;
  readonly inSync: InSyncSet;
  private readonly options: ReplicaOptions;
  private readonly positions: LogPositions;
  private readonly outbox: Outbox<unknown>;
  private followers: FollowerProgress[] = [];
  private nowMs: number;

  constructor(
    context: { readonly options: ReplicaOptions; readonly positions: LogPositions; readonly outbox: Outbox<unknown> },
    state: PartitionState,
    nowMs: number,
  ) {
    this.options = context.options;
    this.positions = context.positions;
    this.outbox = context.outbox;
    this.leaderEpoch = state.leaderEpoch;
    this.epochStartOffset = this.positions.logEndOffset;
    this.inSync = new InSyncSet(state);
    this.nowMs = nowMs;
    // Stored at once, not with the first append: elections without writes must be known too. [KAFKA-7415, bug 79]
    this.options.leaderEpochs.assign(this.leaderEpoch, this.epochStartOffset);
    this.syncFollowers(nowMs);
  }

  /** The effective min ISR: never more than there are replicas. [H1] */
  get minInsyncReplicas(): number {
    return Math.min(this.options.minInsyncReplicas(), this.inSync.replicas.length);
  }

  get isUnderMinIsr(): boolean {
    return this.inSync.committed.length < this.minInsyncReplicas;
  }

  /** How each follower is, for metrics and descriptions. */
  progress(): readonly FollowerProgress[] {
    return this.followers;
  }

  /** The controller changed the partition within this leader epoch. */
  onPartitionChanged(state: PartitionState, nowMs: number): void {
    this.nowMs = nowMs;
    this.inSync.commit(state);
    this.syncFollowers(nowMs);
    this.onIsrChanged(nowMs);
  }

  /** The driver wrote batches. */
  onAppended(batches: readonly AppendedBatch[], nowMs: number): void {
    this.nowMs = nowMs;
    for (const follower of this.followers) {
      // Up to now it had everything: an idle follower sends no acks, and must not leave at the first append for that.
      if (follower.durableOffset === this.positions.logEndOffset) follower.lastCaughtUpMs = nowMs;
      this.wake(follower);
    }
    this.positions.append(batches);
  }

  /** More of the own log is durable. */
  onLocalDurable(nowMs: number): void {
    this.nowMs = nowMs;
    this.maybeAdvanceHighWatermark();
  }

  /** A follower says how its log ends. */
  onAttach(from: NodeId, attach: Attach, nowMs: number): void {
    this.nowMs = nowMs;
    const follower = this.find(from);
    if (attach.leaderEpoch !== this.leaderEpoch) {
      const isOlder = attach.leaderEpoch < this.leaderEpoch;
      this.refuse(from, attach, isOlder ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH);
      return;
    }
    if (follower === undefined) {
      this.refuse(from, attach, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      return;
    }
    // Late words of an earlier attachment, or of an earlier life of that broker. [KIP-903, bug 83]
    sometimes(!follower.isNews(attach), 'replica: a late attach is dropped');
    if (!follower.isNews(attach)) return;
    follower.forget(attach);
    const divergence = findDivergence(
      {
        logStartOffset: this.positions.logStartOffset,
        logEndOffset: this.positions.logEndOffset,
        leaderEpochs: this.options.leaderEpochs,
      },
      attach,
    );
    if (divergence.kind === 'none') {
      this.accept(follower, attach);
      return;
    }
    // It is not attached while its log differs, and this says nothing about how far it is. [H16]
    if (divergence.kind === 'unknown') {
      this.refuse(from, attach, ErrorCode.OFFSET_OUT_OF_RANGE);
      return;
    }
    const { attachId } = attach;
    const { offset, epoch } = divergence;
    this.outbox.send(from, { type: 'truncate-order', attachId, leaderEpoch: this.leaderEpoch, offset, epoch });
  }

  /** A follower says what is durable there. What does not match the attachment is dropped. */
  onAck(from: NodeId, ack: Ack, nowMs: number): void {
    const follower = this.find(from);
    if (
      follower === undefined || !follower.isAttached || ack.attachId !== follower.attachId ||
      ack.leaderEpoch !== this.leaderEpoch || ack.durableOffset > follower.nextOffset ||
      ack.durableOffset < follower.durableOffset
    ) {
      return;
    }
    this.nowMs = nowMs;
    const wasFull = follower.inflightBytes >= this.options.maxInflightBytesPerFollower;
    follower.onAck(ack.durableOffset, this.positions.logEndOffset, nowMs);
    follower.logStartOffset = ack.logStartOffset;
    if (wasFull) this.wake(follower);
    if (!follower.counts) this.maybeProposeIsr(nowMs);
    this.maybeAdvanceHighWatermark();
  }

  /** The follower's stream closed; with `attachId` only if that attachment is still the current one. */
  onDetach(from: NodeId, attachId: number | undefined, nowMs: number): void {
    this.nowMs = nowMs;
    const follower = this.find(from);
    if (follower === undefined || (attachId !== undefined && attachId !== follower.attachId)) return;
    follower.detach();
  }

  /** What to send to a follower now, if anything. */
  nextPush(to: NodeId): PushPlan | undefined {
    const follower = this.find(to);
    if (follower === undefined || !this.isPushDue(follower)) return undefined;
    const hasData = follower.nextOffset < this.positions.logEndOffset;
    const windowBytes = Math.max(0, this.options.maxInflightBytesPerFollower - follower.inflightBytes);
    return {
      attachId: follower.attachId,
      leaderEpoch: this.leaderEpoch,
      fromOffset: follower.nextOffset,
      highWatermark: this.positions.highWatermark,
      logStartOffset: this.positions.logStartOffset,
      maxBytes: hasData ? windowBytes : 0,
    };
  }

  /** The driver sent what `nextPush` said, with batches up to `endOffset` (exclusive). */
  onPushed(to: NodeId, endOffset: Offset, sizeBytes: number, nowMs: number): void {
    this.nowMs = nowMs;
    const follower = this.find(to);
    if (follower === undefined || !follower.isAttached) return;
    assert(
      endOffset >= follower.nextOffset && endOffset <= this.positions.logEndOffset,
      () => `pushed up to ${endOffset}, outside of [${follower.nextOffset}, ${this.positions.logEndOffset}]`,
    );
    follower.onPushed(endOffset, sizeBytes);
    follower.toldHighWatermark = this.positions.highWatermark;
    follower.toldLogStartOffset = this.positions.logStartOffset;
    follower.untoldSinceMs = undefined;
    follower.areMarksDue = false;
    if (this.isPushDue(follower)) this.wake(follower);
  }

  /** Takes the list of followers that became pushable since the last time. */
  takePushable(): readonly NodeId[] {
    const pushable: NodeId[] = [];
    for (const follower of this.followers) {
      if (follower.isWoken && this.isPushDue(follower)) pushable.push(follower.nodeId);
      follower.isWoken = false;
    }
    return pushable;
  }

  /** The controller answered a proposal without a new state. */
  onAlterPartitionAnswer(answer: AlterPartitionAnswer, nowMs: number): void {
    this.nowMs = nowMs;
    for (const refused of this.inSync.onAnswer(answer, nowMs)) {
      const follower = this.find(refused);
      if (follower !== undefined) follower.candidateAfterMs = nowMs + REFUSED_FOR_MS;
    }
    // A refused member is no longer waited for.
    this.onIsrChanged(nowMs);
  }

  /** Time passed: laggards leave the ISR, what waited long enough is told. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    for (const follower of this.followers) this.tickMarks(follower, nowMs);
    const retry = this.inSync.takeRetry(nowMs);
    if (retry !== undefined) this.outbox.alterPartition = retry;
    this.maybeProposeIsr(nowMs);
    // A follower that is no longer waited for does not hold commits up any more. [bug 89]
    this.maybeAdvanceHighWatermark();
  }

  /** Records were deleted: a follower that still needed them cannot go on, and learns at its next attach where to. */
  onLogStartAdvanced(): void {
    for (const follower of this.followers) {
      if (!follower.isAttached || follower.nextOffset >= this.positions.logStartOffset) continue;
      follower.detach();
      const { attachId } = follower;
      this.outbox.send(follower.nodeId, { type: 'attach-refused', attachId, error: ErrorCode.OFFSET_OUT_OF_RANGE });
    }
  }

  private accept(follower: FollowerProgress, attach: Attach): void {
    follower.attach(attach);
    this.outbox.send(follower.nodeId, { type: 'attached', attachId: attach.attachId, leaderEpoch: this.leaderEpoch });
    // The marks follow at once: a follower that knows no high watermark cannot take over well.
    follower.areMarksDue = true;
    this.wake(follower);
  }

  private refuse(to: NodeId, attach: Attach, error: ErrorCode): void {
    this.outbox.send(to, attachRefused(attach, error));
  }

  private tickMarks(follower: FollowerProgress, nowMs: number): void {
    if (!follower.isAttached) return;
    const isTold = follower.toldHighWatermark >= this.positions.highWatermark &&
      follower.toldLogStartOffset >= this.positions.logStartOffset;
    if (isTold) follower.untoldSinceMs = undefined;
    else if (follower.untoldSinceMs === undefined) follower.untoldSinceMs = nowMs;
    else if (nowMs - follower.untoldSinceMs >= MARKS_HELD_MS) follower.areMarksDue = true;
    if (this.isPushDue(follower)) this.wake(follower);
  }

  private isPushDue(follower: FollowerProgress): boolean {
    if (!follower.isAttached) return false;
    if (follower.areMarksDue) return true;
    return follower.nextOffset < this.positions.logEndOffset &&
      follower.inflightBytes < this.options.maxInflightBytesPerFollower;
  }

  private wake(follower: FollowerProgress): void {
    if (!follower.isAttached) return;
    follower.isWoken = true;
    this.outbox.hasPushes = true;
  }

  private onIsrChanged(nowMs: number): void {
    this.countFollowers();
    this.maybeProposeIsr(nowMs);
    // After a shrink too: else requests wait for a replica that is gone. [KAFKA-13091, bug 89]
    this.maybeAdvanceHighWatermark();
  }

  /** Proposes one change of the ISR where one is due: recovery first, then who must leave, then who may join. */
  private maybeProposeIsr(nowMs: number): void {
    if (!this.inSync.mayPropose(nowMs)) return;
    const { committed } = this.inSync;
    if (this.inSync.isRecovering) {
      reachable('replica: a leader that was elected uncleanly goes on');
      this.propose([this.options.nodeId]);
      return;
    }
    const staying = committed.filter((id) => id === this.options.nodeId || !this.isLagging(id, nowMs));
    if (staying.length < committed.length) {
      reachable('replica: a laggard leaves the ISR');
      sometimes(staying.length === 1, 'replica: an ISR shrinks to its leader');
      this.propose(staying);
      return;
    }
    const joining = this.followers.filter((follower) => !follower.counts && this.mayJoin(follower, nowMs));
    sometimes(joining.length > 0, 'replica: a follower comes into the ISR');
    if (joining.length > 0) this.propose([...committed, ...joining.map((follower) => follower.nodeId)]);
  }

  private propose(isr: readonly NodeId[]): void {
    this.outbox.alterPartition = this.inSync.propose(isr, (nodeId) => this.decidedEpochOf(nodeId));
    this.countFollowers();
  }

  private decidedEpochOf(nodeId: NodeId): BrokerEpoch | undefined {
    if (nodeId === this.options.nodeId) return this.options.brokerEpoch();
    const follower = this.find(nodeId);
    if (follower !== undefined && follower.brokerEpoch !== NONE) return follower.brokerEpoch;
    return this.options.brokers.epochOf(nodeId);
  }

  private isLagging(nodeId: NodeId, nowMs: number): boolean {
    const follower = this.find(nodeId);
    return follower === undefined ||
      !follower.isCaughtUp(this.positions.logEndOffset, nowMs, this.options.replicaLagTimeMaxMs);
  }

  /**
   * Whether a follower may be proposed: it has all that is committed and all of earlier leader epochs, durable; it is
   * no laggard, who would have to leave at once; its broker may lead; and the very life of it that attached is the
   * registered one. [H6, KIP-841, bugs 82–84]
   */
  private mayJoin(follower: FollowerProgress, nowMs: number): boolean {
    return follower.durableOffset >= this.positions.highWatermark && this.isAboutToJoin(follower, nowMs);
  }

  /** As {@link mayJoin}, but perhaps still behind the high watermark. */
  private isAboutToJoin(follower: FollowerProgress, nowMs: number): boolean {
    return follower.durableOffset >= this.epochStartOffset &&
      follower.isCaughtUp(this.positions.logEndOffset, nowMs, this.options.replicaLagTimeMaxMs) &&
      this.isEligible(follower, nowMs);
  }

  private isEligible(follower: FollowerProgress, nowMs: number): boolean {
    return follower.isAttached && nowMs >= follower.candidateAfterMs &&
      this.options.brokers.isEligible(follower.nodeId) &&
      this.options.brokers.epochOf(follower.nodeId) === follower.brokerEpoch;
  }

  private maybeAdvanceHighWatermark(): void {
    // Fewer than min ISR hold no commit together: the last replica standing must not decide alone. [KIP-966, bug 85]
    if (this.isUnderMinIsr) return;
    const point = commitPoint(this.positions.durableOffset, this.followers, this.isAwaited);
    if (this.positions.raiseHighWatermark(point)) this.outbox.highWatermark = this.positions.highWatermark;
  }

  private readonly isAwaited = (follower: FollowerProgress): boolean => this.isAboutToJoin(follower, this.nowMs);

  private syncFollowers(nowMs: number): void {
    const { nodeId } = this.options;
    const followers: FollowerProgress[] = [];
    const { replicas, committed } = this.inSync;
    // A member of the ISR counts even where a reassignment took it off the list of replicas. [bug 95]
    for (const replica of [...replicas, ...committed.filter((id) => !replicas.includes(id))]) {
      if (replica === nodeId) continue;
      const isInSync = committed.includes(replica);
      // A member of the ISR gets the full time to show itself; any other is behind until it proves that it is not.
      followers.push(
        this.find(replica) ?? new FollowerProgress(replica, isInSync ? nowMs : Number.NEGATIVE_INFINITY),
      );
    }
    this.followers = followers;
    this.countFollowers();
  }

  private countFollowers(): void {
    for (const follower of this.followers) follower.counts = this.inSync.maximalHas(follower.nodeId);
  }

  private find(nodeId: NodeId): FollowerProgress | undefined {
    for (const follower of this.followers) if (follower.nodeId === nodeId) return follower;
    return undefined;
  }
}

/** The refusal of an attach. */
export function attachRefused(attach: Attach, error: ErrorCode): AttachRefused {
  return { type: 'attach-refused', attachId: attach.attachId, error };
}
