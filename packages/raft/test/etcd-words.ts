/** The words in which etcd/raft's scripts write memberships and their changes. */
import { NONE } from '@hapax/base';
import type { MemberChange, Membership } from '@hapax/raft';

/** `v1`, `l1`, `r1`, `u1`. Nobody is 0 there and NONE here. */
export function parseChange(word: string): MemberChange {
  const id = Number(word.slice(1)) || NONE;
  const kind = word.charAt(0);
  if (kind === 'r') return { type: 'remove', id };
  const types = { v: 'add-voter', l: 'add-learner', u: 'update' } as const;
  return { type: types[kind as 'v' | 'l' | 'u'], id, address: '' };
}

export function describeMembership(membership: Membership): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = membership;
  let text = `voters=(${voters.join(' ')})`;
  if (votersOutgoing.length > 0) text += `&&(${votersOutgoing.join(' ')})`;
  if (learners.length > 0) text += ` learners=(${learners.join(' ')})`;
  if (learnersNext.length > 0) text += ` learners_next=(${learnersNext.join(' ')})`;
  return autoLeave ? `${text} autoleave` : text;
}
