/** The topics that the broker keeps its own state in, and how they are created. */

/** Where the group coordinators keep offsets and groups. */
export const CONSUMER_OFFSETS_TOPIC = '__consumer_offsets';
/** Where the transaction coordinators keep transactions. */
export const TRANSACTION_STATE_TOPIC = '__transaction_state';

/** How an internal topic is created when the request leaves it open: the keys of the brokers' configuration. */
export interface InternalTopic {
  readonly partitionsKey: string;
  readonly replicationFactorKey: string;
  readonly segmentBytesKey: string;
  /** Undefined: like any other topic. */
  readonly minInsyncReplicasKey?: string;
  /** Set whatever the request says [T3]. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Every internal topic, by name. */
export const INTERNAL_TOPICS: ReadonlyMap<string, InternalTopic> = new Map<string, InternalTopic>([
  [CONSUMER_OFFSETS_TOPIC, {
    partitionsKey: 'offsets.topic.num.partitions',
    replicationFactorKey: 'offsets.topic.replication.factor',
    segmentBytesKey: 'offsets.topic.segment.bytes',
    configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer' },
  }],
  [TRANSACTION_STATE_TOPIC, {
    partitionsKey: 'transaction.state.log.num.partitions',
    replicationFactorKey: 'transaction.state.log.replication.factor',
    segmentBytesKey: 'transaction.state.log.segment.bytes',
    minInsyncReplicasKey: 'transaction.state.log.min.isr',
    configs: {
      'cleanup.policy': 'compact', 'compression.type': 'uncompressed', 'unclean.leader.election.enable': 'false',
    },
  }],
]);

/** Whether a topic belongs to the broker itself. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}
