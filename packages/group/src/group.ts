/** A group as its members see it: who is in it, what they agreed on, where its rebalance stands. */
import { assert, present } from '@hapax/base';
import type { GroupMetadata } from './group-record.ts';
import { memberMetadata, type Member, type MemberProtocol } from './member.ts';
import { mayMove, type GroupState } from './states.ts';
import type { PendingTimer, RebalanceTimer, SyncTimer } from './timer.ts';

/** The first rebalance of an empty group waits for more members to come, within the rebalance timeout. [G4] */
export interface InitialWait {
  /** How much of the rebalance timeout is left after the delay that runs now. */
  readonly remainingMs: number;
  /** Whether somebody came during the delay that runs now. */
  hasNewMember: boolean;
}

/** Soft state: what is not in the group's record is lost with its coordinator, and members rejoin. */
export class Group<T> {
  readonly groupId: string;
  private currentState: GroupState;
  /** Counts the completed joins. Never falls while the group lives. */
  generation = 0;
  /** `consumer` and the like; undefined until the first member says it. */
  protocolType: string | undefined;
  /** The protocol of the current generation; undefined where it has none. */
  protocolName: string | undefined;
  /** The member that computes assignments; undefined where there are no members. */
  leaderId: string | undefined;
  private readonly membersById = new Map<string, Member<T>>();
  private readonly memberIdsByInstance = new Map<string, string>();
  /** Member ids that were handed out and must come back in a join. [KIP-394] */
  readonly pending = new Map<string, PendingTimer<T>>();
  /** Members of the generation that have not yet asked for their assignment. */
  readonly unsynced = new Set<string>();
  /** Defined while the first rebalance of an empty group waits for more members. */
  initialWait: InitialWait | undefined;
  /** Whether the leader's assignment of this generation is appended and not yet committed. */
  isAssignmentInFlight = false;
  readonly rebalanceTimer: RebalanceTimer<T> = { kind: 'rebalance', group: this };
  readonly syncTimer: SyncTimer<T> = { kind: 'sync', group: this };

  /** A group without members, of the generation that its record tells. */
  constructor(groupId: string, stored: GroupMetadata | undefined) {
    this.groupId = groupId;
    this.currentState = 'Empty';
    if (stored === undefined) return;
    this.generation = stored.generation;
    if (stored.protocolType !== '') this.protocolType = stored.protocolType;
  }

  /** The group as its record tells it: with members it is Stable, and every member starts a new session. */
  static fromStored<T>(groupId: string, stored: GroupMetadata): Group<T> {
    const group = new Group<T>(groupId, stored);
    if (stored.members.length === 0) return group;
    const protocol = stored.protocol ?? '';
    for (const { subscription, ...known } of stored.members) {
      group.add({
        ...known,
        protocols: [{ name: protocol, metadata: subscription }],
        isNew: false,
        joining: undefined,
        syncing: undefined,
        session: { kind: 'session', group, memberId: known.memberId },
      });
    }
    group.protocolName = protocol;
    if (stored.leader !== null && group.has(stored.leader)) group.leaderId = stored.leader;
    group.currentState = 'Stable';
    return group;
  }

  get state(): GroupState {
    return this.currentState;
  }

  get size(): number {
    return this.membersById.size;
  }

  /** Members in the order they came. */
  get members(): readonly Member<T>[] {
    return [...this.membersById.values()];
  }

  /** The time that all members have to rejoin: the longest that any of them asks for. */
  get rebalanceTimeoutMs(): number {
    return this.members.reduce((longest, member) => Math.max(longest, member.rebalanceTimeoutMs), 0);
  }

  /** Moves to another state; stops at a move that the table of states lacks. */
  become(state: GroupState): void {
    assert(
      mayMove(this.currentState, state),
      `invalid transition [${this.currentState} -> ${state}] of group ${this.groupId}`,
    );
    this.currentState = state;
  }

  has(memberId: string): boolean {
    return this.membersById.has(memberId);
  }

  find(memberId: string): Member<T> | undefined {
    return this.membersById.get(memberId);
  }

  /** The id of the static member of that name. */
  findStatic(groupInstanceId: string): string | undefined {
    return this.memberIdsByInstance.get(groupInstanceId);
  }

  /** Adds a member; the first one leads and says what kind of group this is. */
  add(member: Member<T>): void {
    assert(!this.has(member.memberId), `member ${member.memberId} joined group ${this.groupId} twice`);
    if (member.groupInstanceId !== null) {
      const holder = this.memberIdsByInstance.get(member.groupInstanceId);
      assert(holder === undefined, `instance ${member.groupInstanceId} of group ${this.groupId} belongs to ${holder}`);
      this.memberIdsByInstance.set(member.groupInstanceId, member.memberId);
    }
    this.membersById.set(member.memberId, member);
    this.leaderId ??= member.memberId;
  }

  /** Removes a member; where it led, the oldest of the others leads. */
  remove(member: Member<T>): void {
    this.membersById.delete(member.memberId);
    this.unsynced.delete(member.memberId);
    if (member.groupInstanceId !== null) this.memberIdsByInstance.delete(member.groupInstanceId);
    if (this.leaderId === member.memberId) this.leaderId = this.members[0]?.memberId;
  }

  /** Puts a static member's new incarnation in the place of the old one, as leader and as one who owes a sync, too. */
  replace(old: Member<T>, successor: Member<T>): void {
    assert(
      old.groupInstanceId !== null && old.groupInstanceId === successor.groupInstanceId,
      `${successor.memberId} has another name than ${old.memberId} in group ${this.groupId}`,
    );
    const { members } = this;
    this.membersById.clear();
    for (const member of members) {
      const next = member === old ? successor : member;
      this.membersById.set(next.memberId, next);
    }
    this.memberIdsByInstance.set(old.groupInstanceId, successor.memberId);
    if (this.leaderId === old.memberId) this.leaderId = successor.memberId;
    if (this.unsynced.delete(old.memberId)) this.unsynced.add(successor.memberId);
  }

  /** Whether everybody's join waits, and nobody is about to come back with a new id. */
  hasEverybodyJoined(): boolean {
    return this.pending.size === 0 && this.members.every((member) => member.joining !== undefined);
  }

  /** Whether a member with these protocols could be in the group. [G2] */
  isCompatible(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (protocolType === '' || protocols.length === 0) return false;
    if (this.size === 0) return true;
    return protocolType === this.protocolType
      && protocols.some((offered) => this.members.every((member) => supports(member, offered.name)));
  }

  /**
   * The protocol that most members prefer among those that all of them know; of equals, the one that the oldest
   * member prefers. Only with members, who have a protocol in common. [G5]
   */
  voteForProtocol(members: readonly Member<T>[] = this.members): string {
    const oldest = present(members[0], `a member of group ${this.groupId}`);
    const candidates = oldest.protocols
      .map((protocol) => protocol.name)
      .filter((name) => members.every((member) => supports(member, name)));
    let chosen: string | undefined;
    let mostVotes = -1;
    for (const candidate of candidates) {
      const votes = members.filter((member) => preference(member, candidates) === candidate).length;
      if (votes <= mostVotes) continue;
      chosen = candidate;
      mostVotes = votes;
    }
    return present(chosen, `a protocol that all members of group ${this.groupId} know`);
  }

  /** A member that waits to join is made leader where the leader does not; false where nobody waits. */
  maybeElectJoinedLeader(): boolean {
    const leader = this.leaderId === undefined ? undefined : this.find(this.leaderId);
    if (leader?.joining !== undefined) return true;
    const joined = this.members.find((member) => member.joining !== undefined);
    if (joined !== undefined) this.leaderId = joined.memberId;
    return joined !== undefined;
  }

  /** The group's record, with these members and assignments; without members it has neither protocol nor leader. */
  toMetadata(
    members: readonly { readonly member: Member<T>; readonly assignment: Uint8Array }[],
    currentStateTimestampMs: number,
  ): GroupMetadata {
    const isEmpty = members.length === 0;
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocol: isEmpty ? null : (this.protocolName ?? null),
      leader: isEmpty ? null : (this.leaderId ?? null),
      currentStateTimestampMs,
      members: members.map(({ member, assignment }) => memberMetadata(member, this.protocolName, assignment)),
    };
  }
}

function supports<T>(member: Member<T>, protocol: string): boolean {
  return member.protocols.some((known) => known.name === protocol);
}

function preference<T>(member: Member<T>, candidates: readonly string[]): string | undefined {
  return member.protocols.find((protocol) => candidates.includes(protocol.name))?.name;
}
