/** How a cluster begins: with the same first snapshot on each of its first voters. */
import { NONE } from '@hapax/base';
import type { RestoredState } from './core.ts';
import type { MemberAddress } from './membership.ts';
import { membershipOfVoters } from './membership.ts';

/** Where the first snapshot stands. Not at 0: a blank node would take entries without the membership below them. */
const BOOTSTRAP_INDEX = 1;
const BOOTSTRAP_TERM = 1;

/**
 * The state with which each first voter of a new cluster starts; the driver stores it, with the snapshot of an empty
 * state machine as its data, before anything else. Nodes that join later start blank: {@link BLANK_STATE}.
 */
export function bootstrapState(voters: readonly MemberAddress[]): RestoredState {
  return {
    hardState: { term: BOOTSTRAP_TERM, votedFor: NONE, commitIndex: BOOTSTRAP_INDEX },
    snapshot: { index: BOOTSTRAP_INDEX, term: BOOTSTRAP_TERM, membership: membershipOfVoters(voters) },
    entries: [],
    appliedIndex: BOOTSTRAP_INDEX,
  };
}

/** The state of a node that waits to be added to a cluster: it learns everything from the leader's snapshot. */
export const BLANK_STATE: RestoredState = {
  hardState: { term: 0, votedFor: NONE, commitIndex: 0 },
  snapshot: undefined,
  entries: [],
  appliedIndex: 0,
};
