/** The replication lane: what followers and the leader's node say to each other, to bytes and back. */
import {
  uuidFromBytes, uuidToBytes, type BrokerEpoch, type ErrorCode, type LeaderEpoch, type NodeId, type Offset, type Uuid,
} from '@hapax/base';
import type { hapax } from './generated/hapax.js';
import { decodeMessage, malformed, messages, Writer } from './protobuf.ts';

/** Who is calling: the first message of a stream. */
export interface Hello {
  readonly type: 'hello';
  readonly nodeId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly clusterId: string;
}

/** Asks to follow one partition from the follower's log end. */
export interface Attach {
  readonly type: 'attach';
  readonly attachId: number;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly brokerEpoch: BrokerEpoch;
  readonly leaderEpoch: LeaderEpoch;
  readonly logEndOffset: Offset;
  /** The leader epoch of the last record; −1 where the log is empty. */
  readonly lastEpoch: LeaderEpoch;
}

/** What is durable on the follower. */
export interface Ack {
  readonly type: 'ack';
  readonly partitions: readonly PartitionAck[];
}

export interface PartitionAck {
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  /** Exclusive. */
  readonly durableOffset: Offset;
  /** Where the follower's log begins. */
  readonly logStartOffset: Offset;
}

/** Ends an attachment. */
export interface Detach {
  readonly type: 'detach';
  readonly attachId: number;
}

/** The attachment holds. */
export interface Attached {
  readonly type: 'attached';
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** The logs diverge: cut to `offset`. */
export interface TruncateOrder {
  readonly type: 'truncate-order';
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly offset: Offset;
  readonly epoch: LeaderEpoch;
}

export interface AttachRefused {
  readonly type: 'attach-refused';
  readonly attachId: number;
  readonly error: ErrorCode;
}

/** What was appended, for many partitions. */
export interface Push {
  readonly type: 'push';
  readonly partitions: readonly PartitionPush[];
}

export interface PartitionPush {
  readonly attachId: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly baseOffset: Offset;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
  /** Whole batches back to back; empty where only offsets are told. */
  readonly records: Uint8Array;
}

/** A push to one partition before it is sent: its records are still where the log keeps them. */
export interface OutgoingPush extends Omit<PartitionPush, 'records'> {
  /** Whole batches, in chunks that follow each other. */
  readonly records: readonly Uint8Array[];
}

export type FollowerMessage = Hello | Attach | Ack | Detach;
export type LeaderMessage = Attached | TruncateOrder | AttachRefused | Push;

/** Bytes of a message from follower to leader. */
export function encodeFollowerMessage(message: FollowerMessage): Uint8Array {
  return messages.FollowerMessage.encode(fromFollower(message)).finish();
}

/** The message of bytes. Throws `frame-malformed`. */
export function decodeFollowerMessage(bytes: Uint8Array): FollowerMessage {
  const { hello, attach, ack, detach } = decodeMessage(messages.FollowerMessage, 'FollowerMessage', bytes);
  if (ack) return { type: 'ack', partitions: (ack.partitions as PartitionAck[]).map(toPartitionAck) };
  if (attach) return toAttach(attach as hapax.v1.Attach);
  if (detach) return { type: 'detach', attachId: (detach as hapax.v1.Detach).attachId };
  if (hello) {
    const { nodeId, brokerEpoch, clusterId } = hello as hapax.v1.Hello;
    return { type: 'hello', nodeId, brokerEpoch, clusterId };
  }
  throw malformed('a message from a follower with no known content');
}

/** Bytes of a message from leader to follower. */
export function encodeLeaderMessage(message: LeaderMessage): Uint8Array {
  return messages.LeaderMessage.encode(fromLeader(message)).finish();
}

/**
 * A push as the chunks of one message, for `Connection.send`: the bytes that {@link encodeLeaderMessage} would give,
 * but the records are not copied. Batches are most of what followers are sent, and each goes to several.
 */
export function encodePush(partitions: readonly OutgoingPush[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let pushBytes = 0;
  for (const { records, ...marks } of partitions) {
    const head = messages.PartitionPush.encode(marks).finish();
    const recordBytes = records.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const recordsPrefix = lengthDelimited(RECORDS_FIELD, recordBytes);
    const partitionBytes = head.byteLength + recordsPrefix.byteLength + recordBytes;
    const prefix = lengthDelimited(PARTITIONS_FIELD, partitionBytes);
    chunks.push(prefix, head, recordsPrefix, ...records);
    pushBytes += prefix.byteLength + partitionBytes;
  }
  chunks.unshift(lengthDelimited(PUSH_FIELD, pushBytes));
  return chunks;
}

/** Field numbers of replication.proto; the tests hold them against the generated decoder. */
const PUSH_FIELD = 4;
const PARTITIONS_FIELD = 1;
const RECORDS_FIELD = 6;
const LENGTH_DELIMITED = 2;

function lengthDelimited(field: number, sizeBytes: number): Uint8Array {
  return Writer.create().uint32((field << 3) | LENGTH_DELIMITED).uint32(sizeBytes).finish();
}

/** The message of bytes. Throws `frame-malformed`. Records are views of the bytes. */
export function decodeLeaderMessage(bytes: Uint8Array): LeaderMessage {
  const wire = decodeMessage(messages.LeaderMessage, 'LeaderMessage', bytes);
  const { push, attached, truncateOrder, attachRefused } = wire;
  if (push) return { type: 'push', partitions: (push.partitions as PartitionPush[]).map(toPartitionPush) };
  if (attached) {
    const { attachId, leaderEpoch } = attached as hapax.v1.Attached;
    return { type: 'attached', attachId, leaderEpoch };
  }
  if (truncateOrder) {
    const { attachId, leaderEpoch, offset, epoch } = truncateOrder as hapax.v1.TruncateOrder;
    return { type: 'truncate-order', attachId, leaderEpoch, offset, epoch };
  }
  if (attachRefused) {
    const { attachId, error } = attachRefused as hapax.v1.AttachRefused;
    return { type: 'attach-refused', attachId, error: error as ErrorCode };
  }
  throw malformed('a message from a leader with no known content');
}

function fromFollower(message: FollowerMessage): hapax.v1.FollowerMessage.$Properties {
  switch (message.type) {
    case 'hello':
      return { hello: message };
    case 'attach': {
      const topicId = uuidToBytes(message.topicId);
      if (topicId === undefined) throw malformed(`${message.topicId} is no topic id`);
      return { attach: { ...message, topicId } };
    }
    case 'ack':
      return { ack: { partitions: message.partitions as PartitionAck[] } };
    case 'detach':
      return { detach: message };
  }
}

function fromLeader(message: LeaderMessage): hapax.v1.LeaderMessage.$Properties {
  switch (message.type) {
    case 'attached':
      return { attached: message };
    case 'truncate-order':
      return { truncateOrder: message };
    case 'attach-refused':
      return { attachRefused: message };
    case 'push':
      return { push: { partitions: message.partitions as PartitionPush[] } };
  }
}

function toAttach(wire: hapax.v1.Attach): Attach {
  const { attachId, partition, brokerEpoch, leaderEpoch, logEndOffset, lastEpoch } = wire;
  if (wire.topicId.byteLength !== 16) throw malformed(`a topic id of ${wire.topicId.byteLength} bytes, not 16`);
  const topicId = uuidFromBytes(wire.topicId);
  return { type: 'attach', attachId, topicId, partition, brokerEpoch, leaderEpoch, logEndOffset, lastEpoch };
}

/** A decoded message has its zeros on the prototype; a plain copy has them as its own, for spreads and comparisons. */
function toPartitionAck({ attachId, leaderEpoch, durableOffset, logStartOffset }: PartitionAck): PartitionAck {
  return { attachId, leaderEpoch, durableOffset, logStartOffset };
}

function toPartitionPush(wire: PartitionPush): PartitionPush {
  const { attachId, leaderEpoch, baseOffset, highWatermark, logStartOffset, records } = wire;
  return { attachId, leaderEpoch, baseOffset, highWatermark, logStartOffset, records };
}
