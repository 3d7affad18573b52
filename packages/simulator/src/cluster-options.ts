/** How the simulated brokers are configured: as in production, but with everything small, so that edges come often. */
import { DEFAULT_CONTROLLER_CONFIG } from '@hapax/metadata';
import type { BrokerOptions } from '@hapax/broker';
import type { NodeId } from '@hapax/base';

/** What is drawn for each seed. */
export interface ClusterShape {
  readonly nodes: number;
  readonly flush: 'fsync' | 'os';
  readonly segmentBytes: number;
  readonly journalFileBytes: number;
  readonly journalBypassBytes: number;
  readonly snapshotEveryEntries: number;
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

/** The options of one node of a cluster of this shape. */
export function brokerOptions(id: NodeId, shape: ClusterShape): BrokerOptions {
  const ids = Array.from({ length: shape.nodes }, (_, at) => at);
  return {
    nodeId: id,
    clusterId: CLUSTER_ID,
    roles: ['broker', 'controller'],
    peerEndpoint: { host: `node-${id}`, port: PEER_PORT },
    kafkaEndpoint: kafkaEndpoint(id),
    rack: null,
    controllers: ids.map((node) => ({ id: node, endpoint: { host: `node-${node}`, port: PEER_PORT } })),
    raft: { electionTimeoutMs: 600, heartbeatIntervalMs: 100, snapshotEveryEntries: shape.snapshotEveryEntries },
    controller: {
      ...DEFAULT_CONTROLLER_CONFIG,
      clusterId: CLUSTER_ID,
      sessionTimeoutMs: shape.sessionTimeoutMs,
      nodesExpected: shape.nodes,
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
