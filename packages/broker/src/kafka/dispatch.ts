/** The list of what this broker serves: API, versions, handler. What is not here does not exist for clients. */
import * as wire from '@hapax/wire';
import { handleAddOffsetsToTxn } from '../handlers/add-offsets-to-txn.ts';
import { handleAddPartitionsToTxn } from '../handlers/add-partitions-to-txn.ts';
import { handleAlterConfigs } from '../handlers/alter-configs.ts';
import { handleAlterPartitionReassignments } from '../handlers/alter-partition-reassignments.ts';
import { handleApiVersions } from '../handlers/api-versions.ts';
import { handleCreatePartitions } from '../handlers/create-partitions.ts';
import { handleCreateTopics } from '../handlers/create-topics.ts';
import { handleDeleteGroups } from '../handlers/delete-groups.ts';
import { handleDeleteRecords } from '../handlers/delete-records.ts';
import { handleDeleteTopics } from '../handlers/delete-topics.ts';
import { handleDescribeCluster } from '../handlers/describe-cluster.ts';
import { handleDescribeConfigs } from '../handlers/describe-configs.ts';
import { handleDescribeGroups } from '../handlers/describe-groups.ts';
import { handleDescribeLogDirs } from '../handlers/describe-log-dirs.ts';
import { handleDescribeProducers } from '../handlers/describe-producers.ts';
import { handleDescribeQuorum } from '../handlers/describe-quorum.ts';
import { handleDescribeTopicPartitions } from '../handlers/describe-topic-partitions.ts';
import { handleDescribeTransactions } from '../handlers/describe-transactions.ts';
import { handleElectLeaders } from '../handlers/elect-leaders.ts';
import { handleEndTxn } from '../handlers/end-txn.ts';
import { handleFetch } from '../handlers/fetch.ts';
import { handleFindCoordinator } from '../handlers/find-coordinator.ts';
import { handleHeartbeat } from '../handlers/heartbeat.ts';
import { handleIncrementalAlterConfigs } from '../handlers/incremental-alter-configs.ts';
import { handleInitProducerId } from '../handlers/init-producer-id.ts';
import { handleJoinGroup } from '../handlers/join-group.ts';
import { handleLeaveGroup } from '../handlers/leave-group.ts';
import { handleListGroups } from '../handlers/list-groups.ts';
import { handleListOffsets } from '../handlers/list-offsets.ts';
import { handleListPartitionReassignments } from '../handlers/list-partition-reassignments.ts';
import { handleListTransactions } from '../handlers/list-transactions.ts';
import { handleMetadata } from '../handlers/metadata.ts';
import { handleOffsetCommit } from '../handlers/offset-commit.ts';
import { handleOffsetDelete } from '../handlers/offset-delete.ts';
import { handleOffsetFetch } from '../handlers/offset-fetch.ts';
import { handleOffsetForLeaderEpoch } from '../handlers/offset-for-leader-epoch.ts';
import { handleProduce } from '../handlers/produce.ts';
import { handleSyncGroup } from '../handlers/sync-group.ts';
import { handleTxnOffsetCommit } from '../handlers/txn-offset-commit.ts';
import { handleUpdateFeatures } from '../handlers/update-features.ts';
import { handleWriteTxnMarkers } from '../handlers/write-txn-markers.ts';
import { serve, type ServedApi } from './served-api.ts';

/**
 * Ranges as clients need them (docs/ARCHITECTURE.md says why). Produce names 0 to 2 but serves them not: librdkafka
 * would otherwise believe that brokers cannot compress [KAFKA-18659].
 */
const SERVED: readonly ServedApi[] = [
  serve(wire.produce, [0, 13], handleProduce),
  serve(wire.fetch, [4, 16], handleFetch),
  serve(wire.listOffsets, [1, 9], handleListOffsets),
  serve(wire.metadata, [0, 12], handleMetadata),
  serve(wire.offsetCommit, [2, 8], handleOffsetCommit),
  serve(wire.offsetFetch, [1, 8], handleOffsetFetch),
  serve(wire.findCoordinator, [0, 5], handleFindCoordinator),
  serve(wire.joinGroup, [0, 9], handleJoinGroup),
  serve(wire.heartbeat, [0, 4], handleHeartbeat),
  serve(wire.leaveGroup, [0, 5], handleLeaveGroup),
  serve(wire.syncGroup, [0, 5], handleSyncGroup),
  serve(wire.describeGroups, [0, 5], handleDescribeGroups),
  serve(wire.listGroups, [0, 4], handleListGroups),
  serve(wire.apiVersions, [0, 4], handleApiVersions),
  serve(wire.createTopics, [2, 7], handleCreateTopics),
  serve(wire.deleteTopics, [1, 6], handleDeleteTopics),
  serve(wire.deleteRecords, [0, 2], handleDeleteRecords),
  serve(wire.initProducerId, [0, 5], handleInitProducerId),
  serve(wire.offsetForLeaderEpoch, [2, 4], handleOffsetForLeaderEpoch),
  serve(wire.addPartitionsToTxn, [0, 5], handleAddPartitionsToTxn),
  serve(wire.addOffsetsToTxn, [0, 4], handleAddOffsetsToTxn),
  serve(wire.endTxn, [0, 5], handleEndTxn),
  serve(wire.writeTxnMarkers, [1, 2], handleWriteTxnMarkers),
  serve(wire.txnOffsetCommit, [0, 5], handleTxnOffsetCommit),
  serve(wire.describeConfigs, [1, 4], handleDescribeConfigs),
  serve(wire.alterConfigs, [0, 2], handleAlterConfigs),
  serve(wire.describeLogDirs, [1, 4], handleDescribeLogDirs),
  serve(wire.createPartitions, [0, 3], handleCreatePartitions),
  serve(wire.deleteGroups, [0, 2], handleDeleteGroups),
  serve(wire.electLeaders, [0, 2], handleElectLeaders),
  serve(wire.incrementalAlterConfigs, [0, 1], handleIncrementalAlterConfigs),
  serve(wire.alterPartitionReassignments, [0, 1], handleAlterPartitionReassignments),
  serve(wire.listPartitionReassignments, [0, 0], handleListPartitionReassignments),
  serve(wire.offsetDelete, [0, 0], handleOffsetDelete),
  serve(wire.describeQuorum, [0, 2], handleDescribeQuorum),
  serve(wire.updateFeatures, [0, 2], handleUpdateFeatures),
  serve(wire.describeCluster, [0, 1], handleDescribeCluster),
  serve(wire.describeProducers, [0, 0], handleDescribeProducers),
  serve(wire.describeTransactions, [0, 0], handleDescribeTransactions),
  serve(wire.listTransactions, [0, 2], handleListTransactions),
  serve(wire.describeTopicPartitions, [0, 0], handleDescribeTopicPartitions),
];

const BY_KEY = new Map(SERVED.map((served) => [served.api.key, served]));

/** Everything that is served, in the order of the table. */
export function servedApis(): readonly ServedApi[] {
  return SERVED;
}

/** How an API is served; undefined where it is not. */
export function servedApi(key: number): ServedApi | undefined {
  return BY_KEY.get(key);
}
