/** The configuration of a topic: every key, with Kafka's names and, where not said otherwise, Kafka's defaults. */
import { type ConfigDefinition, INT_MAX, LONG_MAX_TEXT } from './config-definition.ts';

/** The values of a topic's configuration that this broker acts upon, by key. */
export interface TopicConfigValues {
  readonly 'cleanup.policy': readonly string[];
  readonly 'compression.type': string;
  readonly 'compression.gzip.level': number;
  readonly 'compression.lz4.level': number;
  readonly 'compression.zstd.level': number;
  readonly 'delete.retention.ms': number;
  readonly 'file.delete.delay.ms': number;
  readonly 'flush.messages': number;
  readonly 'flush.ms': number;
  readonly 'follower.replication.throttled.replicas': readonly string[];
  readonly 'index.interval.bytes': number;
  readonly 'leader.replication.throttled.replicas': readonly string[];
  readonly 'local.retention.bytes': number;
  readonly 'local.retention.ms': number;
  readonly 'max.compaction.lag.ms': number;
  readonly 'max.message.bytes': number;
  readonly 'message.timestamp.after.max.ms': number;
  readonly 'message.timestamp.before.max.ms': number;
  readonly 'message.timestamp.type': string;
  readonly 'min.cleanable.dirty.ratio': number;
  readonly 'min.compaction.lag.ms': number;
  readonly 'min.insync.replicas': number;
  readonly 'preallocate': boolean;
  readonly 'remote.log.copy.disable': boolean;
  readonly 'remote.log.delete.on.disable': boolean;
  readonly 'remote.storage.enable': boolean;
  readonly 'retention.bytes': number;
  readonly 'retention.ms': number;
  readonly 'segment.bytes': number;
  readonly 'segment.index.bytes': number;
  readonly 'segment.jitter.ms': number;
  readonly 'segment.ms': number;
  readonly 'unclean.leader.election.enable': boolean;
}

/** A key of a topic's configuration. */
export type TopicConfigKey = keyof TopicConfigValues;

type Row = Omit<ConfigDefinition, 'name' | 'readOnly'>;

const COMPRESSION_TYPES = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'];
const WEEK_MS = '604800000';
const DAY_MS = '86400000';

const ROWS: Readonly<Record<TopicConfigKey, Row>> = {
  'cleanup.policy': {
    type: 'list', default: 'delete', synonym: 'log.cleanup.policy', oneOf: ['compact', 'delete'], mayBeEmpty: true,
    doc: 'What happens to old records: "delete" drops segments by age and size, "compact" keeps the last of each key.',
  },
  'compression.type': {
    type: 'string', default: 'producer', synonym: 'compression.type', oneOf: COMPRESSION_TYPES,
    doc: 'How batches are compressed in the log; "producer" keeps what the producer chose.',
  },
  'compression.gzip.level': {
    type: 'int', default: '-1', synonym: 'compression.gzip.level', min: -1, max: 9,
    doc: 'The level of gzip where compression.type is gzip; -1 is its default.',
  },
  'compression.lz4.level': {
    type: 'int', default: '9', synonym: 'compression.lz4.level', min: 1, max: 17,
    doc: 'The level of lz4 where compression.type is lz4.',
  },
  'compression.zstd.level': {
    type: 'int', default: '3', synonym: 'compression.zstd.level', min: -131072, max: 22,
    doc: 'The level of zstd where compression.type is zstd.',
  },
  'delete.retention.ms': {
    type: 'long', default: DAY_MS, synonym: 'log.cleaner.delete.retention.ms', min: 0,
    doc: 'How long a compacted topic keeps tombstones and transaction markers, so that slow readers see them.',
  },
  'file.delete.delay.ms': {
    type: 'long', default: '60000', synonym: 'log.segment.delete.delay.ms', min: 0,
    doc: 'How long a deleted segment stays on disk.',
  },
  'flush.messages': {
    type: 'long', default: LONG_MAX_TEXT, synonym: 'log.flush.interval.messages', min: 1,
    doc: 'How many records may wait for a sync of their segment; the journal is synced with every acknowledgement.',
  },
  'flush.ms': {
    type: 'long', default: LONG_MAX_TEXT, synonym: 'log.flush.interval.ms', min: 0,
    doc: 'How long a record may wait for a sync of its segment; the journal is synced with every acknowledgement.',
  },
  'follower.replication.throttled.replicas': {
    type: 'list', default: '', mayBeEmpty: true,
    doc: 'The replicas (partition:broker, or *) whose replication is throttled at the follower.',
  },
  'index.interval.bytes': {
    type: 'int', default: '4096', synonym: 'log.index.interval.bytes', min: 0,
    doc: 'How many bytes of records lie between two entries of the offset index.',
  },
  'leader.replication.throttled.replicas': {
    type: 'list', default: '', mayBeEmpty: true,
    doc: 'The replicas (partition:broker, or *) whose replication is throttled at the leader.',
  },
  'local.retention.bytes': {
    type: 'long', default: '-2', synonym: 'log.local.retention.bytes', min: -2,
    doc: 'How many bytes stay local where remote storage is on; -2 means retention.bytes.',
  },
  'local.retention.ms': {
    type: 'long', default: '-2', synonym: 'log.local.retention.ms', min: -2,
    doc: 'How long records stay local where remote storage is on; -2 means retention.ms.',
  },
  'max.compaction.lag.ms': {
    type: 'long', default: LONG_MAX_TEXT, synonym: 'log.cleaner.max.compaction.lag.ms', min: 1,
    doc: 'The longest time that a record may escape compaction.',
  },
  'max.message.bytes': {
    type: 'int', default: '1048588', synonym: 'message.max.bytes', min: 0,
    doc: 'The largest batch of records, compressed, that the topic takes.',
  },
  'message.timestamp.after.max.ms': {
    type: 'long', default: '3600000', synonym: 'log.message.timestamp.after.max.ms', min: 0,
    doc: 'How far ahead of the clock of the broker the timestamp of a record may be.',
  },
  'message.timestamp.before.max.ms': {
    type: 'long', default: LONG_MAX_TEXT, synonym: 'log.message.timestamp.before.max.ms', min: 0,
    doc: 'How far behind the clock of the broker the timestamp of a record may be.',
  },
  'message.timestamp.type': {
    type: 'string', default: 'CreateTime', synonym: 'log.message.timestamp.type',
    oneOf: ['CreateTime', 'LogAppendTime'],
    doc: 'Whether the timestamp of a record is the producer\'s or the time of its append.',
  },
  'min.cleanable.dirty.ratio': {
    type: 'double', default: '0.5', synonym: 'log.cleaner.min.cleanable.ratio', min: 0, max: 1,
    doc: 'The share of a log that must be uncompacted before it is compacted.',
  },
  'min.compaction.lag.ms': {
    type: 'long', default: '0', synonym: 'log.cleaner.min.compaction.lag.ms', min: 0,
    doc: 'The shortest time that a record stays uncompacted.',
  },
  'min.insync.replicas': {
    type: 'int', default: null, synonym: 'min.insync.replicas', min: 1, max: INT_MAX,
    doc: 'How many replicas must have a record before acks=all; by default 2 from replication factor 3 on, else 1.',
  },
  'preallocate': {
    type: 'boolean', default: 'false', synonym: 'log.preallocate',
    doc: 'Whether the file of a new segment takes its whole size at once.',
  },
  'remote.log.copy.disable': { type: 'boolean', default: 'false', doc: 'Whether segments are no longer copied away.' },
  'remote.log.delete.on.disable': {
    type: 'boolean', default: 'false', doc: 'Whether remote segments are deleted when remote storage is turned off.',
  },
  'remote.storage.enable': { type: 'boolean', default: 'false', doc: 'Whether segments are copied to remote storage.' },
  'retention.bytes': {
    type: 'long', default: '-1', synonym: 'log.retention.bytes', min: -1,
    doc: 'How large a partition may grow before its oldest segments are deleted; -1 means no limit.',
  },
  'retention.ms': {
    type: 'long', default: WEEK_MS, synonym: 'log.retention.ms', min: -1,
    doc: 'How long records are kept; -1 means for ever.',
  },
  'segment.bytes': {
    type: 'int', default: '1073741824', synonym: 'log.segment.bytes', min: 14,
    doc: 'The size at which a segment is closed and the next begins.',
  },
  'segment.index.bytes': {
    type: 'int', default: '10485760', synonym: 'log.index.size.max.bytes', min: 4,
    doc: 'The largest size of an index of a segment.',
  },
  'segment.jitter.ms': {
    type: 'long', default: '0', synonym: 'log.roll.jitter.ms', min: 0,
    doc: 'The most that is taken at random from segment.ms, so that not all segments roll at once.',
  },
  'segment.ms': {
    type: 'long', default: WEEK_MS, synonym: 'log.roll.ms', min: 1,
    doc: 'The age at which a segment is closed, though it is not full.',
  },
  'unclean.leader.election.enable': {
    type: 'boolean', default: 'false', synonym: 'unclean.leader.election.enable',
    doc: 'Whether a replica that may lack acknowledged records may lead when no other can.',
  },
};

/** Every key of a topic's configuration, by name. */
export const TOPIC_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  Object.entries(ROWS).map(([name, row]) => [name, { ...row, name, readOnly: false }]),
);
