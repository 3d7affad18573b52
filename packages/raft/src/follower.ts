/** What a follower does: takes the leader's entries and snapshots, and votes. */
import { NONE, reachable, sometimes } from '@hapax/base';
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { Core } from './core.ts';
import { isVoter } from './membership.ts';
import type { AppendMessage, Entry, HeartbeatMessage, SnapshotMessage, VoteMessage } from './message.ts';

/** Follows in a term, whoever leads it (NONE if that is not known). */
export function becomeFollower(core: Core, term: Term, leaderId: NodeId): void {
  core.changeRole('follower');
  core.enterTerm(term);
  core.leaderId = leaderId;
}

/**
 * Notes that the leader of this term is alive. Returns false where the message cannot be: a term has one leader
 * [Raft §5.2].
 */
function acceptLeader(core: Core, from: NodeId): boolean {
  if (core.role === 'leader') return false;
  if (core.role !== 'follower') becomeFollower(core, core.term, from);
  if (core.leaderId !== NONE && core.leaderId !== from) return false;
  core.leaderId = from;
  core.electionElapsedMs = 0;
  // What a removed leader still says does not make it stay.
  if (core.leaderSuspected && isVoter(core.membership, from)) {
    core.leaderSuspected = false;
    core.drawElectionTimeout();
  }
  return true;
}

/** Takes entries, or says why not. */
export function onAppend(core: Core, message: AppendMessage): void {
  if (!areContiguous(message) || !acceptLeader(core, message.from)) return;
  const { log } = core;
  if (message.previousIndex < log.commitIndex) {
    // An old message: what is committed here is equal everywhere, so this much may be acknowledged [bug 32].
    acknowledge(core, message.from, log.commitIndex);
    return;
  }
  const lastIndex = log.maybeAppend(message.previousIndex, message.previousTerm, message.entries);
  if (lastIndex === undefined) {
    const searchFrom = Math.min(message.previousIndex, log.lastIndex);
    const hint = log.findConflictByTerm(searchFrom, message.previousTerm);
    core.sendAfterPersist({
      type: 'append-response',
      from: core.id,
      to: message.from,
      term: core.term,
      rejected: true,
      index: message.previousIndex,
      hintIndex: hint.index,
      hintTerm: hint.term,
    });
    return;
  }
  // Only what this message showed to be equal may be committed or acknowledged: behind it, the log may still hold
  // entries of another leader [bug 11] [Raft §5.3].
  log.maybeCommit(Math.min(message.commitIndex, lastIndex));
  acknowledge(core, message.from, lastIndex);
}

/** The leader of this term is alive, and tells how far this node may commit. */
export function onHeartbeat(core: Core, message: HeartbeatMessage): void {
  if (!acceptLeader(core, message.from)) return;
  core.log.maybeCommit(message.commitIndex);
  // It claims no log, only that no later leader is known here; so a slow disk does not look like a death.
  core.send({
    type: 'heartbeat-response',
    from: core.id,
    to: message.from,
    term: core.term,
    round: message.round,
  });
}

/** Takes a snapshot, unless the log is further already. */
export function onSnapshot(core: Core, message: SnapshotMessage): void {
  if (!acceptLeader(core, message.from)) return;
  const { log } = core;
  const { metadata } = message.snapshot;
  if (metadata.index <= log.commitIndex) {
    reachable('raft: a snapshot comes late');
    // Out of date: it must not cut off what came since [bug 56].
    acknowledge(core, message.from, log.commitIndex);
    return;
  }
  if (log.matches(metadata.index, metadata.term)) {
    // The entries are here, only their commit was not known.
    log.maybeCommit(metadata.index);
    acknowledge(core, message.from, metadata.index);
    return;
  }
  reachable('raft: a snapshot replaces a log');
  const hasChange = log.hasBetween('membership', log.appliedIndex, log.lastIndex);
  sometimes(hasChange, 'raft: a snapshot is installed while a change of the membership is pending');
  log.restore(metadata);
  core.membership = metadata.membership;
  core.outbox.snapshot = message.snapshot;
  acknowledge(core, message.from, metadata.index);
}

/** Votes, or says whether it would. */
export function onVoteRequest(core: Core, message: VoteMessage): void {
  const isPreVote = message.type === 'pre-vote';
  const canVote =
    core.votedFor === message.from ||
    (core.votedFor === NONE && core.leaderId === NONE) ||
    (isPreVote && message.term > core.term);
  const granted = canVote && core.log.isUpToDate(message.lastIndex, message.lastTerm);
  answerVoteRequest(core, message, granted);
  sometimes(isPreVote && !granted, 'raft: a pre-vote is refused');
  sometimes(!isPreVote && canVote && !granted, 'raft: a candidate whose log is behind is refused');
  if (!granted || isPreVote) return;
  core.votedFor = message.from;
  // Only a vote that was given keeps this node from campaigning itself [bug 45].
  core.electionElapsedMs = 0;
}

/** Answers who asked for a vote, when the vote is durable. */
export function answerVoteRequest(core: Core, message: VoteMessage, granted: boolean): void {
  const { log } = core;
  core.sendAfterPersist({
    type: message.type === 'pre-vote' ? 'pre-vote-response' : 'vote-response',
    from: core.id,
    to: message.from,
    // A pre-vote is granted in the term that it asks about, or the candidate would drop it as old [bug 43].
    term: granted ? message.term : core.term,
    rejected: !granted,
    commitIndex: log.commitIndex,
    commitTerm: log.commitTerm,
  });
}

/** The membership changed: a leader that is no longer a voter is going to be silent. */
export function noticeRemovedLeader(core: Core): void {
  if (core.leaderId !== NONE && !isVoter(core.membership, core.leaderId)) core.suspectLeader();
}

/** Tells the leader that the log equals its own up to an index, when that is durable. */
export function acknowledge(core: Core, to: NodeId, index: LogIndex): void {
  core.sendAfterPersist({
    type: 'append-response',
    from: core.id,
    to,
    term: core.term,
    rejected: false,
    index,
    hintIndex: 0,
    hintTerm: 0,
  });
}

/** Whether the entries follow `previousIndex` without gaps and in order of terms: no replica sends anything else. */
function areContiguous(message: AppendMessage): boolean {
  let previous: Pick<Entry, 'index' | 'term'> = { index: message.previousIndex, term: message.previousTerm };
  for (const entry of message.entries) {
    if (entry.index !== previous.index + 1 || entry.term < previous.term || entry.term > message.term) return false;
    previous = entry;
  }
  return true;
}
