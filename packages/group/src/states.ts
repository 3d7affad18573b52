/** The states of a group, and the only moves between them. [Kafka ClassicGroupState] */

/**
 * ```
 *             first member joins            everyone rejoined
 *   Empty ─────────────────────▶ Preparing ─────────────────▶ Completing
 *     ▲                        Rebalance ◀──────────────────── Rebalance
 *     │   everyone left         │  ▲   a member comes or goes     │
 *     └─────────────────────────┘  │                              │ leader's assignment
 *                                  │  a member comes or goes      ▼ is committed
 *                                  └─────────────────────────── Stable
 *
 *   any state ──▶ Dead: the group was deleted, or this node coordinates it no longer
 * ```
 */
export type GroupState =
  /**
   * No members; offsets and the generation remain until they expire.
   * Answers: join → a rebalance begins; sync, heartbeat → UNKNOWN_MEMBER_ID; commits without a generation are taken.
   */
  | 'Empty'
  /**
   * Members are to rejoin. Answers: join → waits; sync, heartbeat → REBALANCE_IN_PROGRESS; commits of the old
   * generation are taken. Leads out: all rejoined, or the rebalance timeout passed.
   */
  | 'PreparingRebalance'
  /**
   * The generation has begun, its leader computes the assignment. Answers: sync → waits; heartbeat → fine;
   * commit → REBALANCE_IN_PROGRESS, but in a transaction it is taken. Leads out: the assignment is committed, or a
   * member comes, goes or fails to sync.
   */
  | 'CompletingRebalance'
  /** Everybody may fetch its assignment. Leads out: a member comes or goes, the leader rejoins, metadata changes. */
  | 'Stable'
  /** The end: nobody finds the group any more, and what still waits for it does nothing. */
  | 'Dead';

const NEXT: Record<GroupState, readonly GroupState[]> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: [],
};

/** Whether a group may move from one state to another. [G1] */
export function mayMove(from: GroupState, to: GroupState): boolean {
  return NEXT[from].includes(to);
}
