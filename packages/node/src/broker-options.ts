/** From a node's configuration to what its broker is told. */
import type { BrokerOptions } from '@hapax/broker';
import { DEFAULT_CONTROLLER_CONFIG } from '@hapax/metadata';
import type { NodeConfig } from './config.ts';
import type { NodePlace } from './node-place.ts';

/** A member that joins for the first time waits this long for the others [Kafka: GroupCoordinator]. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;
/** Assignors put all their state into the metadata of a join; Kafka bounds it by the request size alone. */
const MEMBER_METADATA_MAX_BYTES = 1024 * 1024;
/** Entries of Raft in one message to one node, in bytes, and such messages that may be without an answer. */
const RAFT_APPEND_BYTES = 1024 * 1024;
const RAFT_INFLIGHT_APPENDS = 64;

/** The broker's options. `place` says what the configuration left open: ids, names, ports. */
export function brokerOptions(config: NodeConfig, place: NodePlace): BrokerOptions {
  const { values, initialConfigs } = config;
  const { nodeId, clusterId, roles, peerEndpoint, kafkaEndpoint, controllers } = place;
  return {
    nodeId,
    clusterId,
    roles,
    peerEndpoint,
    kafkaEndpoint,
    rack: values.rack === '' ? null : values.rack,
    controllers,
    raft: {
      electionTimeoutMs: values['raft.election.timeout.ms'],
      heartbeatIntervalMs: values['raft.heartbeat.interval.ms'],
      snapshotEveryEntries: values['raft.snapshot.entries'],
      maxAppendBytes: RAFT_APPEND_BYTES,
      maxInflightAppends: RAFT_INFLIGHT_APPENDS,
    },
    controller: {
      ...DEFAULT_CONTROLLER_CONFIG,
      clusterId,
      initialConfigs,
      sessionTimeoutMs: values['broker.session.timeout.ms'],
      heartbeatIntervalMs: values['broker.heartbeat.interval.ms'],
      leaderBalanceIntervalMs: values['leader.balance.interval.ms'],
      nodesExpected: values['nodes.expected'] === 0 ? controllers.length : values['nodes.expected'],
    },
    lifecycle: {
      heartbeatIntervalMs: values['broker.heartbeat.interval.ms'],
      controlledShutdownTimeoutMs: values['controlled.shutdown.timeout.ms'],
    },
    log: {
      flush: values.flush,
      journalFileBytes: values['journal.file.bytes'],
      journalBypassBytes: values['journal.bypass.bytes'],
      journalBypassRoundBytes: values['journal.bypass.round.bytes'],
      tailCacheBytes: values['log.tail.cache.bytes'],
      maxOpenFiles: values['log.open.files.max'],
      reserveBytes: values['log.reserve.bytes'],
      checkpointIntervalMs: values['log.checkpoint.interval.ms'],
      verify: values['log.verify'],
    },
    replication: {
      lagTimeMaxMs: values['replica.lag.time.max.ms'],
      maxInflightBytesPerFollower: values['replica.inflight.max.bytes'],
      pushBytes: values['replica.push.bytes'],
    },
    limits: {
      fetchMaxBytes: values['fetch.max.bytes'],
      requestsInFlightPerConnection: values['limits.requests.per.connection'],
      fetchSessions: values['limits.fetch.sessions'],
      parkedRequests: values['limits.parked.requests'],
    },
    groups: groupConfig(config),
    transactions: transactionConfig(config),
    topics: { autoCreate: initialConfigs['auto.create.topics.enable'] !== 'false' },
  };
}

/** An answer waits this long for its records, as in the group coordinator by default. */
const TRANSACTION_COMMIT_TIMEOUT_MS = 5000;
/** Of how many ids, and of how many fencings, one coordinator remembers what happened. */
const TIMELINES_MAX = 10_000;
const FENCES_MAX = 200;

function transactionConfig({ values }: NodeConfig): BrokerOptions['transactions'] {
  return {
    timeoutCheckIntervalMs: values['transaction.abort.timed.out.transaction.cleanup.interval.ms'],
    expiryCheckIntervalMs: values['transaction.remove.expired.transaction.cleanup.interval.ms'],
    transactionalIdsMax: values['transaction.ids.max'],
    parkTimeoutMs: values['transaction.park.timeout.ms'],
    parkedRequestsMax: values['limits.parked.requests'],
    commitTimeoutMs: TRANSACTION_COMMIT_TIMEOUT_MS,
    parkedAnswersMax: values['limits.parked.requests'],
    timelineEntriesMax: values['transaction.timeline.entries'],
    timelinesMax: TIMELINES_MAX,
    fencesMax: FENCES_MAX,
  };
}

function groupConfig({ values }: NodeConfig): BrokerOptions['groups'] {
  return {
    minSessionTimeoutMs: values['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: values['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: values['group.initial.rebalance.delay.ms'],
    newMemberJoinTimeoutMs: NEW_MEMBER_JOIN_TIMEOUT_MS,
    maxSize: values['group.max.size'],
    pendingMembersMax: values['group.max.size'],
    groupsMax: values['group.max.count'],
    memberMetadataMaxBytes: MEMBER_METADATA_MAX_BYTES,
    offsetMetadataMaxBytes: values['offset.metadata.max.bytes'],
    offsetsRetentionMs: values['offsets.retention.minutes'] * 60_000,
    offsetsRetentionCheckIntervalMs: values['offsets.retention.check.interval.ms'],
    commitTimeoutMs: values['offsets.commit.timeout.ms'],
    parkedMax: values['limits.parked.requests'],
  };
}
