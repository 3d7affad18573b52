/** The list of what this broker serves: API, versions, handler. What is not here does not exist for clients. */
import * as wire from '@hapax/wire';
import { handleApiVersions } from '../handlers/api-versions.ts';
import { handleCreateTopics } from '../handlers/create-topics.ts';
import { handleDeleteGroups } from '../handlers/delete-groups.ts';
import { handleDeleteTopics } from '../handlers/delete-topics.ts';
import { handleDescribeCluster } from '../handlers/describe-cluster.ts';
import { handleDescribeConfigs } from '../handlers/describe-configs.ts';
import { handleDescribeGroups } from '../handlers/describe-groups.ts';
import { handleFetch } from '../handlers/fetch.ts';
import { handleFindCoordinator } from '../handlers/find-coordinator.ts';
import { handleHeartbeat } from '../handlers/heartbeat.ts';
import { handleInitProducerId } from '../handlers/init-producer-id.ts';
import { handleJoinGroup } from '../handlers/join-group.ts';
import { handleLeaveGroup } from '../handlers/leave-group.ts';
import { handleListGroups } from '../handlers/list-groups.ts';
import { handleListOffsets } from '../handlers/list-offsets.ts';
import { handleMetadata } from '../handlers/metadata.ts';
import { handleOffsetCommit } from '../handlers/offset-commit.ts';
import { handleOffsetDelete } from '../handlers/offset-delete.ts';
import { handleOffsetFetch } from '../handlers/offset-fetch.ts';
import { handleOffsetForLeaderEpoch } from '../handlers/offset-for-leader-epoch.ts';
import { handleProduce } from '../handlers/produce.ts';
import { handleSyncGroup } from '../handlers/sync-group.ts';
import { serve, type ServedApi } from './served-api.ts';

/**
 * Ranges as clients need them (docs/ARCHITECTURE.md says why). Produce names 0 to 2 but serves them not: librdkafka
 * would otherwise believe that brokers cannot compress [KAFKA-18659].
 */
const SERVED: readonly ServedApi[] = [
  serve(wire.produce, [0, 11], handleProduce),
  serve(wire.fetch, [4, 16], handleFetch),
  serve(wire.listOffsets, [1, 9], handleListOffsets),
  serve(wire.metadata, [0, 12], handleMetadata),
  serve(wire.offsetCommit, [2, 8], handleOffsetCommit),
  serve(wire.offsetFetch, [1, 8], handleOffsetFetch),
  serve(wire.findCoordinator, [0, 4], handleFindCoordinator),
  serve(wire.joinGroup, [0, 9], handleJoinGroup),
  serve(wire.heartbeat, [0, 4], handleHeartbeat),
  serve(wire.leaveGroup, [0, 5], handleLeaveGroup),
  serve(wire.syncGroup, [0, 5], handleSyncGroup),
  serve(wire.describeGroups, [0, 5], handleDescribeGroups),
  serve(wire.listGroups, [0, 4], handleListGroups),
  serve(wire.apiVersions, [0, 4], handleApiVersions),
  serve(wire.createTopics, [2, 7], handleCreateTopics),
  serve(wire.deleteTopics, [1, 6], handleDeleteTopics),
  serve(wire.initProducerId, [0, 4], handleInitProducerId),
  serve(wire.offsetForLeaderEpoch, [2, 4], handleOffsetForLeaderEpoch),
  serve(wire.describeConfigs, [1, 4], handleDescribeConfigs),
  serve(wire.deleteGroups, [0, 2], handleDeleteGroups),
  serve(wire.offsetDelete, [0, 0], handleOffsetDelete),
  serve(wire.describeCluster, [0, 1], handleDescribeCluster),
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
