/** How the simulated brokers are configured: as in production, but with everything small, so that edges come often. */
import { DEFAULT_CONTROLLER_CONFIG } from '@hapax/metadata';
import type { BrokerOptions } from '@hapax/broker';
import type { NodeId } from '@hapax/base';

/** Timings and sizes of Raft. */
export interface RaftShape {
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly snapshotEveryEntries: number;
  readonly maxAppendBytes: number;
  readonly maxInflightAppends: number;
}

/** What is drawn for each seed. */
export interface ClusterShape {
  readonly nodes: number;
  /** Nodes 0 and up of this number are the first voters of the controllers' quorum. */
  readonly voters: number;
  /** What nodes are: `both`: brokers, the voters controllers too; `apart`: either; `controllers`: nothing else. */
  readonly roles: 'both' | 'apart' | 'controllers';
  readonly raft: RaftShape;
  readonly flush: 'fsync' | 'os';
  readonly segmentBytes: number;
  readonly journalFileBytes: number;
  readonly journalBypassBytes: number;
  readonly lagTimeMaxMs: number;
  readonly sessionTimeoutMs: number;
  /** A transactional id that is not used for longer is forgotten. */
  readonly transactionalIdExpirationMs: number;
}

export const CLUSTER_ID = 'simulated-cluster-abcd';

const KAFKA_PORT = 9092;
const PEER_PORT = 9192;

/** The address of a node's Kafka listener. */
export function kafkaEndpoint(id: NodeId): { readonly host: string; readonly port: number } {
  return { host: `node-${id}`, port: KAFKA_PORT };
}

/** Where the other nodes reach a node. */
export function peerEndpoint(id: NodeId): { readonly host: string; readonly port: number } {
  return { host: `node-${id}`, port: PEER_PORT };
}

/** The nodes that keep partitions. */
export function brokerIds(shape: Pick<ClusterShape, 'nodes' | 'voters' | 'roles'>): readonly NodeId[] {
  const ids = Array.from({ length: shape.nodes }, (_, at) => at);
  if (shape.roles === 'controllers') return [];
  return shape.roles === 'apart' ? ids.slice(shape.voters) : ids;
}

function rolesOf(id: NodeId, shape: ClusterShape): BrokerOptions['roles'] {
  const isController = shape.roles === 'controllers' || id < shape.voters;
  const isBroker = brokerIds(shape).includes(id);
  if (isController) return isBroker ? ['broker', 'controller'] : ['controller'];
  return ['broker'];
}

/** The options of one node of a cluster of this shape. */
export function brokerOptions(id: NodeId, shape: ClusterShape): BrokerOptions {
  const voters = Array.from({ length: Math.min(shape.voters, shape.nodes) }, (_, at) => at);
  return {
    nodeId: id,
    clusterId: CLUSTER_ID,
    roles: rolesOf(id, shape),
    peerEndpoint: peerEndpoint(id),
    kafkaEndpoint: kafkaEndpoint(id),
    rack: null,
    controllers: voters.map((node) => ({ id: node, endpoint: peerEndpoint(node) })),
    raft: shape.raft,
    controller: {
      ...DEFAULT_CONTROLLER_CONFIG,
      clusterId: CLUSTER_ID,
      sessionTimeoutMs: shape.sessionTimeoutMs,
      nodesExpected: Math.max(1, brokerIds(shape).length),
      initialConfigs: {
        'offsets.topic.num.partitions': '3',
        'transaction.state.log.num.partitions': '3',
        'transaction.state.log.segment.bytes': String(shape.segmentBytes),
        'transactional.id.expiration.ms': String(shape.transactionalIdExpirationMs),
        'log.segment.bytes': String(shape.segmentBytes),
        'offsets.topic.segment.bytes': String(shape.segmentBytes),
      },
    },
    lifecycle: { heartbeatIntervalMs: 300, controlledShutdownTimeoutMs: 5000 },
    log: {
      flush: shape.flush,
      journalFileBytes: shape.journalFileBytes,
      journalBypassBytes: shape.journalBypassBytes,
      journalBypassRoundBytes: shape.journalBypassBytes * 2,
      tailCacheBytes: 1 << 20,
      maxOpenFiles: 64,
      reserveBytes: shape.journalFileBytes * 2,
      checkpointIntervalMs: 2000,
      verify: 'recent',
    },
    replication: { lagTimeMaxMs: shape.lagTimeMaxMs, maxInflightBytesPerFollower: 256 << 10, pushBytes: 64 << 10 },
    limits: { fetchMaxBytes: 1 << 20, requestsInFlightPerConnection: 100, fetchSessions: 100, parkedRequests: 1000 },
    groups: {
      minSessionTimeoutMs: 1000,
      maxSessionTimeoutMs: 60_000,
      initialRebalanceDelayMs: 50,
      newMemberJoinTimeoutMs: 60_000,
      maxSize: 100,
      pendingMembersMax: 100,
      groupsMax: 1000,
      memberMetadataMaxBytes: 1 << 16,
      offsetMetadataMaxBytes: 4096,
      offsetsRetentionMs: 7 * 86_400_000,
      offsetsRetentionCheckIntervalMs: 600_000,
      commitTimeoutMs: 5000,
      parkedMax: 10_000,
    },
    transactions: {
      timeoutCheckIntervalMs: 500,
      expiryCheckIntervalMs: 2000,
      transactionalIdsMax: 20_000,
      parkTimeoutMs: 1000,
      parkedRequestsMax: 1000,
      commitTimeoutMs: 5000,
      parkedAnswersMax: 10_000,
      timelineEntriesMax: 16,
      timelinesMax: 1000,
      fencesMax: 100,
    },
    topics: { autoCreate: true },
  };
}
