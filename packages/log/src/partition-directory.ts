/** Names and small files of a partition's directory, as Kafka has them. */
import { assert, decodeText, encodeText, uuidToBytes, type Uuid } from '@hapax/base';

/** The file that tells which topic a directory belongs to. */
export const PARTITION_METADATA_FILE = 'partition.metadata';
export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint';
/** Ends the names of what did not pass its check and is kept aside for people to look at. */
export const CORRUPT_SUFFIX = '.corrupt';
/** Ends the names of directories that are about to be removed. */
export const DELETED_SUFFIX = '-delete';

/** The directory of a partition's log, named as Kafka names it. */
export function partitionDirectory(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** The topic and partition of a directory's name, or undefined where it is not one of a partition. */
export function parsePartitionDirectory(name: string): { topic: string; partition: number } | undefined {
  const match = /^([A-Za-z0-9._-]{1,249})-(\d{1,10})$/.exec(name);
  return match === null ? undefined : { topic: match[1] as string, partition: Number(match[2]) };
}

/** The text of `partition.metadata` in Kafka's format. */
export function encodePartitionMetadata(topicId: Uuid): Uint8Array {
  return encodeText(`version: 0\ntopic_id: ${topicId}`);
}

/** The topic id in a `partition.metadata`; undefined where there is none to read. */
export function decodePartitionMetadata(bytes: Uint8Array): Uuid | undefined {
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(decodeText(bytes));
  const topicId = match?.[1];
  return topicId !== undefined && uuidToBytes(topicId) !== undefined ? topicId : undefined;
}

/** The name of a segment's file: its base offset in twenty digits, and what kind of file it is. */
export function offsetFileName(offset: number, suffix: string): string {
  assert(Number.isSafeInteger(offset) && offset >= 0, `offset ${offset} is outside [0, 2^53)`);
  return String(offset).padStart(20, '0') + suffix;
}

/** The offset in such a name, or undefined where the name is another. */
export function parseOffsetFileName(name: string, suffix: string): number | undefined {
  if (name.length !== 20 + suffix.length || !name.endsWith(suffix)) return undefined;
  const digits = name.slice(0, 20);
  const offset = Number(digits);
  return /^\d{20}$/.test(digits) && Number.isSafeInteger(offset) ? offset : undefined;
}
