/** The inspection service: what one node says about itself, to bytes and back. */
import { decodeMessage, messages } from './protobuf.ts';

/** The full name of the service in gRPC paths. */
export const INSPECTION_SERVICE = 'hapax.v1.Inspection';

/** What a node is and what it sees. */
export interface NodeStatus {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly version: string;
  readonly roles: readonly string[];
  readonly ready: boolean;
  /** Absent on a node without a replica of the metadata log. */
  readonly raft: RaftStatus | undefined;
  readonly partitions: readonly PartitionStatus[];
}

export interface RaftStatus {
  readonly role: string;
  readonly term: number;
  /** −1 where nobody is known to lead. */
  readonly leaderId: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly role: string;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** What holds the last stable offset back; undefined where nothing does. */
  readonly holder: OpenTransaction | undefined;
}

/** A transaction that has records in a partition and no marker below the high watermark. */
export interface OpenTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstOffset: number;
  /** When its producer wrote last, in milliseconds since 1970. */
  readonly lastTimestampMs: number;
}

/** Bytes of a status. */
export function encodeNodeStatus(status: NodeStatus): Uint8Array {
  const partitions = status.partitions.map((partition) => {
    const { isr, replicas, holder } = partition;
    return { ...partition, isr: [...isr], replicas: [...replicas], holder: holder ?? null };
  });
  const raft = status.raft ?? null;
  return messages.StatusResponse.encode({ ...status, roles: [...status.roles], raft, partitions }).finish();
}

/** The status of bytes. Throws `frame-malformed`. */
export function decodeNodeStatus(bytes: Uint8Array): NodeStatus {
  const wire = decodeMessage(messages.StatusResponse, 'StatusResponse', bytes);
  const { nodeId, clusterId, version, roles, ready } = wire;
  return {
    nodeId, clusterId, version, roles, ready,
    raft: wire.raft ? pickRaft(wire.raft as RaftStatus) : undefined,
    partitions: (wire.partitions as PartitionStatus[]).map(pickPartition),
  };
}

function pickRaft(wire: RaftStatus): RaftStatus {
  const { role, term, leaderId, commitIndex, appliedIndex, lastIndex } = wire;
  return { role, term, leaderId, commitIndex, appliedIndex, lastIndex };
}

function pickPartition(wire: PartitionStatus): PartitionStatus {
  const { topic, partition, role, leaderId, leaderEpoch, isr, replicas } = wire;
  const { logStartOffset, logEndOffset, highWatermark, lastStableOffset } = wire;
  return {
    topic, partition, role, leaderId, leaderEpoch, isr, replicas, logStartOffset, logEndOffset, highWatermark,
    lastStableOffset, holder: wire.holder ? pickOpen(wire.holder) : undefined,
  };
}

function pickOpen({ producerId, producerEpoch, firstOffset, lastTimestampMs }: OpenTransaction): OpenTransaction {
  return { producerId, producerEpoch, firstOffset, lastTimestampMs };
}
