/** A partition as clients are told of it: leader, replicas, and which of them are of use now. */
import { ErrorCode, type NodeId } from '@hapax/base';
import type { PartitionImage } from '@hapax/metadata';
import type { Services } from '../services.ts';

export interface PartitionDescription {
  readonly errorCode: ErrorCode;
  readonly partitionIndex: number;
  readonly leaderId: NodeId;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly NodeId[];
  readonly isrNodes: readonly NodeId[];
  readonly offlineReplicas: readonly NodeId[];
}

/** A replica on a broker that is fenced or gone is offline; a partition without leader says so [H21, D4]. */
export function describePartition(services: Services, partition: PartitionImage): PartitionDescription {
  const { image } = services.metadata;
  const isAlive = (id: NodeId): boolean => image.broker(id)?.fenced === false;
  const leaderId = isAlive(partition.leader) ? partition.leader : -1;
  return {
    errorCode: leaderId === -1 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.partition,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: partition.replicas.filter((id) => !isAlive(id)),
  };
}
