/** What a message is called on the page: its API or kind, and what it is about; short, for there are many. */
import type { PeerLane } from '@hapax/base';
import {
  decodeControllerCall, decodeControllerReply, decodeFollowerMessage, decodeLeaderMessage, decodeRaftMessage,
  decodeTransactionCalls, decodeTransactionReplies, type TransactionRequest,
} from '@hapax/rpc';
import { apiByKey, decodeRequestHeader, produce } from '@hapax/wire';

/** One end of a connection that is recorded. */
export interface RecordedEnd {
  readonly lane: PeerLane | 'kafka';
  readonly hasDialled: boolean;
  /** Whether it has sent nothing yet: who dials says first who it is. */
  isFirst: boolean;
  /** Names by the numbers of requests and attachments, which later messages refer to. */
  readonly memory: Map<number, string>;
}

/** A name, and what the other end needs to name what follows. */
export interface MessageLabel {
  readonly name: string;
  /** Passes all the time, and says nothing new. */
  readonly isRoutine?: boolean;
  readonly learned?: readonly (readonly [number, string])[];
}

/** Tells the name of a partition by its topic's id. */
export type PartitionNamed = (topicId: string, partition: number) => string;

/** Names a message as it is sent. */
export function labelOf(end: RecordedEnd, bytes: Uint8Array, named: PartitionNamed): MessageLabel {
  if (end.lane !== 'kafka' && end.hasDialled && end.isFirst) return { name: `${end.lane} hello` };
  switch (end.lane) {
    case 'kafka':
      return end.hasDialled ? request(bytes) : answer(end, new DataView(bytes.buffer, bytes.byteOffset).getInt32(0));
    case 'replication':
      return end.hasDialled ? fromFollower(end, bytes, named) : fromLeader(end, bytes);
    case 'transactions':
      return end.hasDialled ? calls(bytes) : replies(end, bytes);
    case 'controller':
      return end.hasDialled ? call(bytes) : answer(end, decodeControllerReply(bytes).correlationId);
    case 'raft':
      return ofRaft(bytes);
    case 'admin':
      return { name: 'admin' };
  }
}

function request(bytes: Uint8Array): MessageLabel {
  const { apiKey, apiVersion, bodyOffset, correlationId } = decodeRequestHeader(bytes);
  let name = apiByKey(apiKey)?.name ?? `API ${apiKey}`;
  if (apiKey === produce.key) {
    const { topicData } = produce.decodeRequest(apiVersion, bytes, bodyOffset);
    name += ` ${listed(topicData.flatMap((one) => one.partitionData.map(({ index }) => `${one.name}-${index}`)))}`;
  }
  return { name, learned: [[correlationId, name]], isRoutine: name === 'Fetch' || name === 'Heartbeat' };
}

/** Replies have the number of what they answer. */
function answer({ memory }: RecordedEnd, correlationId: number): MessageLabel {
  const name = memory.get(correlationId) ?? 'unknown';
  memory.delete(correlationId);
  return { name: `${name} response`, isRoutine: /^(?:Fetch|Heartbeat|heartbeat)$/u.test(name) };
}

function call(bytes: Uint8Array): MessageLabel {
  const { correlationId, method } = decodeControllerCall(bytes);
  return { name: method, learned: [[correlationId, method]], isRoutine: method === 'heartbeat' };
}

function fromFollower({ memory }: RecordedEnd, bytes: Uint8Array, named: PartitionNamed): MessageLabel {
  const message = decodeFollowerMessage(bytes);
  switch (message.type) {
    case 'hello':
      return { name: 'replication hello' };
    case 'attach': {
      const name = named(message.topicId, message.partition);
      memory.set(message.attachId, name);
      return { name: `attach ${name}`, learned: [[message.attachId, name]] };
    }
    case 'detach':
      return { name: `detach ${memory.get(message.attachId) ?? ''}` };
    case 'ack': {
      const names = message.partitions.map(({ attachId }) => memory.get(attachId) ?? '?');
      return names.length === 0 ? { name: 'ack', isRoutine: true } : { name: `ack ${listed(names)}` };
    }
  }
}

function fromLeader({ memory }: RecordedEnd, bytes: Uint8Array): MessageLabel {
  const message = decodeLeaderMessage(bytes);
  if (message.type !== 'push') return { name: `${message.type} ${memory.get(message.attachId) ?? ''}` };
  const names = message.partitions.map(({ attachId }) => memory.get(attachId) ?? '?');
  if (names.length === 0) return { name: 'push', isRoutine: true };
  const hasRecords = message.partitions.some(({ records }) => records.length > 0);
  return { name: `${hasRecords ? 'push' : 'marks'} ${listed(names)}` };
}

function calls(bytes: Uint8Array): MessageLabel {
  const all = decodeTransactionCalls(bytes);
  const learned = all.map(({ requestId, request }) => [requestId, callName(request)] as const);
  return { name: listed(learned.map(([, name]) => name)), learned };
}

function callName(request: TransactionRequest): string {
  switch (request.type) {
    case 'write-markers':
      return request.markers[0]?.commit === true ? 'commit markers' : 'abort markers';
    case 'add-partitions':
      return request.verifyOnly ? 'verify partitions' : 'add partitions';
    case 'find-transaction':
      return 'find transaction';
  }
}

function replies({ memory }: RecordedEnd, bytes: Uint8Array): MessageLabel {
  const names = decodeTransactionReplies(bytes).map(({ requestId, answer }) => memory.get(requestId) ?? answer.type);
  return { name: `${listed(names)} response` };
}

function ofRaft(bytes: Uint8Array): MessageLabel {
  const message = decodeRaftMessage(bytes);
  const isRoutine = message.type.startsWith('heartbeat') || (message.type === 'append' && message.entries.length === 0);
  return { name: `raft ${message.type} (term ${message.term})`, isRoutine };
}

function listed(names: readonly string[]): string {
  const different = [...new Set(names)].toSorted();
  const more = different.length > NAMED_MAX ? ` and ${different.length - NAMED_MAX} more` : '';
  return different.slice(0, NAMED_MAX).join(', ') + more;
}

const NAMED_MAX = 3;
