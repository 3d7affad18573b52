/** Where two logs part, seen from the leader and from the follower. [KIP-101, KIP-279, KIP-595] */
import { NONE, type LeaderEpoch, type Offset } from '@hapax/base';
import type { LeaderEpochs } from './leader-epochs.ts';

/** The ends of a log and the epochs between them. */
export interface EpochLog {
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  readonly leaderEpochs: LeaderEpochs;
}

/** What a leader answers to the end of a follower's log. */
export type Divergence =
  | { readonly kind: 'none' }
  | { readonly kind: 'diverges'; readonly offset: Offset; readonly epoch: LeaderEpoch }
  | { readonly kind: 'unknown' };

/**
 * The leader's test. [H16, H17] `diverges` with epoch −1 means that nothing is shared and the follower begins anew at
 * `offset`; `unknown` that the follower has records of an epoch that this leader never heard of.
 */
export function findDivergence(
  leader: EpochLog,
  follower: { readonly logEndOffset: Offset; readonly lastEpoch: LeaderEpoch },
): Divergence {
  // What the follower misses was deleted here: it cannot be pushed, so its log begins where this one does.
  if (follower.logEndOffset < leader.logStartOffset) {
    return { kind: 'diverges', offset: leader.logStartOffset, epoch: NONE };
  }
  if (follower.lastEpoch < 0) {
    // An empty log shares everything, but it must not begin beyond this one's end.
    if (follower.logEndOffset <= leader.logEndOffset) return { kind: 'none' };
    return { kind: 'diverges', offset: leader.logEndOffset, epoch: NONE };
  }
  const end = leader.leaderEpochs.endOffsetFor(follower.lastEpoch, leader.logEndOffset);
  if (end.epoch < 0) return { kind: 'unknown' };
  if (end.epoch === follower.lastEpoch && end.endOffset >= follower.logEndOffset) return { kind: 'none' };
  return { kind: 'diverges', offset: end.endOffset, epoch: end.epoch };
}

/**
 * The follower's cut. [H15] It never uses the high watermark: that is how acknowledged records were lost. [KIP-101,
 * bug 76] Where the follower lacks the leader's epoch, it cuts to its own end of the epoch below and asks again; one
 * answer is not enough after two quick elections. [KIP-279, bug 77]
 */
export function truncationPoint(
  follower: EpochLog,
  order: { readonly offset: Offset; readonly epoch: LeaderEpoch },
): { readonly offset: Offset; readonly startAt: boolean } {
  if (order.epoch < 0) return { offset: order.offset, startAt: true };
  const own = follower.leaderEpochs.endOffsetFor(order.epoch, follower.logEndOffset);
  const ownEnd = own.epoch < 0 ? follower.logEndOffset : own.endOffset;
  // The leader's end counts also while epochs still differ: nothing beyond it can be shared.
  const offset = Math.min(order.offset, ownEnd);
  return { offset, startAt: offset < follower.logStartOffset };
}
