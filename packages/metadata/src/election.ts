/** The one place that decides a partition's next leader, ISR and ELR [H11, H12, KIP-966]. */
import { type NodeId, NONE, reachable, sometimes } from '@hapax/base';
import {
  applyPartitionChange, type LeaderRecoveryState, type PartitionChange, type PartitionImage, sameIds,
} from './partition.ts';

/** What a change of a partition aims at; absent fields stay as they are. */
export interface PartitionTarget {
  readonly isr?: readonly NodeId[];
  readonly replicas?: readonly NodeId[];
  readonly addingReplicas?: readonly NodeId[];
  readonly removingReplicas?: readonly NodeId[];
  readonly leaderRecoveryState?: LeaderRecoveryState;
}

/**
 * keep: the present leader stays where it may. preferred: the first replica leads where it may.
 * unclean: like keep, but rather a live replica that may lack records than none.
 */
export type ElectionKind = 'keep' | 'preferred' | 'unclean';

/** By which rules a leader is chosen. */
export interface ElectionRules {
  readonly kind: ElectionKind;
  /** Whether a broker may lead: registered, not fenced, not shutting down. */
  isActive(id: NodeId): boolean;
  /** The effective min.insync.replicas at a replication factor. */
  minInsyncReplicas(replicationFactor: number): number;
  /** A broker that came back without a clean shutdown: what it held may be gone, so it is not eligible [bug 83]. */
  readonly uncleanBroker?: NodeId;
}

interface Plan {
  readonly replicas: readonly NodeId[];
  readonly addingReplicas: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

interface Leadership {
  readonly leader: NodeId;
  readonly isr: readonly NodeId[];
  readonly unclean: boolean;
}

/** The change that brings a partition to its target under the rules, or undefined where nothing changes. */
export function changePartition(
  partition: PartitionImage,
  target: PartitionTarget,
  rules: ElectionRules,
): PartitionChange | undefined {
  const plan = settleReassignment({
    replicas: target.replicas ?? partition.replicas,
    addingReplicas: target.addingReplicas ?? partition.addingReplicas,
    removingReplicas: target.removingReplicas ?? partition.removingReplicas,
    isr: (target.isr ?? partition.isr).filter((id) => id !== rules.uncleanBroker),
  });
  const eligible = eligibleReplicas(partition, plan, rules);
  const { leader, isr, unclean } = elect(partition, plan, eligible, rules);
  const isFull = isr.length >= rules.minInsyncReplicas(plan.replicas.length);
  // With a full ISR the high watermark moves on without the others; an unclean leader may lack what they hold.
  const elr = isFull || unclean ? [] : eligible.filter((id) => !isr.includes(id));
  const recovery = unclean ? 'recovering' : (target.leaderRecoveryState ?? partition.leaderRecoveryState);
  const fields: Required<PartitionChange> = {
    leader,
    isr,
    elr,
    lastKnownElr: lastKnownLeader(partition, isr),
    replicas: plan.replicas,
    addingReplicas: plan.addingReplicas,
    removingReplicas: plan.removingReplicas,
    leaderRecoveryState: recovery,
  };
  return difference(partition, fields, needsLeaderEpoch(partition, fields, rules));
}

/** The partition after {@link changePartition}'s change. */
export function afterChange(partition: PartitionImage, change: PartitionChange | undefined): PartitionImage {
  return change === undefined ? partition : applyPartitionChange(partition, change);
}

/** A reassignment completes only when every target is in sync: no fewer copies than asked for, at no time [bug 95]. */
function settleReassignment(plan: Plan): Plan {
  const within: Plan = { ...plan, isr: plan.isr.filter((id) => plan.replicas.includes(id)) };
  if (plan.addingReplicas.length === 0 && plan.removingReplicas.length === 0) return within;
  const targets = plan.replicas.filter((id) => !plan.removingReplicas.includes(id));
  if (!targets.every((id) => within.isr.includes(id))) return within;
  reachable('metadata: a reassignment completes');
  const isr = within.isr.filter((id) => targets.includes(id));
  return { replicas: targets, addingReplicas: [], removingReplicas: [], isr };
}

/**
 * Out of sync, yet with every committed record: while the ISR is below its minimum the high watermark stands still, so
 * whoever leaves the ISR stays eligible until the ISR is full again.
 */
function eligibleReplicas(partition: PartitionImage, plan: Plan, rules: ElectionRules): NodeId[] {
  const candidates = [...partition.elr, ...partition.isr.filter((id) => !partition.elr.includes(id))];
  return candidates.filter(
    (id) => !plan.isr.includes(id) && plan.replicas.includes(id) && id !== rules.uncleanBroker,
  );
}

function elect(
  partition: PartitionImage,
  plan: Plan,
  eligible: readonly NodeId[],
  rules: ElectionRules,
): Leadership {
  const mayLead = (id: NodeId): boolean =>
    rules.isActive(id) && (plan.isr.includes(id) || (plan.isr.length === 0 && eligible.includes(id)));
  const clean = (leader: NodeId): Leadership => {
    const isr = leader !== NONE && plan.isr.length === 0 ? [leader] : plan.isr;
    return { leader, isr, unclean: false };
  };
  const preferred = plan.replicas[0] as NodeId;
  if (rules.kind === 'preferred' && mayLead(preferred)) return clean(preferred);
  if (mayLead(partition.leader)) return clean(partition.leader);
  const first = plan.replicas.find(mayLead);
  sometimes(first !== undefined && plan.isr.length === 0, 'metadata: an eligible replica leads without an ISR');
  if (first !== undefined) return clean(first);
  const last = lastResort(partition, plan, eligible, rules);
  sometimes(last === undefined, 'metadata: a partition is left without a leader');
  sometimes(last !== undefined, 'metadata: a leader is elected that may lack records');
  return last === undefined ? clean(NONE) : { leader: last, isr: [last], unclean: true };
}

/** With nobody left who surely has every record: the last known leader; or anyone alive, where that is allowed. */
function lastResort(
  partition: PartitionImage,
  plan: Plan,
  eligible: readonly NodeId[],
  rules: ElectionRules,
): NodeId | undefined {
  const known = partition.lastKnownElr[0];
  if (plan.isr.length === 0 && eligible.length === 0 && known !== undefined) {
    if (plan.replicas.includes(known) && rules.isActive(known)) return known;
  }
  return rules.kind === 'unclean' ? plan.replicas.find((id) => rules.isActive(id)) : undefined;
}

/** Remembered from the moment that nobody is in sync until somebody is again. */
function lastKnownLeader(partition: PartitionImage, isr: readonly NodeId[]): readonly NodeId[] {
  if (isr.length > 0) return [];
  return partition.leader === NONE ? partition.lastKnownElr : [partition.leader];
}

/** Where followers must start anew: another leader, a replica that left [KAFKA-9672], or one whose data may be gone. */
function needsLeaderEpoch(partition: PartitionImage, next: Required<PartitionChange>, rules: ElectionRules): boolean {
  if (next.leader !== partition.leader) return true;
  if (!partition.replicas.every((id) => next.replicas.includes(id))) return true;
  const { uncleanBroker } = rules;
  if (uncleanBroker === undefined) return false;
  // [bug 86] Fetches of the incarnation that held the data must not count for the one that may not.
  return partition.isr.includes(uncleanBroker) || partition.elr.includes(uncleanBroker);
}

function difference(
  partition: PartitionImage,
  next: Required<PartitionChange>,
  newLeaderEpoch: boolean,
): PartitionChange | undefined {
  const change: { -readonly [K in keyof PartitionChange]: PartitionChange[K] } = {};
  if (newLeaderEpoch) change.leader = next.leader;
  for (const field of LISTS) {
    if (!sameIds(partition[field], next[field])) change[field] = next[field];
  }
  if (next.leaderRecoveryState !== partition.leaderRecoveryState) change.leaderRecoveryState = next.leaderRecoveryState;
  return Object.keys(change).length === 0 ? undefined : change;
}

const LISTS = ['isr', 'elr', 'lastKnownElr', 'replicas', 'addingReplicas', 'removingReplicas'] as const;
