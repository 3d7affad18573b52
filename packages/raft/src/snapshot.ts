/** A state of the state machine that stands for a prefix of the log. The machine holds only the metadata of its own. */
import type { LogIndex, Term } from '@hapax/base';
import type { Membership } from './membership.ts';

/** What a snapshot replaces: every entry up to and including `index` [Raft §7]. */
export interface SnapshotMetadata {
  /** The last entry that the snapshot contains: inclusive, applied, committed. */
  readonly index: LogIndex;
  /** The term of that entry. */
  readonly term: Term;
  /** The membership in force at `index`, joint or not [bug 70]. */
  readonly membership: Membership;
}

/** A whole snapshot. The data are the driver's own bytes. */
export interface Snapshot {
  readonly metadata: SnapshotMetadata;
  readonly data: Uint8Array;
}
