/** How far a partition is: on every replica, and for readers of either isolation. */
import type { Admin, PartitionMetadata, PartitionOffset, TopicMetadata, TopicPartition } from '@hapax/client';
import type { NodeStatus } from './inspect-nodes.ts';
import { judgePartitions, type JudgedTransaction } from './open-transactions.ts';
import { offsetsByPlace, placeOf } from './views/topic-views.ts';

/** One replica. Offsets are null where its node did not tell. */
export interface ReplicaFacts {
  readonly nodeId: number;
  readonly role: string;
  readonly inSync: boolean;
  readonly logEndOffset: number | null;
  readonly highWatermark: number | null;
  readonly lastStableOffset: number | null;
}

/** One partition. Offsets are those of its leader; null where it has none, or where nobody tells. */
export interface PartitionFacts extends TopicPartition {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number | null;
  readonly logEndOffset: number | null;
  readonly highWatermark: number | null;
  readonly lastStableOffset: number | null;
  readonly replicas: readonly ReplicaFacts[];
  /** Oldest first. */
  readonly open: readonly JudgedTransaction[];
  /** The first of them, where it holds the last stable offset back. */
  readonly blockedBy: JudgedTransaction | null;
}

/** Looks at partitions. `statuses` are of the nodes that answered; without the leader's, its log end is not known. */
export async function examinePartitions(
  admin: Admin,
  partitions: readonly TopicPartition[],
  statuses: readonly NodeStatus[],
  limits: { readonly nowMs: number; readonly olderThanMs: number },
): Promise<PartitionFacts[]> {
  const topics = await admin.listTopics();
  const led = partitions.filter((one) => (metadataOf(topics, one)?.leaderId ?? -1) >= 0);
  const offsets = await offsetsOf(admin, led);
  const judged = await judgePartitions(admin, topics, led, limits);
  return partitions.flatMap((one) => {
    const metadata = metadataOf(topics, one);
    return metadata === undefined ? [] : [factsOf({ place: one, metadata, offsets, statuses, judged })];
  });
}

interface Offsets {
  readonly starts: Map<string, number>;
  readonly stable: Map<string, number>;
  readonly ends: Map<string, number>;
}

/** The last stable offset is asked for first: it is then never above the high watermark. */
async function offsetsOf(admin: Admin, led: readonly TopicPartition[]): Promise<Offsets> {
  const ask = async (at: 'earliest' | 'latest', readCommitted: boolean): Promise<Map<string, number>> => {
    const found: readonly PartitionOffset[] = await admin.listOffsets(
      led.map(({ topic, partition }) => ({ topic, partition, at })),
      { readCommitted },
    );
    return offsetsByPlace(found);
  };
  const starts = await ask('earliest', false);
  const stable = await ask('latest', true);
  return { starts, stable, ends: await ask('latest', false) };
}

function factsOf(found: {
  readonly place: TopicPartition;
  readonly metadata: PartitionMetadata;
  readonly offsets: Offsets;
  readonly statuses: readonly NodeStatus[];
  readonly judged: readonly JudgedTransaction[];
}): PartitionFacts {
  const { place: { topic, partition }, metadata, offsets, statuses, judged } = found;
  const { leaderId, leaderEpoch, inSyncReplicas } = metadata;
  const replicas = metadata.replicas.map((nodeId) => replicaOf(nodeId, found, inSyncReplicas));
  // A leader's own account is of one moment; what clients are told may be of three.
  const leader = replicas.find((one) => one.nodeId === leaderId && one.logEndOffset !== null);
  const key = placeOf(topic, partition);
  const open = judged.filter((one) => one.topic === topic && one.partition === partition);
  const highWatermark = leader?.highWatermark ?? offsets.ends.get(key) ?? null;
  const lastStableOffset = leader?.lastStableOffset ?? offsets.stable.get(key) ?? null;
  const isBlocked = highWatermark !== null && lastStableOffset !== null && lastStableOffset < highWatermark;
  const status = statusOf(statuses, leaderId, found.place);
  return {
    topic,
    partition,
    leaderId,
    leaderEpoch,
    logStartOffset: status?.logStartOffset ?? offsets.starts.get(key) ?? null,
    logEndOffset: leader?.logEndOffset ?? null,
    highWatermark,
    lastStableOffset,
    replicas,
    open,
    blockedBy: isBlocked ? (open.find(({ startOffset }) => startOffset <= lastStableOffset) ?? null) : null,
  };
}

function replicaOf(
  nodeId: number,
  { place, statuses }: { readonly place: TopicPartition; readonly statuses: readonly NodeStatus[] },
  inSyncReplicas: readonly number[],
): ReplicaFacts {
  const status = statusOf(statuses, nodeId, place);
  return {
    nodeId,
    role: status?.role ?? 'unknown',
    inSync: inSyncReplicas.includes(nodeId),
    logEndOffset: status?.logEndOffset ?? null,
    highWatermark: status?.highWatermark ?? null,
    lastStableOffset: status?.lastStableOffset ?? null,
  };
}

function statusOf(
  statuses: readonly NodeStatus[],
  nodeId: number,
  { topic, partition }: TopicPartition,
): NodeStatus['partitions'][number] | undefined {
  const node = statuses.find((one) => one.nodeId === nodeId);
  return node?.partitions.find((one) => one.topic === topic && one.partition === partition);
}

function metadataOf(topics: readonly TopicMetadata[], place: TopicPartition): PartitionMetadata | undefined {
  return topics
    .find(({ topic }) => topic === place.topic)
    ?.partitions.find(({ partition }) => partition === place.partition);
}
