/** What the leader knows of one peer's log, and how fast it may send to it [Raft §5.3, Raft thesis §10.2.1]. */
import type { LogIndex } from '@hapax/base';

/**
 * How a peer is sent to.
 *
 * - `probe`: where its log ends is not known: one append at a time. Leads to `replicate` by an acceptance.
 * - `replicate`: appends are sent ahead of their answers, up to a window. Leads to `probe` by a rejection or a loss.
 * - `snapshot`: it needs entries that are gone: nothing is sent until the snapshot is there, refused or lost.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** The leader's view of one peer. */
export class Progress {
  state: ProgressState = 'probe';
  /** Invariant: the peer's log equals the leader's up to here, durably, as it said in this term. */
  matchIndex: LogIndex = 0;
  /** Invariant: matchIndex < nextIndex. The next entry to send. */
  nextIndex: LogIndex;
  /** Whether sending waits for an answer (`probe`) or for room in the window (`replicate`). */
  paused = false;
  /** Whether it said anything since the last check of the quorum. */
  recentlyActive = false;
  /** Whether the driver was asked for a snapshot that it has not provided yet. */
  snapshotWanted = false;
  /** The snapshot that is under way; 0 where none is. */
  pendingSnapshotIndex: LogIndex = 0;
  /** For how long the snapshot has been under way, in ms. */
  snapshotElapsedMs = 0;
  /** The highest commit index sent that the peer could use. */
  sentCommitIndex: LogIndex = 0;
  /** The last index of each append in flight, oldest first. Bounded by `maxInflight`. */
  private readonly inflight: LogIndex[] = [];
  private readonly maxInflight: number;

  constructor(nextIndex: LogIndex, maxInflight: number) {
    this.nextIndex = nextIndex;
    this.maxInflight = maxInflight;
  }

  /** Whether nothing may be sent now. */
  isPaused(): boolean {
    return this.state === 'snapshot' || this.paused;
  }

  isWindowFull(): boolean {
    return this.inflight.length >= this.maxInflight;
  }

  becomeProbe(): void {
    // After a snapshot the next entry is the one behind it, if it arrived; a probe finds out.
    const next = this.state === 'snapshot' ? this.pendingSnapshotIndex + 1 : 0;
    this.reset('probe');
    this.nextIndex = Math.max(this.matchIndex + 1, next);
    this.sentCommitIndex = Math.min(this.sentCommitIndex, this.nextIndex - 1);
  }

  becomeReplicate(): void {
    this.reset('replicate');
    this.nextIndex = this.matchIndex + 1;
  }

  /** Waits for a snapshot; `index` is the least that it must reach. */
  becomeSnapshot(index: LogIndex): void {
    this.reset('snapshot');
    this.snapshotWanted = true;
    this.expectSnapshot(index);
  }

  /** The snapshot that is sent, or wanted, is the one at `index`. */
  expectSnapshot(index: LogIndex): void {
    this.pendingSnapshotIndex = index;
    this.nextIndex = index + 1;
    this.sentCommitIndex = index;
  }

  /** Takes note of an append that was sent. */
  onSent(entryCount: number, commitIndex: LogIndex): void {
    this.sentCommitIndex = commitIndex;
    if (this.state === 'probe') {
      if (entryCount > 0) this.paused = true;
      return;
    }
    if (entryCount > 0) {
      this.nextIndex += entryCount;
      this.inflight.push(this.nextIndex - 1);
    }
    this.paused = this.isWindowFull();
  }

  /** The peer has everything up to `index`. Returns whether that is news. */
  maybeAdvance(index: LogIndex): boolean {
    if (index <= this.matchIndex) return false;
    this.matchIndex = index;
    this.nextIndex = Math.max(this.nextIndex, index + 1);
    this.paused = false;
    return true;
  }

  /** Frees the window up to an acknowledged index. */
  freeUpTo(index: LogIndex): void {
    let count = 0;
    while (count < this.inflight.length && (this.inflight[count] ?? 0) <= index) count++;
    if (count > 0) this.inflight.splice(0, count);
    if (count > 0) this.paused = false;
  }

  /**
   * The peer rejected an append after `rejectedIndex`; the logs may agree at `hintIndex`. Returns whether the answer is
   * news: one that was overtaken by others must not throw the progress back [bug 19].
   */
  maybeRetreat(rejectedIndex: LogIndex, hintIndex: LogIndex): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (rejectedIndex <= this.matchIndex) return false;
      this.nextIndex = this.matchIndex + 1;
    } else {
      if (this.nextIndex - 1 !== rejectedIndex) return false;
      this.nextIndex = Math.max(Math.min(rejectedIndex, hintIndex + 1), this.matchIndex + 1);
      this.paused = false;
    }
    this.sentCommitIndex = Math.min(this.sentCommitIndex, this.nextIndex - 1);
    return true;
  }

  /** Whether the peer could make use of this commit index and was not told it. */
  canUseCommit(commitIndex: LogIndex): boolean {
    return commitIndex > this.sentCommitIndex && this.sentCommitIndex < this.nextIndex - 1;
  }

  private reset(state: ProgressState): void {
    this.state = state;
    this.paused = false;
    this.snapshotWanted = false;
    this.pendingSnapshotIndex = 0;
    this.snapshotElapsedMs = 0;
    this.inflight.length = 0;
  }
}
