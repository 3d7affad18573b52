/** Who belongs to the cluster, and how that changes: pure functions from one membership to the next [Raft §6]. */
import { NONE } from '@hapax/base';
import type { NodeId } from '@hapax/base';
import type { JointVoters } from './quorum.ts';

/** A configuration. Ids are in ascending order. Plain data: it may be written as JSON. */
export interface Membership {
  /** Who votes; while joint, the configuration that is coming in. */
  readonly voters: readonly NodeId[];
  /** While joint, the configuration that is going out; else empty. */
  readonly votersOutgoing: readonly NodeId[];
  /** Who follows the log without a vote. Never a voter of either configuration. */
  readonly learners: readonly NodeId[];
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  /** Whether the leader leaves the joint configuration by itself, as soon as it is in force. */
  readonly autoLeave: boolean;
  /** Where members are, in words that only the driver understands; in order of the ids. */
  readonly addresses: readonly MemberAddress[];
}

export interface MemberAddress {
  readonly id: NodeId;
  readonly address: string;
}

/**
 * One step of a change. Adding who is there already changes its role or its address; removing who is not, or NONE, does
 * nothing.
 */
export type MemberChange =
  | { readonly type: 'add-voter' | 'add-learner'; readonly id: NodeId; readonly address: string }
  | { readonly type: 'update'; readonly id: NodeId; readonly address: string }
  | { readonly type: 'remove'; readonly id: NodeId };

/** A change of the membership, taken as a whole. */
export interface MembershipChange {
  /** Applied in order. None at all means: leave the joint configuration. */
  readonly changes: readonly MemberChange[];
  /**
   * `auto`: at once where only one member changes, else as `joint`. `joint`: by a joint configuration that the leader
   * leaves by itself. `joint-explicit`: joint until a change without changes is proposed.
   */
  readonly transition: 'auto' | 'joint' | 'joint-explicit';
}

/** Why a change is refused. */
export type MembershipRefusal =
  /** when a joint configuration is in force and the change does not leave it */
  | 'already-joint'
  /** when the change leaves a joint configuration and none is in force */
  | 'not-joint'
  /** when nobody votes yet, so that there is no majority that could decide a joint change */
  | 'no-voters-yet'
  /** when nobody would be left to vote */
  | 'no-voters-left'
  /** when more than one voter would change at once */
  | 'several-voters';

export type MembershipResult =
  | { readonly ok: true; readonly membership: Membership }
  | { readonly ok: false; readonly refusal: MembershipRefusal };

/** Nobody: the membership of a node that waits to be added to a cluster. */
export const EMPTY_MEMBERSHIP: Membership = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  addresses: [],
};

/** The change that leaves a joint configuration. */
export const LEAVE_JOINT: MembershipChange = { changes: [], transition: 'auto' };

/** A membership of voters alone. */
export function membershipOfVoters(members: readonly MemberAddress[]): Membership {
  const addresses = [...members].sort((a, b) => a.id - b.id);
  return { ...EMPTY_MEMBERSHIP, voters: addresses.map((member) => member.id), addresses };
}

/** The membership after a change, by the kind of transition that the change asks for. */
export function changeMembership(membership: Membership, change: MembershipChange): MembershipResult {
  if (change.changes.length === 0 && change.transition === 'auto') return leaveJoint(membership);
  if (change.transition === 'auto' && change.changes.length === 1) return changeSimply(membership, change.changes);
  return enterJoint(membership, change.changes, { autoLeave: change.transition !== 'joint-explicit' });
}

/** Changes at most one voter in one step: consecutive majorities then share a member [Raft thesis §4.1]. */
export function changeSimply(membership: Membership, changes: readonly MemberChange[]): MembershipResult {
  if (isJoint(membership)) return refuse('already-joint');
  const draft = draftOf(membership);
  for (const change of changes) applyChange(draft, change);
  if (draft.voters.size === 0) return refuse('no-voters-left');
  let changed = 0;
  for (const id of draft.voters) if (!membership.voters.includes(id)) changed++;
  for (const id of membership.voters) if (!draft.voters.has(id)) changed++;
  if (changed > 1) return refuse('several-voters');
  return { ok: true, membership: finish(draft) };
}

/** Enters a joint configuration: from here on, both the old and the new voters decide [Raft §6]. */
export function enterJoint(
  membership: Membership,
  changes: readonly MemberChange[],
  options: { readonly autoLeave: boolean },
): MembershipResult {
  if (isJoint(membership)) return refuse('already-joint');
  if (membership.voters.length === 0) return refuse('no-voters-yet');
  const draft = draftOf(membership);
  draft.outgoing = new Set(membership.voters);
  for (const change of changes) applyChange(draft, change);
  if (draft.voters.size === 0) return refuse('no-voters-left');
  draft.autoLeave = options.autoLeave;
  return { ok: true, membership: finish(draft) };
}

/** Leaves a joint configuration: the incoming voters decide alone, and demoted voters become learners. */
export function leaveJoint(membership: Membership): MembershipResult {
  if (!isJoint(membership)) return refuse('not-joint');
  const draft = draftOf(membership);
  for (const id of draft.learnersNext) draft.learners.add(id);
  draft.learnersNext = new Set();
  draft.outgoing = new Set();
  draft.autoLeave = false;
  return { ok: true, membership: finish(draft) };
}

/** Whether two majorities are needed: the old voters and the new [Raft §6]. */
export function isJoint(membership: Membership): boolean {
  return membership.votersOutgoing.length > 0;
}

/** Both halves of the voters, as the quorum functions take them. */
export function jointVoters(membership: Membership): JointVoters {
  return { incoming: membership.voters, outgoing: membership.votersOutgoing };
}

/** Whether a node votes, in either half. */
export function isVoter(membership: Membership, id: NodeId): boolean {
  return membership.voters.includes(id) || membership.votersOutgoing.includes(id);
}

/** Whether a node is sent the log without a vote. */
export function isLearner(membership: Membership, id: NodeId): boolean {
  return membership.learners.includes(id);
}

/** Everybody that the leader replicates to, in ascending order. */
export function membersOf(membership: Membership): readonly NodeId[] {
  return sorted(new Set([...membership.voters, ...membership.votersOutgoing, ...membership.learners]));
}

interface Draft {
  voters: Set<NodeId>;
  outgoing: Set<NodeId>;
  learners: Set<NodeId>;
  learnersNext: Set<NodeId>;
  autoLeave: boolean;
  addresses: Map<NodeId, string>;
}

function draftOf(membership: Membership): Draft {
  return {
    voters: new Set(membership.voters),
    outgoing: new Set(membership.votersOutgoing),
    learners: new Set(membership.learners),
    learnersNext: new Set(membership.learnersNext),
    autoLeave: membership.autoLeave,
    addresses: new Map(membership.addresses.map(({ id, address }) => [id, address])),
  };
}

function applyChange(draft: Draft, change: MemberChange): void {
  if (change.id === NONE) return;
  const known = draft.voters.has(change.id) || draft.learners.has(change.id) || draft.outgoing.has(change.id);
  if (change.type === 'update') {
    if (known) draft.addresses.set(change.id, change.address);
    return;
  }
  draft.voters.delete(change.id);
  draft.learners.delete(change.id);
  draft.learnersNext.delete(change.id);
  if (change.type === 'remove') return;
  draft.addresses.set(change.id, change.address);
  if (change.type === 'add-voter') draft.voters.add(change.id);
  // Who still votes in the outgoing configuration cannot be a learner yet, or it would be counted in two roles.
  else if (draft.outgoing.has(change.id)) draft.learnersNext.add(change.id);
  else draft.learners.add(change.id);
}

function finish(draft: Draft): Membership {
  const membership = {
    voters: sorted(draft.voters),
    votersOutgoing: sorted(draft.outgoing),
    learners: sorted(draft.learners),
    learnersNext: sorted(draft.learnersNext),
    autoLeave: draft.autoLeave,
    addresses: [],
  };
  const addresses = membersOf(membership).map((id) => ({ id, address: draft.addresses.get(id) ?? '' }));
  return { ...membership, addresses };
}

function sorted(ids: ReadonlySet<NodeId>): readonly NodeId[] {
  return [...ids].sort((a, b) => a - b);
}

function refuse(refusal: MembershipRefusal): MembershipResult {
  return { ok: false, refusal };
}
