/** The transactions lane: markers, additions to transactions and searches for them, to bytes and back. */
import type { ErrorCode, ProducerEpoch, ProducerId } from '@hapax/base';
import type { hapax } from './generated/hapax.js';
import { decodeMessage, malformed, messages } from './protobuf.ts';

/** Some partitions of one topic. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** The end of one transaction, for partitions that one node leads. */
export interface Marker {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The leader epoch of the coordinator's partition. */
  readonly coordinatorEpoch: number;
  readonly commit: boolean;
  /** 0, 1 or 2 [KIP-1228]. */
  readonly transactionVersion: number;
  readonly topics: readonly TopicPartitions[];
}

/** Ends transactions in partitions that the called node leads. */
export interface WriteMarkers {
  readonly type: 'write-markers';
  readonly markers: readonly Marker[];
}

/** One error for each partition of each marker, in the order of the call. */
export interface MarkersWritten {
  readonly type: 'markers-written';
  readonly errors: readonly ErrorCode[];
}

/** Asks the coordinator of a transaction whether partitions belong to it, or adds them [KIP-890]. */
export interface AddPartitions {
  readonly type: 'add-partitions';
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly verifyOnly: boolean;
  readonly topics: readonly TopicPartitions[];
}

/** One error for each partition, in the order of the call. */
export interface PartitionsAdded {
  readonly type: 'partitions-added';
  readonly errors: readonly ErrorCode[];
}

/** Asks a node which of the transactions that it coordinates belong to a producer id. */
export interface FindTransaction {
  readonly type: 'find-transaction';
  readonly producerId: ProducerId;
}

export interface TransactionFound {
  readonly type: 'transaction-found';
  /** The partitions of the transaction log that were searched: led by the called node, and loaded. */
  readonly searched: readonly number[];
  readonly transactions: readonly FoundTransaction[];
}

export interface FoundTransaction {
  readonly transactionalId: string;
  readonly producerEpoch: ProducerEpoch;
  /** As DescribeTransactions names it. */
  readonly state: string;
  readonly topics: readonly TopicPartitions[];
}

export type TransactionRequest = WriteMarkers | AddPartitions | FindTransaction;
export type TransactionAnswer = MarkersWritten | PartitionsAdded | TransactionFound;

export interface TransactionCall {
  /** Unique on its connection. */
  readonly requestId: number;
  readonly request: TransactionRequest;
}

export interface TransactionReply {
  readonly requestId: number;
  readonly answer: TransactionAnswer;
}

/** Bytes of the calls of one turn. */
export function encodeTransactionCalls(calls: readonly TransactionCall[]): Uint8Array {
  return messages.TransactionCalls.encode({ calls: calls.map(fromCall) }).finish();
}

/** The calls of bytes. Throws `frame-malformed`. */
export function decodeTransactionCalls(bytes: Uint8Array): TransactionCall[] {
  const { calls } = decodeMessage(messages.TransactionCalls, 'TransactionCalls', bytes);
  return (calls as hapax.v1.TransactionCall[]).map(toCall);
}

/** Bytes of the replies of one turn. */
export function encodeTransactionReplies(replies: readonly TransactionReply[]): Uint8Array {
  return messages.TransactionReplies.encode({ replies: replies.map(fromReply) }).finish();
}

/** The replies of bytes. Throws `frame-malformed`. */
export function decodeTransactionReplies(bytes: Uint8Array): TransactionReply[] {
  const { replies } = decodeMessage(messages.TransactionReplies, 'TransactionReplies', bytes);
  return (replies as hapax.v1.TransactionReply[]).map(toReply);
}

function fromCall({ requestId, request }: TransactionCall): hapax.v1.TransactionCall.$Properties {
  switch (request.type) {
    case 'write-markers':
      return { requestId, writeMarkers: { markers: request.markers.map(fromMarker) } };
    case 'add-partitions':
      return { requestId, addPartitions: { ...request, topics: request.topics.map(fromTopic) } };
    case 'find-transaction':
      return { requestId, findTransaction: request };
  }
}

function toCall(wire: hapax.v1.TransactionCall): TransactionCall {
  const { requestId, writeMarkers, addPartitions, findTransaction } = wire;
  if (writeMarkers) {
    const markers = (writeMarkers.markers as hapax.v1.Marker[]).map(toMarker);
    return { requestId, request: { type: 'write-markers', markers } };
  }
  if (addPartitions) {
    const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = addPartitions as hapax.v1.AddPartitions;
    const request = { transactionalId, producerId, producerEpoch, verifyOnly, topics: topics.map(toTopic) };
    return { requestId, request: { type: 'add-partitions', ...request } };
  }
  if (findTransaction) {
    const { producerId } = findTransaction as hapax.v1.FindTransaction;
    return { requestId, request: { type: 'find-transaction', producerId } };
  }
  throw malformed(`call ${requestId} has no known content`);
}

function fromReply({ requestId, answer }: TransactionReply): hapax.v1.TransactionReply.$Properties {
  switch (answer.type) {
    case 'markers-written':
      return { requestId, markersWritten: { errors: [...answer.errors] } };
    case 'partitions-added':
      return { requestId, partitionsAdded: { errors: [...answer.errors] } };
    case 'transaction-found': {
      const transactions = answer.transactions.map((found) => ({ ...found, topics: found.topics.map(fromTopic) }));
      return { requestId, transactionFound: { searched: [...answer.searched], transactions } };
    }
  }
}

function toReply(wire: hapax.v1.TransactionReply): TransactionReply {
  const { requestId, markersWritten, partitionsAdded, transactionFound } = wire;
  if (markersWritten) {
    return { requestId, answer: { type: 'markers-written', errors: markersWritten.errors as ErrorCode[] } };
  }
  if (partitionsAdded) {
    return { requestId, answer: { type: 'partitions-added', errors: partitionsAdded.errors as ErrorCode[] } };
  }
  if (transactionFound) {
    const { searched, transactions } = transactionFound as hapax.v1.TransactionFound;
    const found = (transactions as hapax.v1.FoundTransaction[]).map(toFound);
    return { requestId, answer: { type: 'transaction-found', searched, transactions: found } };
  }
  throw malformed(`reply ${requestId} has no known content`);
}

function fromMarker(marker: Marker): hapax.v1.Marker.$Properties {
  return { ...marker, topics: marker.topics.map(fromTopic) };
}

/** A decoded message has its zeros on the prototype; a plain copy has them as its own, for spreads and comparisons. */
function toMarker(wire: hapax.v1.Marker): Marker {
  const { producerId, producerEpoch, coordinatorEpoch, commit, transactionVersion, topics } = wire;
  return { producerId, producerEpoch, coordinatorEpoch, commit, transactionVersion, topics: topics.map(toTopic) };
}

function fromTopic({ topic, partitions }: TopicPartitions): hapax.v1.TopicPartitions.$Properties {
  return { topic, partitions: [...partitions] };
}

function toTopic(wire: hapax.v1.TopicPartitions.$Properties): TopicPartitions {
  const { topic, partitions } = wire as hapax.v1.TopicPartitions;
  return { topic, partitions };
}

function toFound({ transactionalId, producerEpoch, state, topics }: hapax.v1.FoundTransaction): FoundTransaction {
  return { transactionalId, producerEpoch, state, topics: topics.map(toTopic) };
}
