/**
 * Administration with promises. Every method rejects with `AppError`; see the functions of `machines/admin` for
 * which.
 */
import {
  abortHanging,
  addPartitions,
  changeConfigs,
  changeFeatures,
  changeLeaders,
  changeReassignments,
  fenceProducer,
  makeTopics,
  moveGroupOffsets,
  readCluster,
  readConfigs,
  readFeatures,
  readGroup,
  readGroupOffsets,
  readGroups,
  readLogDirectories,
  readOffsets,
  readProducers,
  readQuorum,
  readReassignments,
  readTopics,
  readTransaction,
  readTransactions,
  removeGroup,
  removeGroupOffsets,
  removeRecords,
  removeTopics,
  type ActiveProducer,
  type AdminContext,
  type ClusterDescription,
  type CommittedOffset,
  type ConfigChange,
  type ConfigResource,
  type CreatedTopic,
  type FeatureDescription,
  type FeatureUpdate,
  type GroupDescription,
  type GroupListing,
  type HangingTransaction,
  type LogDirectory,
  type NewPartitions,
  type NewTopic,
  type OffsetQuery,
  type OffsetToCommit,
  type OngoingReassignment,
  type PartitionOffset,
  type QuorumDescription,
  type Reassignment,
  type RecordsToDelete,
  type ResourceConfigs,
  type TopicMetadata,
  type TopicPartition,
  type TransactionDescription,
  type TransactionFilter,
  type TransactionListing,
} from './machines/index.ts';
import { outcomeOf } from './promise.ts';

/** Whether a change is only checked, not made. */
export interface ChangeOptions {
  readonly validateOnly?: boolean;
}

/**
 * Administrative requests, each tried again until it is answered for good or times out. Made by `HapaxClient.admin`.
 * A request about several items that fails for some of them rejects with the first failure; `details.failures` has all.
 */
export class Admin {
  readonly #context: AdminContext;

  constructor(context: AdminContext) {
    this.#context = context;
  }

  /** Makes topics. `TOPIC_ALREADY_EXISTS`, `INVALID_REPLICATION_FACTOR`, `INVALID_CONFIG`, … */
  createTopics(topics: readonly NewTopic[], options: ChangeOptions = {}): Promise<readonly CreatedTopic[]> {
    return outcomeOf((done) =>
      makeTopics(this.#context, topics, { validateOnly: options.validateOnly ?? false }, done),
    );
  }

  /** Deletes topics. `UNKNOWN_TOPIC_OR_PARTITION`. */
  deleteTopics(names: readonly string[]): Promise<null> {
    return outcomeOf((done) => removeTopics(this.#context, names, done));
  }

  /** Enlarges topics. `INVALID_PARTITIONS` where the total is not above the present one. */
  createPartitions(topics: readonly NewPartitions[], options: ChangeOptions = {}): Promise<null> {
    return outcomeOf((done) =>
      addPartitions(this.#context, topics, { validateOnly: options.validateOnly ?? false }, done),
    );
  }

  /** All topics with their partitions. */
  listTopics(): Promise<readonly TopicMetadata[]> {
    return outcomeOf((done) => readTopics(this.#context, null, done));
  }

  /** Some topics with their partitions. `UNKNOWN_TOPIC_OR_PARTITION`. */
  describeTopics(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    return outcomeOf((done) => readTopics(this.#context, names, done));
  }

  /** Name, controller and brokers. */
  describeCluster(): Promise<ClusterDescription> {
    return outcomeOf((done) => readCluster(this.#context, done));
  }

  /** Settings of a topic, a broker or a group; `names` left out are all. */
  describeConfigs(resource: ConfigResource, names: readonly string[] | null = null): Promise<ResourceConfigs> {
    return outcomeOf((done) => readConfigs(this.#context, resource, names, done));
  }

  /** Changes settings, all or none. `INVALID_CONFIG`. */
  alterConfigs(resource: ConfigResource, changes: readonly ConfigChange[], options: ChangeOptions = {}): Promise<null> {
    return outcomeOf((done) =>
      changeConfigs(this.#context, resource, changes, { validateOnly: options.validateOnly ?? false }, done),
    );
  }

  /** Groups of all brokers, optionally only those in some states (`Stable`, `Empty`, …). */
  listGroups(states: readonly string[] = []): Promise<readonly GroupListing[]> {
    return outcomeOf((done) => readGroups(this.#context, states, done));
  }

  /** A group with its members; one that is not there has the state `Dead`. */
  describeGroup(groupId: string): Promise<GroupDescription> {
    return outcomeOf((done) => readGroup(this.#context, groupId, done));
  }

  /** Deletes a group. `NON_EMPTY_GROUP`, `GROUP_ID_NOT_FOUND`. */
  deleteGroup(groupId: string): Promise<null> {
    return outcomeOf((done) => removeGroup(this.#context, groupId, done));
  }

  /** Offsets of partitions. For a time, offset −1 says that no record is that new. */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: { readonly readCommitted?: boolean } = {},
  ): Promise<readonly PartitionOffset[]> {
    return outcomeOf((done) =>
      readOffsets(this.#context, queries, { readCommitted: options.readCommitted ?? false }, done),
    );
  }

  /** What a group has committed; partitions without an offset are left out. */
  committedOffsets(
    groupId: string,
    partitions: readonly TopicPartition[] | null = null,
  ): Promise<readonly CommittedOffset[]> {
    return outcomeOf((done) => readGroupOffsets(this.#context, groupId, partitions, done));
  }

  /** Moves a group's offsets. `UNKNOWN_MEMBER_ID` while it has members. */
  alterGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<null> {
    return outcomeOf((done) => moveGroupOffsets(this.#context, groupId, offsets, done));
  }

  /** Forgets a group's offsets. `GROUP_SUBSCRIBED_TO_TOPIC` while members read the topic. */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<null> {
    return outcomeOf((done) => removeGroupOffsets(this.#context, groupId, partitions, done));
  }

  /** Deletes records before offsets. `OFFSET_OUT_OF_RANGE`, `POLICY_VIOLATION` for compacted topics. */
  deleteRecords(
    items: readonly RecordsToDelete[],
  ): Promise<readonly (TopicPartition & { readonly logStartOffset: number })[]> {
    return outcomeOf((done) => removeRecords(this.#context, items, done));
  }

  /** Elects leaders; null is all partitions. `unclean` loses records, and may mend a partition without a leader. */
  electLeaders(type: 'preferred' | 'unclean', partitions: readonly TopicPartition[] | null = null): Promise<null> {
    return outcomeOf((done) => changeLeaders(this.#context, type, partitions, done));
  }

  /** Begins moves of replicas, or takes them back. */
  alterReassignments(moves: readonly Reassignment[]): Promise<null> {
    return outcomeOf((done) => changeReassignments(this.#context, moves, done));
  }

  /** Moves of replicas that are under way. */
  listReassignments(): Promise<readonly OngoingReassignment[]> {
    return outcomeOf((done) => readReassignments(this.#context, done));
  }

  /** Directories of a broker with the sizes of its partitions. */
  describeLogDirs(nodeId: number): Promise<readonly LogDirectory[]> {
    return outcomeOf((done) => readLogDirectories(this.#context, nodeId, done));
  }

  /** Producers that partitions remember, and where their open transactions begin. */
  describeProducers(
    partitions: readonly TopicPartition[],
  ): Promise<readonly (TopicPartition & { readonly producers: readonly ActiveProducer[] })[]> {
    return outcomeOf((done) => readProducers(this.#context, partitions, done));
  }

  /** Transactions of all coordinators. `INVALID_REGULAR_EXPRESSION`, `unsupported-version` for newer filters. */
  listTransactions(filter: TransactionFilter = {}): Promise<readonly TransactionListing[]> {
    return outcomeOf((done) => readTransactions(this.#context, filter, done));
  }

  /** A transaction as its coordinator sees it. `TRANSACTIONAL_ID_NOT_FOUND`. */
  describeTransaction(transactionalId: string): Promise<TransactionDescription> {
    return outcomeOf((done) => readTransaction(this.#context, transactionalId, done));
  }

  /** As {@link describeTransaction}, for several. Rejects with the first failure. */
  describeTransactions(transactionalIds: readonly string[]): Promise<readonly TransactionDescription[]> {
    return Promise.all(transactionalIds.map((transactionalId) => this.describeTransaction(transactionalId)));
  }

  /**
   * Ends a transaction that hangs in a partition and of which no coordinator knows, by a marker of an operator's own.
   * `INVALID_PRODUCER_EPOCH`, `TRANSACTION_COORDINATOR_FENCED`: the partition has seen a newer one. Where a coordinator
   * knows the transaction, use {@link fenceProducer}.
   */
  abortTransaction(hanging: HangingTransaction): Promise<null> {
    return outcomeOf((done) => abortHanging(this.#context, hanging, done));
  }

  /** Fences the producer of a transactional id; its open transaction is aborted by the coordinator. */
  fenceProducer(transactionalId: string): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
    return outcomeOf((done) => fenceProducer(this.#context, transactionalId, done));
  }

  /** Features that brokers support, and their finalized levels. */
  describeFeatures(): Promise<readonly FeatureDescription[]> {
    return outcomeOf((done) => readFeatures(this.#context, done));
  }

  /** The metadata quorum. */
  describeQuorum(): Promise<QuorumDescription | undefined> {
    return outcomeOf((done) => readQuorum(this.#context, done));
  }

  /** Changes features, all or none. `FEATURE_UPDATE_FAILED`, `INVALID_UPDATE_VERSION`. */
  updateFeatures(updates: readonly FeatureUpdate[], options: ChangeOptions = {}): Promise<null> {
    return outcomeOf((done) =>
      changeFeatures(this.#context, updates, { validateOnly: options.validateOnly ?? false }, done),
    );
  }
}
