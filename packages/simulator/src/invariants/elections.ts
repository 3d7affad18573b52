/**
 * R13, while there are faults: a voter that hears of no leader campaigns, and a leader that was replaced steps down.
 * Both within a few election timeouts of the time in which the process runs.
 */
import type { NodeId, Term } from '@hapax/base';
import { isVoter, type RaftMessage, type RaftStatus } from '@hapax/raft';
import { demand } from './violation.ts';

/** A node whose Raft has started. */
export interface RunningRaft {
  readonly id: NodeId;
  readonly isPaused: boolean;
  readonly status: RaftStatus;
}

/** Timings of elections. */
export interface ElectionLimits {
  readonly electionTimeoutMs: number;
  /** Whether messages may be far older than the connection that they come by. */
  readonly hasDisorder: boolean;
}

/** The ghost's own election timers: they start again with all that may keep a node from campaigning. */
export class ElectionInvariants {
  private readonly limits: ElectionLimits;
  private readonly nowMs: () => number;
  private readonly quietSince = new Map<NodeId, number>();
  private readonly replacedSince = new Map<NodeId, number>();

  constructor(limits: ElectionLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  /** A process begins, or its role changes. */
  onRole(node: NodeId): void {
    this.quietSince.set(node, this.nowMs());
    this.replacedSince.delete(node);
  }

  /** A node campaigns, or gives its vote to another one. */
  onSent(node: NodeId, message: RaftMessage): void {
    const isCampaign = message.type === 'vote' || message.type === 'pre-vote';
    const isVote = message.type === 'vote-response' && !message.rejected;
    if (isCampaign || isVote) this.quietSince.set(node, this.nowMs());
  }

  /** A node hears of a leader. */
  onReceived(node: NodeId, message: RaftMessage): void {
    const isLeaders = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
    if (isLeaders) this.quietSince.set(node, this.nowMs());
  }

  /** To be called often. `maxTerm`: the highest term that has had a leader. */
  checkNow(nodes: Iterable<RunningRaft>, maxTerm: Term): void {
    for (const { id, isPaused, status } of nodes) {
      // Whoever stands still cannot know how long.
      if (isPaused) this.onRole(id);
      this.checkCampaign(id, status);
      this.checkReplaced(id, status, maxTerm);
    }
  }

  private checkCampaign(id: NodeId, { role, membership, commitIndex, appliedIndex }: RaftStatus): void {
    // What is committed and not applied may change who votes: nobody campaigns before that.
    const mayWait = role !== 'follower' || !isVoter(membership, id) || commitIndex > appliedIndex;
    if (mayWait) this.quietSince.set(id, this.nowMs());
    const quietMs = this.nowMs() - (this.quietSince.get(id) ?? this.nowMs());
    demand(quietMs <= 3 * this.limits.electionTimeoutMs + GRACE_MS, 'R13', () =>
      `voter ${id} has heard of no leader for ${Math.round(quietMs)} ms, and does not campaign`);
  }

  private checkReplaced(id: NodeId, { role, term }: RaftStatus, maxTerm: Term): void {
    if (role !== 'leader' || term >= maxTerm || this.limits.hasDisorder) {
      this.replacedSince.delete(id);
      return;
    }
    const sinceMs = this.replacedSince.get(id) ?? this.nowMs();
    this.replacedSince.set(id, sinceMs);
    const lateMs = this.nowMs() - sinceMs;
    demand(lateMs <= 3 * this.limits.electionTimeoutMs + GRACE_MS, 'R13', () =>
      `node ${id} still leads term ${term}, ${Math.round(lateMs)} ms after another one came to lead term ${maxTerm}`);
  }
}

const GRACE_MS = 500;
