/** A member of a group, with the requests of its that wait. */
import type { MemberMetadata } from './group-record.ts';
import type { SessionTimer } from './timer.ts';

/** A protocol (assignor) that a member can follow, and what it says for it. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** A request that waits for its answer. Boxed, so that any token can be told from none. */
export interface Waiting<T> {
  readonly token: T;
}

/** One member. */
export interface Member<T> {
  readonly memberId: string;
  /** The name of a static member; null for a dynamic one. [KIP-345] */
  readonly groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** In the order of the member's preference. */
  protocols: readonly MemberProtocol[];
  /** What the leader of the current generation gave it. */
  assignment: Uint8Array;
  /** Whether its first join still waits: it cannot send heartbeats yet, for it does not know its id. */
  isNew: boolean;
  /** Its JoinGroup, while the group waits for the others. */
  joining: Waiting<T> | undefined;
  /** Its SyncGroup, while the leader's assignment is not there or not committed. */
  syncing: Waiting<T> | undefined;
  readonly session: SessionTimer<T>;
}

export const NO_BYTES = new Uint8Array(0);

/** The member's metadata for a protocol; empty where it does not know the protocol. */
export function metadataFor<T>(member: Member<T>, protocol: string | undefined): Uint8Array {
  return member.protocols.find((known) => known.name === protocol)?.metadata ?? NO_BYTES;
}

/** Whether the member says exactly what it said before: same protocols, same order, same bytes. */
export function hasSameProtocols<T>(member: Member<T>, protocols: readonly MemberProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false;
  return protocols.every((protocol, at) => {
    const known = member.protocols[at];
    return known !== undefined && known.name === protocol.name && areSameBytes(known.metadata, protocol.metadata);
  });
}

/** The member as the group's record tells it. */
export function memberMetadata<T>(
  member: Member<T>, protocol: string | undefined, assignment: Uint8Array,
): MemberMetadata {
  const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs } = member;
  const subscription = metadataFor(member, protocol);
  return {
    memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, subscription, assignment,
  };
}

function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
