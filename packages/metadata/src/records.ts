/** The records of the metadata log, and their bytes. One entry of Raft's log is one batch, which applies as a whole. */
import {
  AppError, type BrokerEpoch, decodeText, encodeText, type Endpoint, type NodeId, type ProducerId, type Uuid,
} from '@hapax/base';
import type { PartitionChange, PartitionState } from './partition.ts';

/** The levels of a feature that a node understands. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Gives the cluster its id: the first record of every log. */
export interface ClusterRecord {
  readonly type: 'cluster';
  readonly clusterId: Uuid;
}

/** Where a broker listens, by the name of the listener. Every broker has these two; it may have others. */
export interface BrokerEndpoints {
  /** For clients. */
  readonly kafka: Endpoint;
  /** For other nodes. */
  readonly peer: Endpoint;
  readonly [listener: string]: Endpoint;
}

/** What a broker says of itself when it registers. */
export interface BrokerRegistration {
  readonly brokerId: NodeId;
  /** Drawn anew by every process: tells a restart from a repeated request. */
  readonly incarnationId: Uuid;
  readonly endpoints: BrokerEndpoints;
  readonly rack: string | null;
  readonly features: Readonly<Record<string, VersionRange>>;
}

/** A broker registered, or the same process registered anew. */
export interface RegisterBrokerRecord extends BrokerRegistration {
  readonly type: 'register-broker';
  /** Null: the index of this record's entry. A number where it keeps the epoch it has. */
  readonly brokerEpoch: BrokerEpoch | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** A registered broker is fenced, unfenced, or begins its controlled shutdown. Absent fields stay. */
export interface BrokerChangeRecord {
  readonly type: 'broker-change';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly fenced?: boolean;
  readonly inControlledShutdown?: boolean;
}

/** A broker is gone for good. */
export interface UnregisterBrokerRecord {
  readonly type: 'unregister-broker';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

/** A topic; its partitions follow in the same batch. */
export interface TopicRecord {
  readonly type: 'topic';
  readonly topicId: Uuid;
  readonly name: string;
}

/** A new partition, or the whole state of one in a snapshot. */
export interface PartitionRecord extends PartitionState {
  readonly type: 'partition';
}

/** A change of a partition; even an empty one raises the partition epoch. */
export interface PartitionChangeRecord extends PartitionChange {
  readonly type: 'partition-change';
  readonly topicId: Uuid;
  readonly partition: number;
}

/** A topic is deleted, with its partitions and its configuration. */
export interface RemoveTopicRecord {
  readonly type: 'remove-topic';
  readonly topicId: Uuid;
}

/** Whose configuration: a topic by name; a broker by its id, or all of them by the empty name. */
export type ConfigResourceType = 'topic' | 'broker';

/** One configured value; null takes it back. */
export interface ConfigRecord {
  readonly type: 'config';
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
  readonly key: string;
  readonly value: string | null;
}

/** A feature is finalized at a level; level 0 turns it off. */
export interface FeatureRecord {
  readonly type: 'feature';
  readonly name: string;
  readonly level: number;
}

/** A block of producer ids was handed out: the next one starts here. */
export interface ProducerIdsRecord {
  readonly type: 'producer-ids';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly nextProducerId: ProducerId;
}

export type MetadataRecord =
  | ClusterRecord
  | RegisterBrokerRecord
  | BrokerChangeRecord
  | UnregisterBrokerRecord
  | TopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | RemoveTopicRecord
  | ConfigRecord
  | FeatureRecord
  | ProducerIdsRecord;

/** The records of one entry of Raft's log. They apply together or not at all. */
export type MetadataBatch = readonly MetadataRecord[];

const FORMAT_VERSION = 1;

const KNOWN_TYPES: Readonly<Record<MetadataRecord['type'], true>> = {
  'cluster': true,
  'register-broker': true,
  'broker-change': true,
  'unregister-broker': true,
  'topic': true,
  'partition': true,
  'partition-change': true,
  'remove-topic': true,
  'config': true,
  'feature': true,
  'producer-ids': true,
};

/** The bytes of a batch, as one entry of Raft's log carries them. */
export function encodeBatch(batch: MetadataBatch): Uint8Array {
  return encodeText(JSON.stringify({ version: FORMAT_VERSION, records: batch }));
}

/** Reads what {@link encodeBatch} wrote. Throws `data-corrupt` for other bytes, versions and record types. */
export function decodeBatch(bytes: Uint8Array): MetadataBatch {
  return recordsOf(parseVersioned(bytes, 'a metadata batch'), 'a metadata batch');
}

/** Parses JSON of this format version. Throws `data-corrupt` otherwise. */
export function parseVersioned(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decodeText(bytes));
  } catch (cause) {
    throw corrupt(`${what} of ${bytes.length} bytes is not JSON`, cause);
  }
  if (typeof parsed !== 'object' || parsed === null) throw corrupt(`${what} is not an object`);
  const fields = parsed as Readonly<Record<string, unknown>>;
  if (fields['version'] === FORMAT_VERSION) return fields;
  const version = JSON.stringify(fields['version']);
  throw corrupt(`${what} has format version ${version}; this release reads ${FORMAT_VERSION}: run a newer release`);
}

/** The records in parsed JSON, each of a known type. Throws `data-corrupt` otherwise. */
export function recordsOf(fields: Readonly<Record<string, unknown>>, what: string): MetadataRecord[] {
  const records = fields['records'];
  if (!Array.isArray(records)) throw corrupt(`${what} has no list of records`);
  for (const record of records as readonly unknown[]) {
    const type = typeof record === 'object' && record !== null ? (record as { type?: unknown }).type : undefined;
    if (typeof type !== 'string' || !Object.hasOwn(KNOWN_TYPES, type)) {
      throw corrupt(`${what} has a record of the unknown type ${JSON.stringify(type)}: run a newer release`);
    }
  }
  return records as MetadataRecord[];
}

function corrupt(message: string, cause?: unknown): AppError {
  return new AppError('data-corrupt', message, { retriable: false, definite: true, cause });
}
