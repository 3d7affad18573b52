/** As whom records were taken from a group: a transaction must commit their offsets as that member. [KIP-447] */
import { NO_MEMBER, type CommittingMember } from '../group-offsets.ts';

/**
 * A member that was removed and came back, or has no generation at the moment, would not be fenced: brokers take the
 * offsets of a transaction from nobody in particular, and a new member may no longer have the partitions. So once a
 * partition has gone, the identity is that of the last take, which the group fences if it has moved on.
 */
export class TakenAs {
  #member: CommittingMember = NO_MEMBER;
  #hasLost = false;

  /** Records were taken. */
  onTaken(member: CommittingMember): void {
    this.#member = member;
    this.#hasLost = false;
  }

  /** A partition has gone. */
  onGone(): void {
    this.#hasLost = true;
  }

  /** As whom to commit what was taken; `now` is as whom the next records would be taken. */
  identity(now: CommittingMember): CommittingMember {
    return this.#hasLost ? this.#member : now;
  }
}
