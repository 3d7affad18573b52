/** What a replica answers to the one who wants something appended. */
import type { LogIndex, NodeId, Term } from '@hapax/base';

/** Why nothing was appended. */
export type ProposalRefusal =
  /** when this node does not lead */
  | 'not-leader'
  /** when it is handing over its leadership */
  | 'transferring'
  /** when more is uncommitted than may be: try again when something was committed */
  | 'overloaded'
  /** when another change of the membership is under way, or may be in what former leaders left behind */
  | 'membership-pending'
  /** when the membership in force does not allow the change */
  | 'membership-impossible';

/** Accepted: appended here, which is no promise; it holds when an entry of this term at this index is committed. */
export type ProposeResult =
  | { readonly accepted: true; readonly lastIndex: LogIndex; readonly term: Term }
  | { readonly accepted: false; readonly leaderId: NodeId; readonly reason: ProposalRefusal };
