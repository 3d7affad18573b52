/** What the controller is asked and what it answers: plain data, which travels between nodes as JSON. */
import type {
  BrokerEpoch, ErrorCode, LeaderEpoch, LogIndex, NodeId, PartitionEpoch, ProducerId, Uuid,
} from '@hapax/base';
import type { DescribedConfig } from './describe-configs.ts';
import type { LeaderRecoveryState } from './partition.ts';
import type { BrokerRegistration, ConfigResourceType } from './records.ts';

/** How an operation, or one item of it, ended. */
export interface Result {
  readonly error: ErrorCode;
  /** Names the value and the limit; null where there is nothing to say. */
  readonly message: string | null;
}

/** A broker's process starts, or asks again because an answer was lost. */
export interface RegisterBrokerRequest extends BrokerRegistration {
  readonly type: 'register-broker';
  /** The cluster that the broker's data belongs to; null where it has none yet. */
  readonly clusterId: Uuid | null;
  /**
   * The epoch under which all that this broker ever acknowledged is certainly still on its disk: that of its last
   * registration after a clean stop (or whenever its flush mode keeps that promise through a crash); −1 otherwise.
   */
  readonly previousBrokerEpoch: BrokerEpoch;
}

export interface RegisterBrokerAnswer extends Result {
  readonly brokerEpoch: BrokerEpoch;
  /** The cluster's id, for a node that had none. */
  readonly clusterId: Uuid | null;
}

export interface BrokerHeartbeatRequest {
  readonly type: 'broker-heartbeat';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  /** How far the broker has applied the metadata log. */
  readonly currentMetadataOffset: number;
  readonly wantFence: boolean;
  readonly wantShutdown: boolean;
}

export interface BrokerHeartbeatAnswer extends Result {
  /** Whether the broker has applied its own registration. */
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  /** Whether a broker that wants to shut down may do so now. */
  readonly shouldShutdown: boolean;
  /** How far the controller's log goes. */
  readonly metadataOffset: number;
}

/** A node lost its connection to a broker: a hint that the broker may be dead, checked at once. */
export interface BrokerSuspectRequest {
  readonly type: 'broker-suspect';
  readonly brokerId: NodeId;
}

export interface UnregisterBrokerRequest {
  readonly type: 'unregister-broker';
  readonly brokerId: NodeId;
}

/** A leader wants another ISR, or has finished the recovery after an unclean election. */
export interface AlterPartitionItem {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** Each with the epoch of the broker that was seen to be in sync [KIP-903]. */
  readonly isr: readonly { readonly id: NodeId; readonly epoch: BrokerEpoch }[];
  readonly leaderRecoveryState: LeaderRecoveryState;
}

export interface AlterPartitionRequest {
  readonly type: 'alter-partition';
  /** The leader that asks. */
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  /** Each partition at most once. */
  readonly partitions: readonly AlterPartitionItem[];
}

/** The state of the partition after the change; without one (the error says why) the leader is −1. */
export interface AlterPartitionResult extends Result {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly isr: readonly NodeId[];
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly partitionEpoch: PartitionEpoch;
}

export interface AlterPartitionAnswer extends Result {
  readonly partitions: readonly AlterPartitionResult[];
}

export interface AllocateProducerIdsRequest {
  readonly type: 'allocate-producer-ids';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

export interface AllocateProducerIdsAnswer extends Result {
  readonly firstProducerId: ProducerId;
  readonly count: number;
}

/** The replicas of one partition, chosen by hand. */
export interface ReplicaAssignment {
  readonly partition: number;
  readonly brokerIds: readonly NodeId[];
}

export interface CreatableTopic {
  readonly name: string;
  /** −1: the cluster's default, or as many as `assignments` has. */
  readonly partitions: number;
  /** −1: the cluster's default, or what `assignments` says. */
  readonly replicationFactor: number;
  /** Empty: the controller places the replicas. */
  readonly assignments: readonly ReplicaAssignment[];
  /** Null means that the key is named without a value, which is refused. */
  readonly configs: Readonly<Record<string, string | null>>;
}

export interface CreateTopicsRequest {
  readonly type: 'create-topics';
  readonly topics: readonly CreatableTopic[];
  /** Check and answer, but create nothing. */
  readonly validateOnly: boolean;
}

export interface CreateTopicResult extends Result {
  readonly name: string;
  readonly topicId: Uuid;
  /** −1 where the topic was not created, as the replication factor. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly DescribedConfig[];
}

export interface CreateTopicsAnswer {
  readonly topics: readonly CreateTopicResult[];
}

/** A topic by its name or by its id; the other is null. */
export interface TopicReference {
  readonly name: string | null;
  readonly topicId: Uuid | null;
}

export interface DeleteTopicsRequest {
  readonly type: 'delete-topics';
  readonly topics: readonly TopicReference[];
}

export interface DeleteTopicsAnswer {
  readonly topics: readonly (TopicReference & Result)[];
}

export interface CreatePartitionsItem {
  readonly name: string;
  /** How many partitions the topic shall have in all. */
  readonly count: number;
  /** The replicas of each new partition; null: the controller places them. */
  readonly assignments: readonly (readonly NodeId[])[] | null;
}

export interface CreatePartitionsRequest {
  readonly type: 'create-partitions';
  readonly topics: readonly CreatePartitionsItem[];
  readonly validateOnly: boolean;
}

export interface CreatePartitionsAnswer {
  readonly topics: readonly (Result & { readonly name: string })[];
}

/** append and subtract take a list of words; delete takes no value. */
export interface ConfigOperation {
  readonly key: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value: string | null;
}

export interface AlterConfigsResource {
  readonly resourceType: ConfigResourceType;
  /** A topic's name, a broker's id, or empty for all brokers. */
  readonly resourceName: string;
  readonly operations: readonly ConfigOperation[];
}

export interface AlterConfigsRequest {
  readonly type: 'alter-configs';
  readonly resources: readonly AlterConfigsResource[];
  /** Whether keys that are not named lose their values (AlterConfigs) or keep them (IncrementalAlterConfigs). */
  readonly replaceAll: boolean;
  readonly validateOnly: boolean;
}

export interface AlterConfigsResult extends Result {
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
}

export interface AlterConfigsAnswer {
  readonly resources: readonly AlterConfigsResult[];
}

export interface ElectLeadersRequest {
  readonly type: 'elect-leaders';
  readonly kind: 'preferred' | 'unclean';
  /** Null: every partition; those where there is nothing to do are then left out of the answer. */
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[] | null;
}

export interface PartitionResult extends Result {
  readonly topic: string;
  readonly partition: number;
}

export interface ElectLeadersAnswer {
  readonly partitions: readonly PartitionResult[];
}

export interface ReassignableTopic {
  readonly name: string;
  /** Replicas null: cancel the reassignment that is under way. */
  readonly partitions: readonly { readonly partition: number; readonly replicas: readonly NodeId[] | null }[];
}

export interface AlterReassignmentsRequest {
  readonly type: 'alter-reassignments';
  readonly topics: readonly ReassignableTopic[];
}

export interface AlterReassignmentsAnswer {
  readonly partitions: readonly PartitionResult[];
}

export interface FeatureUpdate {
  readonly name: string;
  /** 0 turns the feature off. */
  readonly level: number;
  readonly upgradeType: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';
}

export interface UpdateFeaturesRequest {
  readonly type: 'update-features';
  readonly updates: readonly FeatureUpdate[];
  readonly validateOnly: boolean;
}

/** All updates are made, or none. */
export interface UpdateFeaturesAnswer extends Result {
  readonly features: readonly (Result & { readonly name: string })[];
}

/** Asks how far the log goes now. The driver makes sure first that this controller is still the only one. */
export interface ReadMetadataIndexRequest {
  readonly type: 'read-metadata-index';
}

export interface ReadMetadataIndexAnswer extends Result {
  /** The index of the last entry that may have been committed when the question came. */
  readonly index: LogIndex;
}

/** Every operation of the controller, with its request and its answer. */
export interface ControllerOperations {
  'register-broker': { request: RegisterBrokerRequest; answer: RegisterBrokerAnswer };
  'broker-heartbeat': { request: BrokerHeartbeatRequest; answer: BrokerHeartbeatAnswer };
  'broker-suspect': { request: BrokerSuspectRequest; answer: Result };
  'unregister-broker': { request: UnregisterBrokerRequest; answer: Result };
  'alter-partition': { request: AlterPartitionRequest; answer: AlterPartitionAnswer };
  'allocate-producer-ids': { request: AllocateProducerIdsRequest; answer: AllocateProducerIdsAnswer };
  'create-topics': { request: CreateTopicsRequest; answer: CreateTopicsAnswer };
  'delete-topics': { request: DeleteTopicsRequest; answer: DeleteTopicsAnswer };
  'create-partitions': { request: CreatePartitionsRequest; answer: CreatePartitionsAnswer };
  'alter-configs': { request: AlterConfigsRequest; answer: AlterConfigsAnswer };
  'elect-leaders': { request: ElectLeadersRequest; answer: ElectLeadersAnswer };
  'alter-reassignments': { request: AlterReassignmentsRequest; answer: AlterReassignmentsAnswer };
  'read-metadata-index': { request: ReadMetadataIndexRequest; answer: ReadMetadataIndexAnswer };
  'update-features': { request: UpdateFeaturesRequest; answer: UpdateFeaturesAnswer };
}

export type OperationName = keyof ControllerOperations;
export type ControllerRequest = ControllerOperations[OperationName]['request'];
export type ControllerAnswer = ControllerOperations[OperationName]['answer'];
/** The answer that belongs to a request. */
export type AnswerOf<Q extends ControllerRequest> = ControllerOperations[Q['type']]['answer'];
