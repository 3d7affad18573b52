/** What a node does that wants to lead: asks whether it could win, then for votes [Raft §5.2, Raft thesis §9.6]. */
import { NONE, unreachable } from '@hapax/base';
import type { Core } from './core.ts';
import { becomeFollower } from './follower.ts';
import { becomeLeader } from './leader.ts';
import { isVoter, jointVoters, membersOf } from './membership.ts';
import type { VoteResponseMessage } from './message.ts';
import { jointVote } from './quorum.ts';

/**
 * Campaigns, if this node may: only a voter, and with every committed change of the membership applied, since it would
 * else count votes by a configuration that is over [bug 67].
 *
 * `transfer`: the leader asked for it, so nobody's lease stands in the way and no pre-vote is needed.
 */
export function maybeCampaign(core: Core, options: { readonly transfer: boolean }): void {
  const { log } = core;
  if (core.role === 'leader' || !core.isPromotable()) return;
  if (log.hasBetween('membership', log.appliedIndex, log.commitIndex)) return;
  if (core.options.preVote && !options.transfer) askForPreVotes(core);
  else askForVotes(core, options.transfer);
}

/** An answer of a voter. The term was checked: it is this campaign's, or of a node that has seen a higher one. */
export function onVoteResponse(core: Core, message: VoteResponseMessage): void {
  const isPreVote = message.type === 'pre-vote-response';
  if (core.role !== (isPreVote ? 'pre-candidate' : 'candidate')) return;
  // Granted, but for another campaign than this one.
  if (isPreVote && !message.rejected && message.term !== core.term + 1) return;
  if (message.rejected && maybeLearnCommit(core, message)) return;
  if (!core.votes.has(message.from)) core.votes.set(message.from, !message.rejected);
  countVotes(core);
}

/**
 * A voter refused, but knows of commits that this log has too. Among them may be the change of the membership without
 * which this node cannot win: a leader that removed itself, and was gone before it told anybody, has the longest log
 * and cannot be elected. Returns whether the campaign is over: its votes were asked for by a membership of the past.
 */
function maybeLearnCommit(core: Core, message: VoteResponseMessage): boolean {
  const { log } = core;
  if (!log.matches(message.commitIndex, message.commitTerm)) return false;
  log.maybeCommit(message.commitIndex);
  if (!log.hasBetween('membership', log.appliedIndex, log.commitIndex)) return false;
  becomeFollower(core, core.term, NONE);
  return true;
}

function askForPreVotes(core: Core): void {
  core.changeRole('pre-candidate');
  core.leaderId = NONE;
  core.leaderSuspected = false;
  core.electionElapsedMs = 0;
  core.drawElectionTimeout();
  // A pre-vote for oneself promises nothing, so it counts at once.
  core.votes.set(core.id, true);
  request(core, 'pre-vote', { transfer: false });
  countVotes(core);
}

function askForVotes(core: Core, transfer: boolean): void {
  core.changeRole('candidate');
  core.enterTerm(core.term + 1);
  core.votedFor = core.id;
  // One's own vote counts when it is durable, and the requests wait for that too: a node that forgot its candidacy
  // would stand again in the same term with another log, and old answers would still count [bug 7, bug 10].
  core.sendAfterPersist({
    type: 'vote-response',
    from: core.id,
    to: core.id,
    term: core.term,
    rejected: false,
    commitIndex: core.log.commitIndex,
    commitTerm: core.log.commitTerm,
  });
  request(core, 'vote', { transfer });
}

function request(core: Core, type: 'pre-vote' | 'vote', options: { readonly transfer: boolean }): void {
  for (const to of membersOf(core.membership)) {
    if (to === core.id || !isVoter(core.membership, to)) continue;
    const message = {
      type,
      from: core.id,
      to,
      term: type === 'pre-vote' ? core.term + 1 : core.term,
      lastIndex: core.log.lastIndex,
      lastTerm: core.log.lastTerm,
      transfer: options.transfer,
    };
    if (type === 'pre-vote') core.send(message);
    else core.sendAfterPersist(message);
  }
}

function countVotes(core: Core): void {
  const result = jointVote(jointVoters(core.membership), (id) => core.votes.get(id));
  switch (result) {
    case 'pending':
      return;
    case 'won':
      if (core.role === 'pre-candidate') askForVotes(core, false);
      else becomeLeader(core);
      return;
    case 'lost':
      becomeFollower(core, core.term, NONE);
      return;
    default:
      unreachable(result);
  }
}
