/** What a replica can be, and which moves between roles there are. */
import { assert } from '@hapax/base';
import type { LogIndex, NodeId } from '@hapax/base';
import type { Progress } from './progress.ts';
import type { ReadIndex } from './read-index.ts';

/**
 * - `follower`: takes entries from the leader of its term and votes. Transition: its timer runs out → pre-candidate.
 * - `pre-candidate`: asks whether an election could be won; its term stays. Transition: a majority says yes →
 *   candidate; a leader or a higher term shows up, or a majority says no → follower.
 * - `candidate`: asks for votes in a new term. Transition: a majority votes for it → leader; else → follower.
 * - `leader`: appends and replicates. Transition: a higher term shows up, or no majority answers → follower.
 */
export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

const NEXT: Readonly<Record<Role, readonly Role[]>> = {
  follower: ['follower', 'pre-candidate', 'candidate'],
  'pre-candidate': ['follower', 'pre-candidate', 'candidate'],
  candidate: ['follower', 'pre-candidate', 'candidate', 'leader'],
  leader: ['follower'],
};

/** Stops on a move that the protocol does not have. */
export function assertTransition(from: Role, to: Role): void {
  assert(NEXT[from].includes(to), `invalid transition [${from} -> ${to}]`);
}

/** What only a leader knows; gone when its term is. */
export interface Leadership {
  /** One for each other member, in ascending order of the ids. */
  readonly progress: Map<NodeId, Progress>;
  readonly reads: ReadIndex;
  /** Who shall take over; NONE when nobody. */
  transferTo: NodeId;
  /** No change of the membership may be proposed until this index is applied [bug 63, bug 64]. */
  pendingMembershipIndex: LogIndex;
  /** What was appended and is not committed. */
  uncommittedBytes: number;
  /** Who must be sent an append: `maybe` if there are entries for it, `surely` even without. */
  readonly appendDue: Map<NodeId, 'maybe' | 'surely'>;
}
