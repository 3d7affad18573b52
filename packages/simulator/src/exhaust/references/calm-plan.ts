/** The plan that all reference scenarios begin with: nothing in it is left to chance, and nothing takes long. */
import type { ClusterShape } from '../../cluster-options.ts';
import type { Plan, TopicPlan } from '../../swarm.ts';

/** Timers as they are by default, and a snapshot after more entries than a story has. */
const CALM_RAFT: ClusterShape['raft'] = {
  electionTimeoutMs: 600,
  heartbeatIntervalMs: 100,
  snapshotEveryEntries: 1000,
  maxAppendBytes: 1 << 20,
  maxInflightAppends: 64,
};

/** Three nodes in constant weather; segments, journal and snapshots so large that none ends during a story. */
export function calmPlan(topics: readonly TopicPlan[], version: 1 | 2): Plan {
  return {
    seed: 1,
    shape: {
      nodes: 3,
      voters: 3,
      roles: 'both',
      raft: CALM_RAFT,
      flush: 'fsync',
      segmentBytes: 1 << 20,
      journalFileBytes: 256 << 10,
      journalBypassBytes: 1 << 20,
      lagTimeMaxMs: 1000,
      sessionTimeoutMs: 1500,
      transactionalIdExpirationMs: 7 * 86_400_000,
    },
    // Without chance in the delays, the list of what happens does not change with every change of the code.
    weather: { minDelayMs: 0.3, meanDelayMs: 0, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 500 },
    meanSyncMs: 1,
    workload: {
      topics,
      producers: 0,
      groups: 0,
      consumersPerGroup: 0,
      assignor: 'range',
      compression: 'none',
      meanSendIntervalMs: 10,
      burst: 1,
      valueBytes: 40,
      lingerMs: 0,
      batchBytes: 1000,
      deliveryTimeoutMs: 10_000,
      requestTimeoutMs: 1000,
      consumerLifeMs: 1_000_000,
      hasOperations: false,
    },
    transactions: {
      version,
      isUpgraded: false,
      cappedOfTen: 0,
      writers: 1,
      processors: 0,
      transactionTimeoutMs: 20_000,
      operationTimeoutMs: 10_000,
      recordsMax: 1,
      meanGapMs: 1,
      abortsOfTen: 0,
      writerLifeMs: 1_000_000,
      processorLifeMs: 1_000_000,
      meanZombieMs: 1000,
      isHasty: false,
    },
    quorum: null,
    faults: [],
    core: null,
    meanFaultIntervalMs: 1000,
    meanFaultDurationMs: 1000,
    faultsMs: 0,
  };
}
