/** How the brokers of these tests are configured: as in production, with everything small. */
import { DEFAULT_CONTROLLER_CONFIG } from '@hapax/metadata';
import type { NodeId } from '@hapax/base';
import type { BrokerOptions } from '../../src/index.ts';

export const CLUSTER_ID = 'tested-cluster-abcdefg';

const NODE_IDS: readonly NodeId[] = [1, 2, 3];
const PEER_PORT = 9192;

const RAFT = {
  electionTimeoutMs: 600,
  heartbeatIntervalMs: 100,
  snapshotEveryEntries: 10_000,
  maxAppendBytes: 1 << 20,
  maxInflightAppends: 64,
};

/** What a test may want otherwise. */
export interface TestClusterOptions {
  readonly requestsInFlightPerConnection?: number;
  readonly autoCreate?: boolean;
  /** Of all brokers, when the cluster is made. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** The options of each of three nodes that are all both controller and broker. */
export function testOptions(options: TestClusterOptions): BrokerOptions[] {
  return NODE_IDS.map((nodeId) => ({
    nodeId,
    clusterId: CLUSTER_ID,
    roles: ['broker', 'controller'],
    peerEndpoint: { host: `node-${nodeId}`, port: PEER_PORT },
    kafkaEndpoint: { host: `node-${nodeId}`, port: 9092 },
    rack: null,
    controllers: NODE_IDS.map((id) => ({ id, endpoint: { host: `node-${id}`, port: PEER_PORT } })),
    raft: RAFT,
    controller: {
      ...DEFAULT_CONTROLLER_CONFIG,
      clusterId: CLUSTER_ID,
      sessionTimeoutMs: 2500,
      nodesExpected: NODE_IDS.length,
      initialConfigs: {
        'offsets.topic.num.partitions': '3',
        'transaction.state.log.num.partitions': '3',
        ...options.configs,
      },
    },
    lifecycle: { heartbeatIntervalMs: 300, controlledShutdownTimeoutMs: 5000 },
    log: {
      flush: 'fsync',
      journalFileBytes: 4 << 20,
      journalBypassBytes: 200,
      journalBypassRoundBytes: 400,
      tailCacheBytes: 1 << 20,
      maxOpenFiles: 64,
      reserveBytes: 1 << 20,
      checkpointIntervalMs: 5000,
      verify: 'recent',
    },
    replication: { lagTimeMaxMs: 5000, maxInflightBytesPerFollower: 1 << 20, pushBytes: 256 << 10 },
    limits: {
      fetchMaxBytes: 1 << 20,
      requestsInFlightPerConnection: options.requestsInFlightPerConnection ?? 100,
      fetchSessions: 100,
      parkedRequests: 1000,
    },
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
      expiryCheckIntervalMs: 600_000,
      transactionalIdsMax: 20_000,
      parkTimeoutMs: 1000,
      parkedRequestsMax: 1000,
      commitTimeoutMs: 5000,
      parkedAnswersMax: 10_000,
      timelineEntriesMax: 16,
      timelinesMax: 1000,
      fencesMax: 100,
    },
    topics: { autoCreate: options.autoCreate ?? true },
  }));
}
