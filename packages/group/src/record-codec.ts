/** The group coordinator's records as bytes: Kafka's own schemas of `__consumer_offsets`. [O12] */
import { ZERO_UUID } from '@hapax/base';
import {
  groupMetadataRecord, legacyOffsetCommitRecord, offsetCommitRecord, readRecordType, type KeyOf, type ValueOf,
} from '@hapax/wire';
import type { CommittedOffset, GroupMetadata, GroupRecord } from './group-record.ts';

/** The version of group metadata that Kafka's brokers write. */
const GROUP_METADATA_VERSION = 3;
/** The version with an expiry of its own, which knows no leader epoch. */
const OFFSET_VERSION_WITH_EXPIRY = 1;
const OFFSET_VERSION = 3;
const OFFSET_VERSION_WITH_TOPIC_ID = 4;

/** A record of a log; a null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** The bytes of a record. */
export function encodeGroupRecord(record: GroupRecord): EncodedRecord {
  if (record.kind === 'group') {
    const key = groupMetadataRecord.encodeKey({ group: record.groupId });
    return { key, value: record.value === null ? null : encodeMetadata(record.value) };
  }
  const { groupId, topic, partition, value } = record;
  const key = offsetCommitRecord.encodeKey({ group: groupId, topic, partition });
  return { key, value: value === null ? null : encodeOffset(value) };
}

/**
 * The record of these bytes; undefined for types that this coordinator does not know, which are skipped as Kafka does.
 * Throws `frame-malformed` for bytes that are none, and `unsupported-version` for values from the future.
 */
export function decodeGroupRecord(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  switch (readRecordType(key)) {
    case groupMetadataRecord.type: {
      const { group } = groupMetadataRecord.decodeKey(key);
      return { kind: 'group', groupId: group, value: value === null ? null : decodeMetadata(value) };
    }
    case offsetCommitRecord.type:
      return offsetRecord(offsetCommitRecord.decodeKey(key), value === null ? null : decodeOffset(value));
    case legacyOffsetCommitRecord.type:
      return offsetRecord(legacyOffsetCommitRecord.decodeKey(key), value === null ? null : decodeLegacyOffset(value));
    default:
      return undefined;
  }
}

function offsetRecord(key: KeyOf<typeof offsetCommitRecord>, value: CommittedOffset | null): GroupRecord {
  return { kind: 'offset', groupId: key.group, topic: key.topic, partition: key.partition, value };
}

function encodeMetadata(metadata: GroupMetadata): Uint8Array {
  return groupMetadataRecord.encodeValue(GROUP_METADATA_VERSION, {
    protocolType: metadata.protocolType,
    generation: metadata.generation,
    protocol: metadata.protocol,
    leader: metadata.leader,
    currentStateTimestamp: metadata.currentStateTimestampMs,
    members: metadata.members.map(({ rebalanceTimeoutMs, sessionTimeoutMs, ...member }) => ({
      ...member, rebalanceTimeout: rebalanceTimeoutMs, sessionTimeout: sessionTimeoutMs,
    })),
  });
}

function decodeMetadata(bytes: Uint8Array): GroupMetadata {
  const { value } = groupMetadataRecord.decodeValue(bytes);
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leader,
    currentStateTimestampMs: value.currentStateTimestamp,
    members: value.members.map(({ rebalanceTimeout, sessionTimeout, ...member }) => ({
      ...member,
      // The oldest records lack it: the session timeout stands for it, as in JoinGroup version 0.
      rebalanceTimeoutMs: rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
      // Views keep the whole batch in memory.
      subscription: new Uint8Array(member.subscription),
      assignment: new Uint8Array(member.assignment),
    })),
  };
}

function encodeOffset(committed: CommittedOffset): Uint8Array {
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = committed;
  return offsetCommitRecord.encodeValue(offsetVersion(committed), {
    offset, leaderEpoch, metadata, commitTimestamp: commitTimestampMs, expireTimestamp: expireTimestampMs, topicId,
  });
}

function offsetVersion(committed: CommittedOffset): number {
  if (committed.expireTimestampMs >= 0) return OFFSET_VERSION_WITH_EXPIRY;
  return committed.topicId === ZERO_UUID ? OFFSET_VERSION : OFFSET_VERSION_WITH_TOPIC_ID;
}

function decodeOffset(bytes: Uint8Array): CommittedOffset {
  const { value }: { value: ValueOf<typeof offsetCommitRecord> } = offsetCommitRecord.decodeValue(bytes);
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = value;
  return {
    offset, leaderEpoch, metadata, commitTimestampMs: commitTimestamp, expireTimestampMs: expireTimestamp, topicId,
  };
}

function decodeLegacyOffset(bytes: Uint8Array): CommittedOffset {
  const { offset, metadata, commitTimestamp } = legacyOffsetCommitRecord.decodeValue(bytes).value;
  return {
    offset, leaderEpoch: -1, metadata, commitTimestampMs: commitTimestamp, expireTimestampMs: -1, topicId: ZERO_UUID,
  };
}
