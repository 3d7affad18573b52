/** What a replica says of itself, for the driver, for people and for tests. */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { Core } from './core.ts';
import type { Membership } from './membership.ts';
import type { ProgressState } from './progress.ts';
import type { Role } from './role.ts';

export interface RaftStatus {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  /** NONE (−1) while it is not known. */
  readonly leaderId: NodeId;
  readonly votedFor: NodeId;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** Entries up to here are on this disk. */
  readonly durableIndex: LogIndex;
  /** The first entry that is not compacted. */
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** In force at `appliedIndex` (or at a newer snapshot that was accepted). */
  readonly membership: Membership;
  /** One for each other member, in ascending order; empty unless this node leads. */
  readonly progress: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly id: NodeId;
  readonly state: ProgressState;
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly paused: boolean;
  readonly recentlyActive: boolean;
  readonly pendingSnapshotIndex: LogIndex;
}

/** What `core` says of itself now; a copy. */
export function statusOf(core: Core): RaftStatus {
  const { log, leadership } = core;
  return {
    id: core.id,
    role: core.role,
    term: core.term,
    leaderId: core.leaderId,
    votedFor: core.votedFor,
    commitIndex: log.commitIndex,
    appliedIndex: log.appliedIndex,
    durableIndex: log.durableIndex,
    firstIndex: log.firstIndex,
    lastIndex: log.lastIndex,
    membership: core.membership,
    progress: [...(leadership?.progress ?? [])].map(([id, progress]) => ({
      id,
      state: progress.state,
      matchIndex: progress.matchIndex,
      nextIndex: progress.nextIndex,
      paused: progress.isPaused(),
      recentlyActive: progress.recentlyActive,
      pendingSnapshotIndex: progress.pendingSnapshotIndex,
    })),
  };
}
