/** How far a leader's log is committed. */
import type { Offset } from '@hapax/base';
import type { FollowerProgress } from './follower-progress.ts';

/**
 * The lowest durable offset over the maximal ISR, the leader's own included: a record is committed when a power loss
 * on every one of them leaves it in place. [DESIGN: flush=fsync, bug 101] `isAwaited` says which followers outside of
 * the ISR are waited for too: one that is about to join would else chase the high watermark for ever. [H3]
 */
export function commitPoint(
  ownDurableOffset: Offset,
  followers: readonly FollowerProgress[],
  isAwaited: (follower: FollowerProgress) => boolean,
): Offset {
  let lowest = ownDurableOffset;
  for (const follower of followers) {
    if (follower.durableOffset >= lowest) continue;
    if (follower.counts || isAwaited(follower)) lowest = follower.durableOffset;
  }
  return lowest;
}
