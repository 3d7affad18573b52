/** Produce requests that wait: for the commit (acks −1) or for the own disk (acks 1). */
import { ErrorCode, type Offset, reachable } from '@hapax/base';
import type { Leader } from './leader.ts';
import type { LogPositions } from './log-positions.ts';
import type { Outbox } from './ready.ts';
import { WaitingQueue } from './waiting.ts';

/** How many requests may wait for a commit, and as many for the own disk. */
export const WAITING_MAX = 100_000;

/** Puts the answer of every request into the outbox once it is known: exactly one each. */
export class AppendWaits<T> {
  private readonly positions: LogPositions;
  private readonly outbox: Outbox<T>;
  private readonly commits = new WaitingQueue<T>({ max: WAITING_MAX });
  private readonly syncs = new WaitingQueue<T>({ max: WAITING_MAX });

  constructor(context: { readonly positions: LogPositions; readonly outbox: Outbox<T> }) {
    this.positions = context.positions;
    this.outbox = context.outbox;
  }

  /** Whether one more request with these acks could not wait. */
  isFull(requiredAcks: -1 | 0 | 1): boolean {
    return requiredAcks === -1 ? this.commits.isFull : this.syncs.isFull;
  }

  awaitCommit(leading: Leader | undefined, token: T, lastOffset: Offset, deadlineMs: number): void {
    if (leading === undefined) this.outbox.answer(token, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    else if (this.positions.highWatermark > lastOffset) this.outbox.answer(token, commitAnswer(leading));
    else if (leading.isUnderMinIsr) this.outbox.answer(token, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    else this.commits.add(token, lastOffset + 1, deadlineMs);
  }

  awaitDurable(leading: Leader | undefined, token: T, lastOffset: Offset, deadlineMs: number): void {
    if (leading === undefined) this.outbox.answer(token, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    else if (this.positions.durableOffset > lastOffset) this.outbox.answer(token, ErrorCode.NONE);
    else this.syncs.add(token, lastOffset + 1, deadlineMs);
  }

  /** Answers requests that have what they waited for, or cannot get it for now. [H2] */
  answerReached(leading: Leader): void {
    if (this.syncs.size > 0) {
      const { durableOffset } = this.positions;
      for (let token = this.syncs.takeReached(durableOffset); token !== undefined; ) {
        this.outbox.answer(token, ErrorCode.NONE);
        token = this.syncs.takeReached(durableOffset);
      }
    }
    if (this.commits.size === 0) return;
    const { highWatermark } = this.positions;
    for (let token = this.commits.takeReached(highWatermark); token !== undefined; ) {
      this.outbox.answer(token, commitAnswer(leading));
      token = this.commits.takeReached(highWatermark);
    }
    // The high watermark stands still now; an answer at once is worth more to the client than a timeout later.
    if (this.commits.size > 0 && leading.isUnderMinIsr) {
      reachable('replica: requests that wait are told that too few replicas are left');
      for (const token of this.commits.takeAll()) this.outbox.answer(token, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    }
  }

  /** Answers requests whose time is over. What they appended may be committed later. */
  answerExpired(nowMs: number): void {
    for (const token of this.commits.takeExpired(nowMs)) this.outbox.answer(token, ErrorCode.REQUEST_TIMED_OUT);
    for (const token of this.syncs.takeExpired(nowMs)) this.outbox.answer(token, ErrorCode.REQUEST_TIMED_OUT);
  }

  /** Answers all: this node does not lead any more. */
  refuseAll(): void {
    for (const token of this.commits.takeAll()) this.outbox.answer(token, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    for (const token of this.syncs.takeAll()) this.outbox.answer(token, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  }
}

/** What a request hears whose records are committed: whether the maximal ISR is still as large as it asked for. */
function commitAnswer(leading: Leader): ErrorCode {
  const isEnough = leading.inSync.maximalSize >= leading.minInsyncReplicas;
  return isEnough ? ErrorCode.NONE : ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
}
