/**
 * A replica that follows: attaches to the leader, cuts its log where they part, appends what is pushed, acks what is
 * durable.
 *
 *     waiting --time--> attaching --accepted--> replicating
 *        ^                | |  ^                    |
 *        |                | '--|--truncate--> truncating (the log is cut, then it attaches again)
 *        '--refused, no answer, stream closed, push does not fit--------'
 *
 * A refusal as fenced leads to `fenced`: only newer metadata helps.
 */
import { ErrorCode, type NodeId, NONE, type Offset, reachable, sometimes } from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';
import type { LogPositions } from './log-positions.ts';
import type { Attached, AttachRefused, PartitionState, Push, TruncateOrder } from './message.ts';
import type { Outbox } from './ready.ts';
import type { ReplicaOptions } from './replica-options.ts';
import { truncationPoint } from './truncation.ts';

/** How long after a refusal or a lost stream the next attach is sent. */
const ATTACH_AFTER_MS = 50;
/** How long an answer may take before another attach is sent. */
const ATTACH_TIMEOUT_MS = 2_000;

type Phase = 'waiting' | 'attaching' | 'truncating' | 'replicating' | 'fenced';

/** What is to be done with a push. */
export type PushVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'ignore'; readonly reason: string }
  | { readonly kind: 'reattach'; readonly reason: string };

const APPEND_PUSH: PushVerdict = { kind: 'append' };

/** What is told to a follower about one partition in one leader epoch. */
export class Follower {
  readonly leader: NodeId;
  readonly leaderEpoch: number;
  private readonly options: ReplicaOptions;
  private readonly positions: LogPositions;
  private readonly outbox: Outbox<unknown>;
  private phase: Phase = 'waiting';
  private attachId = NONE;
  /** When a phase that waits is over. */
  private untilMs = 0;
  private ackedOffset: Offset = NONE;
  private ackedLogStart: Offset = NONE;
  /** The marks of the push that the driver is writing. */
  private pushed: Push | undefined;

  constructor(
    context: {
      readonly options: ReplicaOptions;
      readonly positions: LogPositions;
      readonly outbox: Outbox<unknown>;
    },
    state: PartitionState,
    nowMs: number,
  ) {
    this.options = context.options;
    this.positions = context.positions;
    this.outbox = context.outbox;
    this.leader = state.leader;
    this.leaderEpoch = state.leaderEpoch;
    this.attach(nowMs);
  }

  /** Whether pushes are taken: the log was found to be a part of the leader's. */
  get isReplicating(): boolean {
    return this.phase === 'replicating';
  }

  /** The leader found no difference up to this log's end. */
  onAttached(message: Attached): void {
    if (!this.isAnswer(message)) return;
    this.phase = 'replicating';
    this.ackedOffset = NONE;
    this.ackedLogStart = NONE;
    this.maybeAck();
  }

  /** The leader found where the logs part. */
  onTruncateOrder(message: TruncateOrder, nowMs: number): void {
    if (!this.isAnswer(message)) return;
    const to = truncationPoint(
      {
        logStartOffset: this.positions.logStartOffset,
        logEndOffset: this.positions.logEndOffset,
        leaderEpochs: this.options.leaderEpochs,
      },
      message,
    );
    // An order that cuts nothing would be followed by the same attach and the same order, for ever. [bug 92] There is
    // none while the last epoch of every attach has records.
    if (!to.startAt && to.offset >= this.positions.logEndOffset) {
      this.wait(nowMs + ATTACH_AFTER_MS);
      return;
    }
    reachable('replica: a divergent follower is truncated');
    sometimes(to.startAt, 'replica: a follower begins its log anew');
    sometimes(to.offset < this.positions.durableOffset, 'replica: a truncation cuts off what was durable');
    this.phase = 'truncating';
    this.outbox.truncateTo = to;
  }

  /** The log was cut: ask again, for one answer may not be enough. [KIP-279, bug 77] */
  onTruncated(nowMs: number): void {
    if (this.phase === 'truncating') this.attach(nowMs);
  }

  /** The driver wants an attachment anew: a stream opened, or pushed bytes were damaged. */
  requestAttach(nowMs: number): void {
    if (this.phase !== 'truncating' && this.phase !== 'fenced') this.attach(nowMs);
  }

  /** The leader, or a node that is not it, does not take this follower, or cannot serve it any longer. */
  onAttachRefused(message: AttachRefused, nowMs: number): void {
    const isExpected = this.phase === 'attaching' || this.phase === 'replicating';
    if (!isExpected || message.attachId !== this.attachId) return;
    sometimes(message.error === ErrorCode.FENCED_LEADER_EPOCH, 'replica: a follower with an old epoch is fenced');
    if (message.error === ErrorCode.FENCED_LEADER_EPOCH) this.phase = 'fenced';
    else this.wait(nowMs + ATTACH_AFTER_MS);
  }

  /** The stream to the leader closed, or could not be opened. */
  onStreamLost(nowMs: number): void {
    if (this.phase === 'truncating' || this.phase === 'fenced') return;
    this.pushed = undefined;
    this.wait(nowMs + ATTACH_AFTER_MS);
  }

  /** Judges a push. It is appended only exactly at the log's end, and only in the attachment that was accepted. */
  preparePush(push: Push, batches: readonly AppendedBatch[], nowMs: number): PushVerdict {
    if (push.from !== this.leader || push.attachId !== this.attachId || push.leaderEpoch !== this.leaderEpoch) {
      reachable('replica: a push of an earlier attachment is ignored');
      return ignore('it is of another attachment');
    }
    if (this.phase !== 'replicating') return ignore(`this follower is ${this.phase}`);
    const { logEndOffset } = this.positions;
    const last = batches[batches.length - 1];
    // Bytes that came twice in one attachment are the same bytes.
    if (last !== undefined && last.lastOffset < logEndOffset) return ignore('its batches are here already');
    // Within an attachment pushes come in order, and none after one that could not be written. A gap begins anew.
    if (push.baseOffset !== logEndOffset) {
      return this.reattach(`it begins at ${push.baseOffset}, but the log ends at ${logEndOffset}`, nowMs);
    }
    const misfit = this.findMisfit(batches);
    if (misfit !== undefined) return this.reattach(misfit, nowMs);
    if (last === undefined) this.learnMarks(push.highWatermark, push.logStartOffset);
    else this.pushed = push;
    return APPEND_PUSH;
  }

  /** The driver wrote the batches of the push that was judged last. */
  onReplicated(batches: readonly AppendedBatch[]): void {
    this.positions.append(batches);
    if (this.pushed !== undefined) this.learnMarks(this.pushed.highWatermark, this.pushed.logStartOffset);
    this.pushed = undefined;
  }

  /**
   * More of the own log is durable: only that is acked, whatever was received. [bugs 11, 101] Or the log begins later:
   * whoever asked for the deletion of records waits for that. [KIP-107]
   */
  maybeAck(): void {
    if (this.phase !== 'replicating') return;
    const { durableOffset, logStartOffset } = this.positions;
    if (durableOffset <= this.ackedOffset && logStartOffset <= this.ackedLogStart) return;
    this.ackedOffset = durableOffset;
    this.ackedLogStart = logStartOffset;
    const { attachId, leaderEpoch } = this;
    this.outbox.ack = { to: this.leader, attachId, leaderEpoch, durableOffset, logStartOffset };
  }

  /** Time passed. */
  tick(nowMs: number): void {
    if ((this.phase === 'waiting' || this.phase === 'attaching') && nowMs >= this.untilMs) this.attach(nowMs);
  }

  private attach(nowMs: number): void {
    const { leaderEpochs } = this.options;
    // Epochs that this node began as a leader and wrote nothing in are forgotten: they end at no record. [bug 92]
    leaderEpochs.truncateFromEnd(this.positions.logEndOffset);
    this.phase = 'attaching';
    this.untilMs = nowMs + ATTACH_TIMEOUT_MS;
    this.attachId = this.options.nextAttachId();
    this.outbox.attach = {
      to: this.leader,
      brokerEpoch: this.options.brokerEpoch(),
      attachId: this.attachId,
      leaderEpoch: this.leaderEpoch,
      logEndOffset: this.positions.logEndOffset,
      lastEpoch: leaderEpochs.latestEpoch,
    };
    this.outbox.ack = undefined;
  }

  private wait(untilMs: number): void {
    this.phase = 'waiting';
    this.untilMs = untilMs;
    this.outbox.attach = undefined;
    this.outbox.ack = undefined;
  }

  private isAnswer(message: Attached | TruncateOrder): boolean {
    return this.phase === 'attaching' && message.attachId === this.attachId && message.leaderEpoch === this.leaderEpoch;
  }

  private reattach(reason: string, nowMs: number): PushVerdict {
    this.wait(nowMs + ATTACH_AFTER_MS);
    return { kind: 'reattach', reason };
  }

  /** Why batches cannot come next, if so: offsets and epochs must not fall, epochs not be newer than the leader's. */
  private findMisfit(batches: readonly AppendedBatch[]): string | undefined {
    let end = this.positions.logEndOffset;
    let epoch = this.options.leaderEpochs.latestEpoch;
    for (const batch of batches) {
      if (batch.baseOffset < end || batch.lastOffset < batch.baseOffset) {
        return `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset} cannot follow ${end}`;
      }
      if (batch.partitionLeaderEpoch < epoch || batch.partitionLeaderEpoch > this.leaderEpoch) {
        return `a batch of leader epoch ${batch.partitionLeaderEpoch} is outside of [${epoch}, ${this.leaderEpoch}]`;
      }
      end = batch.lastOffset + 1;
      epoch = batch.partitionLeaderEpoch;
    }
    return undefined;
  }

  /**
   * The leader's marks, as far as this log reaches. [H4] Only pushes carry them, and a push is taken only after the
   * leader found no divergence: before, an own tail would be shown as committed. [KAFKA-14704, bug 81]
   */
  private learnMarks(highWatermark: Offset, logStartOffset: Offset): void {
    if (this.positions.raiseHighWatermark(highWatermark)) this.outbox.highWatermark = this.positions.highWatermark;
    if (logStartOffset > this.positions.logStartOffset && logStartOffset <= this.positions.highWatermark) {
      this.outbox.advanceLogStart = logStartOffset;
    }
  }
}

function ignore(reason: string): PushVerdict {
  return { kind: 'ignore', reason };
}
