export * from './admin.ts';
export * from './client.ts';
export * from './consumer-settings.ts';
export * from './consumer.ts';
export * from './message.ts';
export * from './node-clock.ts';
export * from './node-compression.ts';
export * from './options.ts';
export * from './producer.ts';
export * from './tcp-dialer.ts';
export * from './transactional-producer.ts';
export { isAbortable, isCommittedNonetheless, isFatal, isOutcomeUnknown } from './machines/index.ts';
export type {
  ActiveProducer,
  BrokerDescription,
  ClusterDescription,
  CommittedOffset,
  ConfigChange,
  ConfigEntry,
  ConfigResource,
  ConsumedBatch,
  ConsumedRecord,
  ConsumerGroupMetadata,
  CreatedTopic,
  Delivery,
  FeatureDescription,
  FeatureUpdate,
  FoundOffset,
  GroupDescription,
  GroupListing,
  GroupMember,
  HangingTransaction,
  LogDirectory,
  NewPartitions,
  NewTopic,
  OffsetQuery,
  OffsetSpec,
  OffsetToCommit,
  OngoingReassignment,
  PartitionMetadata,
  PartitionOffset,
  QuorumDescription,
  Reassignment,
  RecordsToDelete,
  ResourceConfigs,
  TopicMetadata,
  TopicPartition,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
  TransactionState,
} from './machines/index.ts';
