export { BROKER_CONFIGS } from './broker-configs.ts';
export * from './cluster-image.ts';
export type { ConfigDefinition, ConfigType, ConfigValue } from './config-definition.ts';
export { ALL_BROKERS } from './config-store.ts';
export * from './controller.ts';
export * from './controller-config.ts';
export * from './describe-configs.ts';
export * from './features.ts';
export * from './image-changes.ts';
export * from './image-snapshot.ts';
export * from './internal-topics.ts';
export {
  isReassigning, type LeaderRecoveryState, type PartitionChange, type PartitionImage, type PartitionState,
} from './partition.ts';
export {
  type BrokerEndpoints, type BrokerRegistration, type ConfigResourceType, decodeBatch, encodeBatch, type MetadataBatch,
  type MetadataRecord, type VersionRange,
} from './records.ts';
export * from './requests.ts';
export * from './topic-configs.ts';
export { checkTopicName } from './topic-names.ts';
