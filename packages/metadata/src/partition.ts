/** One partition as the controller knows it, and how a change makes the next state of it. */
import { assert, type LeaderEpoch, type NodeId, NONE, type PartitionEpoch, type Uuid } from '@hapax/base';

/** recovering: the leader was elected uncleanly and may have lost records; nobody else may join the ISR meanwhile. */
export type LeaderRecoveryState = 'recovered' | 'recovering';

/** What a leader, its followers and clients need to know of a partition. Immutable: a change makes a new one. */
export interface PartitionState {
  readonly topicId: Uuid;
  readonly partition: number;
  /** In order of preference, the preferred leader first. While reassigning: the targets, then those to remove. */
  readonly replicas: readonly NodeId[];
  /** In-sync replicas: each holds every committed record. A subset of `replicas`; may be empty [KIP-966]. */
  readonly isr: readonly NodeId[];
  /** Eligible leader replicas, out of the ISR but holding every committed record; disjoint from it [KIP-966]. */
  readonly elr: readonly NodeId[];
  /** The last leader, once both ISR and ELR ran empty: the best guess of a recovery that may lose records [KIP-966]. */
  readonly lastKnownElr: readonly NodeId[];
  /** Invariant: a member of the ISR, or −1 for none. */
  readonly leader: NodeId;
  /** Grows with every change of the leader, and wherever old requests must be fenced. */
  readonly leaderEpoch: LeaderEpoch;
  /** Grows with every change. */
  readonly partitionEpoch: PartitionEpoch;
  readonly leaderRecoveryState: LeaderRecoveryState;
  /** Replicas that a reassignment adds. Invariant: a subset of `replicas`. */
  readonly addingReplicas: readonly NodeId[];
  /** Replicas that leave when the reassignment completes. Invariant: a subset of `replicas`. */
  readonly removingReplicas: readonly NodeId[];
}

/** A partition with the name of its topic. */
export interface PartitionImage extends PartitionState {
  readonly topic: string;
}

/** What changes of a partition; absent fields stay. A present `leader`, though the same, means a new leader epoch. */
export interface PartitionChange {
  readonly leader?: NodeId;
  readonly isr?: readonly NodeId[];
  readonly elr?: readonly NodeId[];
  readonly lastKnownElr?: readonly NodeId[];
  readonly replicas?: readonly NodeId[];
  readonly addingReplicas?: readonly NodeId[];
  readonly removingReplicas?: readonly NodeId[];
  readonly leaderRecoveryState?: LeaderRecoveryState;
}

/** The partition after a change: partition epoch + 1, and leader epoch + 1 where a leader was named [H10]. */
export function applyPartitionChange(before: PartitionImage, change: PartitionChange): PartitionImage {
  const after: PartitionImage = {
    topicId: before.topicId,
    topic: before.topic,
    partition: before.partition,
    replicas: change.replicas ?? before.replicas,
    isr: change.isr ?? before.isr,
    elr: change.elr ?? before.elr,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    leader: change.leader ?? before.leader,
    leaderEpoch: change.leader === undefined ? before.leaderEpoch : before.leaderEpoch + 1,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState ?? before.leaderRecoveryState,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
  };
  checkPartition(after);
  return after;
}

/** Whether replicas are being added to or removed from the partition. */
export function isReassigning(partition: PartitionState): boolean {
  return partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0;
}

/** Stops where a partition breaks its invariants: a wrong ISR here loses acknowledged records later. */
export function checkPartition(partition: PartitionState): void {
  const name = (): string => `partition ${partition.topicId}-${partition.partition}`;
  const { replicas, isr, elr, leader } = partition;
  assert(replicas.length > 0, () => `${name()} has no replicas`);
  assert(isSubset(isr, replicas), () => `${name()}: ISR [${isr}] is no subset of the replicas [${replicas}]`);
  assert(isSubset(elr, replicas), () => `${name()}: ELR [${elr}] is no subset of the replicas [${replicas}]`);
  assert(!elr.some((id) => isr.includes(id)), () => `${name()}: ELR [${elr}] and ISR [${isr}] overlap`);
  assert(leader === NONE || isr.includes(leader), () => `${name()}: leader ${leader} is not in the ISR [${isr}]`);
  assert(isSubset(partition.addingReplicas, replicas), () => `${name()} adds what is not among its replicas`);
  assert(isSubset(partition.removingReplicas, replicas), () => `${name()} removes what is not among its replicas`);
}

/** Whether two lists hold the same ids in the same order. */
export function sameIds(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && left.every((id, at) => right[at] === id);
}

/** Whether two lists hold the same ids in any order. */
export function sameIdSet(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && isSubset(left, right);
}

function isSubset(part: readonly NodeId[], whole: readonly NodeId[]): boolean {
  return part.every((id) => whole.includes(id));
}
