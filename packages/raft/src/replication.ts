/** How a leader sends its log: appends, commit indexes, heartbeats, snapshots, one peer at a time [Raft §5.3, §7]. */
import type { NodeId } from '@hapax/base';
import type { Core } from './core.ts';
import type { Progress } from './progress.ts';
import type { Leadership } from './role.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot of which nothing was heard for so many election timeouts is taken for lost. */
const SNAPSHOT_TIMEOUT_ELECTIONS = 10;

/**
 * Notes that a peer must be sent an append when this turn ends: `maybe` if there are entries for it, `surely` even
 * without. Whatever was proposed in one turn so goes in one message.
 */
export function scheduleAppend(leadership: Leadership, to: NodeId, need: 'maybe' | 'surely'): void {
  if (leadership.appendDue.get(to) !== 'surely') leadership.appendDue.set(to, need);
}

/** {@link scheduleAppend} for every peer. */
export function scheduleAppendToAll(leadership: Leadership, need: 'maybe' | 'surely'): void {
  for (const to of leadership.progress.keys()) scheduleAppend(leadership, to, need);
}

/** Sends what was scheduled. */
export function flushAppends(core: Core, leadership: Leadership): void {
  for (const [to, progress] of leadership.progress) {
    const need = leadership.appendDue.get(to);
    if (need === undefined) continue;
    let sent = maybeSendAppend(core, to, progress, need === 'surely');
    while (sent) sent = maybeSendAppend(core, to, progress, false);
  }
  leadership.appendDue.clear();
}

/** Tells everybody who leads, and asks for answers to the newest round of reads. */
export function sendHeartbeats(core: Core, leadership: Leadership): void {
  for (const [to, progress] of leadership.progress) {
    const commitIndex = Math.min(progress.matchIndex, core.log.commitIndex);
    progress.sentCommitIndex = Math.max(progress.sentCommitIndex, commitIndex);
    core.send({
      type: 'heartbeat',
      from: core.id,
      to,
      term: core.term,
      // A peer is never told to commit what it may not have: its log may end in entries of another leader [bug 11].
      commitIndex,
      round: leadership.reads.currentRound,
    });
  }
}

/** Hands over: the peer shall campaign at once. Only when it has the whole log, or it could not win. */
export function sendTimeoutNow(core: Core, to: NodeId): void {
  core.send({ type: 'timeout-now', from: core.id, to, term: core.term });
}

/** The driver has the snapshot that a peer needs. Returns whether it was sent. */
export function provideSnapshot(core: Core, leadership: Leadership, to: NodeId, snapshot: Snapshot): boolean {
  const progress = leadership.progress.get(to);
  if (progress === undefined || !progress.snapshotWanted) return false;
  if (snapshot.metadata.index + 1 < core.log.firstIndex) {
    // The log does not continue where this snapshot ends, so it would only have to be sent again [bug 60].
    reportSnapshot(leadership, to, false);
    return false;
  }
  progress.snapshotWanted = false;
  progress.expectSnapshot(snapshot.metadata.index);
  core.send({ type: 'snapshot', from: core.id, to, term: core.term, snapshot });
  return true;
}

/** What became of a snapshot: received, or lost. Either way the peer is probed after its next sign of life. */
export function reportSnapshot(leadership: Leadership, peer: NodeId, received: boolean): void {
  const progress = leadership.progress.get(peer);
  if (progress === undefined || progress.state !== 'snapshot') return;
  if (!received) progress.pendingSnapshotIndex = 0;
  progress.becomeProbe();
  progress.paused = true;
}

/** Messages to a peer may be lost: it is found out again where its log ends. */
export function reportUnreachable(leadership: Leadership, peer: NodeId): void {
  const progress = leadership.progress.get(peer);
  if (progress === undefined) return;
  if (progress.state === 'snapshot') reportSnapshot(leadership, peer, false);
  else if (progress.state === 'replicate') progress.becomeProbe();
}

/** Time passes: a snapshot that nobody reported on is tried again, or its peer would be left behind for ever. */
export function tickSnapshots(core: Core, leadership: Leadership, elapsedMs: number): void {
  const limitMs = SNAPSHOT_TIMEOUT_ELECTIONS * core.options.electionTimeoutMs;
  for (const [peer, progress] of leadership.progress) {
    if (progress.state !== 'snapshot') continue;
    progress.snapshotElapsedMs += elapsedMs;
    if (progress.snapshotElapsedMs >= limitMs) reportSnapshot(leadership, peer, false);
  }
}

/** Sends one append if the peer may be sent to; returns whether it did. */
function maybeSendAppend(core: Core, to: NodeId, progress: Progress, evenEmpty: boolean): boolean {
  if (progress.isPaused()) return false;
  const { log } = core;
  const previousIndex = progress.nextIndex - 1;
  const previousTerm = log.termAt(previousIndex);
  if (previousTerm === undefined) {
    requestSnapshot(core, to, progress);
    return false;
  }
  // With a full window only the commit index goes: it keeps a peer going whose answers were lost.
  const isFull = progress.state === 'replicate' && progress.isWindowFull();
  const entries = isFull ? [] : log.slice(progress.nextIndex, log.lastIndex, core.options.maxAppendBytes);
  if (entries.length === 0 && !evenEmpty) return false;
  progress.onSent(entries.length, log.commitIndex);
  core.send({
    type: 'append',
    from: core.id,
    to,
    term: core.term,
    previousIndex,
    previousTerm,
    entries,
    commitIndex: log.commitIndex,
  });
  return entries.length > 0;
}

/** The entries are gone: asks the driver for a snapshot, if the peer is there to take it. */
function requestSnapshot(core: Core, to: NodeId, progress: Progress): void {
  if (!progress.recentlyActive) return;
  progress.becomeSnapshot(core.log.firstIndex - 1);
  core.outbox.snapshotRequests.push(to);
}
