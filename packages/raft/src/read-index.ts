/** Reads that are linearizable without a log entry: confirmed by a quorum round of this term [Raft thesis §6.4]. */
import type { LogIndex, NodeId } from '@hapax/base';
import { jointIndex } from './quorum.ts';
import type { JointVoters } from './quorum.ts';

/** A read that may be answered once the state machine has applied `index`. */
export interface ConfirmedRead {
  readonly id: number;
  readonly index: LogIndex;
}

interface Round {
  readonly number: number;
  readonly index: LogIndex;
  readonly ids: readonly number[];
}

/** The reads of one leadership. A new leadership starts with a new one, so that no answer counts across terms. */
export class ReadIndex {
  private readonly selfId: NodeId;
  private readonly maxPending: number;
  private waiting: number[] = [];
  private rounds: Round[] = [];
  private pendingCount = 0;
  private roundNumber = 0;
  private readonly acknowledged = new Map<NodeId, number>();

  constructor(selfId: NodeId, maxPending: number) {
    this.selfId = selfId;
    this.maxPending = maxPending;
  }

  /** The newest round that was started; 0 before the first. */
  get currentRound(): number {
    return this.roundNumber;
  }

  /** Takes a read; false when too many are waiting. */
  request(id: number): boolean {
    if (this.pendingCount >= this.maxPending) return false;
    this.waiting.push(id);
    this.pendingCount++;
    return true;
  }

  /**
   * Starts one round for all reads that wait; false when none does. A round is new for each: an answer to an older one
   * says nothing about who led when these reads came [bug 35]. `commitIndex` must cover an entry of this term, or the
   * commits of the leaders before would be missed [bug 36].
   */
  maybeStartRound(commitIndex: LogIndex): boolean {
    if (this.waiting.length === 0) return false;
    this.roundNumber++;
    this.rounds.push({ number: this.roundNumber, index: commitIndex, ids: this.waiting });
    this.waiting = [];
    return true;
  }

  /** A peer answered the heartbeat of a round. */
  acknowledge(peer: NodeId, round: number): void {
    if (round > this.roundNumber) return;
    this.acknowledged.set(peer, Math.max(round, this.acknowledged.get(peer) ?? 0));
  }

  /** Whether a quorum of the voters has confirmed any read. */
  hasConfirmed(voters: JointVoters): boolean {
    const oldest = this.rounds[0];
    return oldest !== undefined && oldest.number <= this.confirmedRound(voters);
  }

  /** Takes the reads that a quorum of the voters has confirmed, in order. */
  takeConfirmed(voters: JointVoters): readonly ConfirmedRead[] {
    if (this.rounds.length === 0) return [];
    const confirmedRound = this.confirmedRound(voters);
    const reads: ConfirmedRead[] = [];
    let count = 0;
    for (const round of this.rounds) {
      if (round.number > confirmedRound) break;
      for (const id of round.ids) reads.push({ id, index: round.index });
      count++;
    }
    this.rounds.splice(0, count);
    this.pendingCount -= reads.length;
    return reads;
  }

  /** Everything that was not confirmed: the leadership is over. */
  takeAll(): readonly number[] {
    const ids = [...this.rounds.flatMap((round) => round.ids), ...this.waiting];
    this.rounds = [];
    this.waiting = [];
    this.pendingCount = 0;
    return ids;
  }

  private confirmedRound(voters: JointVoters): number {
    return jointIndex(voters, (id) => (id === this.selfId ? this.roundNumber : (this.acknowledged.get(id) ?? 0)));
  }
}
