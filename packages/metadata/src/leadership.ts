/** What the coming and going of a broker means for the partitions: which records move leaders and shrink ISRs. */
import { type NodeId, NONE, reachable } from '@hapax/base';
import type { ClusterImage } from './cluster-image.ts';
import { changePartition, type ElectionKind, type ElectionRules } from './election.ts';
import type { PartitionChange, PartitionImage } from './partition.ts';
import type { PartitionChangeRecord } from './records.ts';

/** The rules of an image for a partition: its configuration, and who is active. */
export function electionRules(image: ClusterImage, topic: string, kind?: ElectionKind): ElectionRules {
  const uncleanAllowed = kind === undefined && image.topicConfig(topic, 'unclean.leader.election.enable');
  return {
    kind: kind ?? (uncleanAllowed ? 'unclean' : 'keep'),
    isActive: (id) => image.isActive(id),
    minInsyncReplicas: (replicationFactor) => image.minInsyncReplicas(topic, replicationFactor),
  };
}

/** The record of a change. */
export function changeRecord(partition: PartitionImage, change: PartitionChange): PartitionChangeRecord {
  return { type: 'partition-change', topicId: partition.topicId, partition: partition.partition, ...change };
}

/** A broker goes (fenced, shutting down): it leaves every ISR, and what it leads gets another leader [H20]. */
export function whenBrokerLeaves(image: ClusterImage, brokerId: NodeId): PartitionChangeRecord[] {
  return changeWhere(image, (partition) => partition.isr.includes(brokerId), (partition) => {
    const rules = electionRules(image, partition.topic);
    return changePartition(
      partition,
      { isr: partition.isr.filter((id) => id !== brokerId) },
      { ...rules, isActive: (id) => id !== brokerId && rules.isActive(id) },
    );
  });
}

/** A broker came back without a clean shutdown: it is no longer in sync nor eligible anywhere [KIP-966, bug 86]. */
export function whenBrokerLostData(image: ClusterImage, brokerId: NodeId): PartitionChangeRecord[] {
  reachable('metadata: a broker comes back without a clean stop');
  const touches = ({ isr, elr }: PartitionImage): boolean => isr.includes(brokerId) || elr.includes(brokerId);
  return changeWhere(image, touches, (partition) => {
    const rules = electionRules(image, partition.topic);
    const isActive = (id: NodeId): boolean => id !== brokerId && rules.isActive(id);
    return changePartition(partition, {}, { ...rules, isActive, uncleanBroker: brokerId });
  });
}

/** A broker is unfenced: partitions without a leader may have one again. */
export function whenBrokerComes(image: ClusterImage, brokerId: NodeId): PartitionChangeRecord[] {
  const waits = ({ leader, replicas }: PartitionImage): boolean => leader === NONE && replicas.includes(brokerId);
  return changeWhere(image, waits, (partition) => {
    const rules = electionRules(image, partition.topic);
    return changePartition(partition, {}, { ...rules, isActive: (id) => id === brokerId || rules.isActive(id) });
  });
}

/** Partitions without a leader whose configuration came to allow an unclean one; at most `limit` of them. */
export function electLeaderless(image: ClusterImage, limit: number): PartitionChangeRecord[] {
  const waits = ({ leader }: PartitionImage): boolean => leader === NONE;
  return changeWhere(image, waits, (partition) => {
    const rules = electionRules(image, partition.topic);
    return rules.kind === 'unclean' ? changePartition(partition, {}, rules) : undefined;
  }, limit);
}

/** Leadership goes back to preferred replicas that are in sync; at most `limit` partitions. */
export function balanceLeaders(image: ClusterImage, limit: number): PartitionChangeRecord[] {
  const isAway = ({ leader, replicas, isr }: PartitionImage): boolean => {
    const preferred = replicas[0] as NodeId;
    return leader !== preferred && isr.includes(preferred) && image.isActive(preferred);
  };
  return changeWhere(image, isAway, (partition) => {
    return changePartition(partition, {}, electionRules(image, partition.topic, 'preferred'));
  }, limit);
}

/** How many partitions a broker leads. */
export function leadershipCount(image: ClusterImage, brokerId: NodeId): number {
  let count = 0;
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) if (partition.leader === brokerId) count += 1;
  }
  return count;
}

function changeWhere(
  image: ClusterImage,
  concerns: (partition: PartitionImage) => boolean,
  change: (partition: PartitionImage) => PartitionChange | undefined,
  limit = Infinity,
): PartitionChangeRecord[] {
  const records: PartitionChangeRecord[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      if (records.length >= limit) return records;
      if (!concerns(partition)) continue;
      const changed = change(partition);
      if (changed !== undefined) records.push(changeRecord(partition, changed));
    }
  }
  return records;
}
