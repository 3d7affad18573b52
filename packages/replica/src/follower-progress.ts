/** What a leader knows of one follower: its attachment, how far it is, and how much is on the way to it. */
import { NONE, type BrokerEpoch, type NodeId, type Offset } from '@hapax/base';
import type { Attach } from './message.ts';

/** One follower in one leader epoch. */
export class FollowerProgress {
  readonly nodeId: NodeId;
  isAttached = false;
  attachId = NONE;
  /** The life of the broker that attached. All decisions about the ISR are made by this one number. [bugs 83, 84] */
  brokerEpoch: BrokerEpoch = NONE;
  /** Whether commits wait for it: it is in the maximal ISR. */
  counts = false;
  /** Exclusive end of what was pushed in this attachment. */
  nextOffset: Offset = 0;
  /** As acked in this attachment; −1 before. */
  durableOffset: Offset = NONE;
  /** Where its log begins, as acked in this attachment; −1 before. */
  logStartOffset: Offset = NONE;
  /** When it last had all that the leader had. */
  lastCaughtUpMs: number;
  inflightBytes = 0;
  /** No proposal to take it into the ISR before this: the controller refused one. */
  candidateAfterMs = Number.NEGATIVE_INFINITY;
  /** The high watermark and log start that were told, and since when newer ones are not. */
  toldHighWatermark: Offset = NONE;
  toldLogStartOffset: Offset = NONE;
  untoldSinceMs: number | undefined;
  /** Whether the marks alone are worth a push now. */
  areMarksDue = false;
  /** Whether something changed since the driver was last told that a push is possible. */
  isWoken = false;

  private lastAckMs = Number.NEGATIVE_INFINITY;
  private leaderEndAtLastAck: Offset = NONE;
  private pushEnds: Offset[] = [];
  private pushSizes: number[] = [];
  private pushHead = 0;

  constructor(nodeId: NodeId, caughtUpMs: number) {
    this.nodeId = nodeId;
    this.lastCaughtUpMs = caughtUpMs;
  }

  /** Whether an attach is later than all that were seen: of a later life of the broker, or later in this one. */
  isNews(attach: Attach): boolean {
    if (attach.brokerEpoch !== this.brokerEpoch) return attach.brokerEpoch > this.brokerEpoch;
    return attach.attachId > this.attachId;
  }

  /** Ends what was before an attach. Whatever was acked is void: another life of that broker may have lost it. */
  forget(attach: Attach): void {
    this.detach();
    this.attachId = attach.attachId;
    this.brokerEpoch = attach.brokerEpoch;
    this.durableOffset = NONE;
    this.logStartOffset = NONE;
  }

  /** Begins an attachment, after {@link forget}. */
  attach(attach: Attach): void {
    this.isAttached = true;
    this.nextOffset = attach.logEndOffset;
    this.leaderEndAtLastAck = NONE;
    this.candidateAfterMs = Number.NEGATIVE_INFINITY;
    this.toldHighWatermark = NONE;
    this.toldLogStartOffset = NONE;
    this.untoldSinceMs = undefined;
    this.areMarksDue = false;
    this.forgetPushes();
  }

  /** Ends the attachment. What it acked stays until it attaches anew: it is durable there. */
  detach(): void {
    this.isAttached = false;
    this.forgetPushes();
  }

  /** Notes that bytes up to `endOffset` are on their way. */
  onPushed(endOffset: Offset, sizeBytes: number): void {
    this.nextOffset = endOffset;
    if (sizeBytes === 0) return;
    this.inflightBytes += sizeBytes;
    this.pushEnds.push(endOffset);
    this.pushSizes.push(sizeBytes);
  }

  /** Notes what is durable there. A follower is caught up if it has what the leader had when it last spoke. [H5] */
  onAck(durableOffset: Offset, leaderEndOffset: Offset, nowMs: number): void {
    this.durableOffset = durableOffset;
    if (durableOffset >= leaderEndOffset) this.lastCaughtUpMs = nowMs;
    else if (this.leaderEndAtLastAck >= 0 && durableOffset >= this.leaderEndAtLastAck) {
      this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, this.lastAckMs);
    }
    this.lastAckMs = nowMs;
    this.leaderEndAtLastAck = leaderEndOffset;
    while (this.pushHead < this.pushEnds.length && (this.pushEnds[this.pushHead] as Offset) <= durableOffset) {
      this.inflightBytes -= this.pushSizes[this.pushHead] as number;
      this.pushHead += 1;
    }
    if (this.pushHead === this.pushEnds.length) this.forgetPushes();
    else if (this.pushHead > 256 && this.pushHead * 2 > this.pushEnds.length) {
      this.pushEnds = this.pushEnds.slice(this.pushHead);
      this.pushSizes = this.pushSizes.slice(this.pushHead);
      this.pushHead = 0;
    }
  }

  /** Whether it has all, or had all not longer than `lagMaxMs` ago. [H5] */
  isCaughtUp(leaderEndOffset: Offset, nowMs: number, lagMaxMs: number): boolean {
    return this.durableOffset === leaderEndOffset || nowMs - this.lastCaughtUpMs <= lagMaxMs;
  }

  private forgetPushes(): void {
    this.inflightBytes = 0;
    this.pushEnds.length = 0;
    this.pushSizes.length = 0;
    this.pushHead = 0;
  }
}
