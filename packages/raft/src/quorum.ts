/** Majorities, and majorities of two configurations at once. */
import type { LogIndex, NodeId } from '@hapax/base';

/** What an election has come to. */
export type VoteResult = 'won' | 'lost' | 'pending';

/** The voters of a configuration: `outgoing` is empty outside of joint consensus. */
export interface JointVoters {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
}

/**
 * The highest index that a majority has acknowledged. A voter without an answer counts as 0; without voters the answer
 * is Infinity, so that an empty half of a joint configuration constrains nothing.
 */
export function majorityIndex(voters: readonly NodeId[], acknowledged: (id: NodeId) => LogIndex | undefined): LogIndex {
  if (voters.length === 0) return Infinity;
  const indexes = voters.map((id) => acknowledged(id) ?? 0).sort((a, b) => a - b);
  return indexes[voters.length - majorityOf(voters.length)] ?? 0;
}

/** The highest index that majorities of both configurations have acknowledged [Raft §6]. */
export function jointIndex(voters: JointVoters, acknowledged: (id: NodeId) => LogIndex | undefined): LogIndex {
  return Math.min(majorityIndex(voters.incoming, acknowledged), majorityIndex(voters.outgoing, acknowledged));
}

/** The state of an election among some voters. Answers of others are not counted [bug 66]. Without voters it is won. */
export function majorityVote(voters: readonly NodeId[], granted: (id: NodeId) => boolean | undefined): VoteResult {
  if (voters.length === 0) return 'won';
  let yes = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = granted(id);
    if (vote === undefined) missing++;
    else if (vote) yes++;
  }
  const needed = majorityOf(voters.length);
  if (yes >= needed) return 'won';
  return yes + missing >= needed ? 'pending' : 'lost';
}

/** The state of an election that must be won in both configurations. */
export function jointVote(voters: JointVoters, granted: (id: NodeId) => boolean | undefined): VoteResult {
  const incoming = majorityVote(voters.incoming, granted);
  const outgoing = majorityVote(voters.outgoing, granted);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}

function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}
