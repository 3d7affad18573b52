/** What a driver must do, in which order; and the box in which the machine collects it. */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { Entry, RaftMessage } from './message.ts';
import type { ConfirmedRead } from './read-index.ts';
import type { Role } from './role.ts';
import type { Snapshot } from './snapshot.ts';

/** What must never be forgotten: with a vote lost, two leaders of one term are possible [bug 7]. */
export interface HardState {
  readonly term: Term;
  /** Who got this node's vote in `term`; NONE (−1) if nobody. */
  readonly votedFor: NodeId;
  readonly commitIndex: LogIndex;
}

/** Who leads, as this replica knows it. Term and leader change together [bug 23]. */
export interface RoleChange {
  readonly role: Role;
  readonly term: Term;
  /** The leader of `term`; NONE (−1) while it is not known. */
  readonly leaderId: NodeId;
}

/**
 * One round of work. The driver
 *
 * 1. sends `messages` at once;
 * 2. writes `hardState`, `snapshot` and `entries` in ONE atomic batch, with a sync if `mustSync`;
 * 3. when that batch and those of all Readys before are durable: calls `onPersisted`, sends `messagesAfterPersist`;
 * 4. applies the snapshot, then `committedEntries`, in order, and calls `onApplied`.
 *
 * 4 need not wait for 3, except that a snapshot is applied only once it is durable.
 */
export interface Ready {
  /** Nothing in them claims durability that is not there yet: a leader's appends, heartbeats [Raft thesis §10.2.1]. */
  readonly messages: readonly RaftMessage[];
  /** Term, vote and commit index together, in one record [bug 8]. */
  readonly hardState?: HardState;
  /** Replaces the whole stored log and the whole state machine. */
  readonly snapshot?: Snapshot;
  /** An entry at an index that exists replaces it and everything behind it. */
  readonly entries: readonly Entry[];
  /** Whether the batch must survive a loss of power. False when at most the commit index changed. */
  readonly mustSync: boolean;
  /** Votes, acknowledgements and requests for votes: they claim what is in this batch and in those before [bug 10]. */
  readonly messagesAfterPersist: readonly RaftMessage[];
  /** Committed, on this disk, and never handed out before. `empty` and `membership` entries are among them. */
  readonly committedEntries: readonly Entry[];
  /** Reads that may be answered once `index` is applied. */
  readonly reads: readonly ConfirmedRead[];
  /** Reads that will never be confirmed, because the leadership that took them is over. */
  readonly droppedReads: readonly number[];
  /** Peers that need a snapshot: answer each with `provideSnapshot`, or with `reportSnapshot(peer, false)`. */
  readonly snapshotRequests: readonly NodeId[];
  readonly roleChanged?: RoleChange;
}

/** Collects, between two Readys. */
export class Outbox {
  messages: RaftMessage[] = [];
  messagesAfterPersist: RaftMessage[] = [];
  /** A candidate's vote for itself: it counts when it is durable, like anybody's [bug 7]. */
  messagesToSelf: RaftMessage[] = [];
  snapshotRequests: NodeId[] = [];
  droppedReads: number[] = [];
  /** A snapshot that was accepted from the leader. */
  snapshot: Snapshot | undefined;
}
