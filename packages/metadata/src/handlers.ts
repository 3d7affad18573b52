/** The list of what the controller does: one handler an operation. */
import type { Handler } from './handler-context.ts';
import { allocateProducerIds } from './handlers/allocate-producer-ids.ts';
import { alterConfigs } from './handlers/alter-configs.ts';
import { alterPartition } from './handlers/alter-partition.ts';
import { alterReassignments } from './handlers/alter-reassignments.ts';
import { brokerHeartbeat } from './handlers/broker-heartbeat.ts';
import { brokerSuspect } from './handlers/broker-suspect.ts';
import { createPartitions } from './handlers/create-partitions.ts';
import { createTopics } from './handlers/create-topics.ts';
import { deleteTopics } from './handlers/delete-topics.ts';
import { electLeaders } from './handlers/elect-leaders.ts';
import { readMetadataIndex } from './handlers/read-metadata-index.ts';
import { registerBroker } from './handlers/register-broker.ts';
import { unregisterBroker } from './handlers/unregister-broker.ts';
import { updateFeatures } from './handlers/update-features.ts';
import type { OperationName } from './requests.ts';

/** By the type of the request. */
export const HANDLERS: { readonly [T in OperationName]: Handler<T> } = {
  'allocate-producer-ids': allocateProducerIds,
  'alter-configs': alterConfigs,
  'alter-partition': alterPartition,
  'alter-reassignments': alterReassignments,
  'broker-heartbeat': brokerHeartbeat,
  'broker-suspect': brokerSuspect,
  'create-partitions': createPartitions,
  'create-topics': createTopics,
  'delete-topics': deleteTopics,
  'elect-leaders': electLeaders,
  'read-metadata-index': readMetadataIndex,
  'register-broker': registerBroker,
  'unregister-broker': unregisterBroker,
  'update-features': updateFeatures,
};
