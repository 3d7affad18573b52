/** What messages are called: by what they say and between whom, and so the same in every run. */
import {
  decodeControllerCall, decodeControllerReply, decodeFollowerMessage, decodeLeaderMessage, decodeRaftMessage,
  decodeTransactionCalls, decodeTransactionReplies, type TopicPartitions, type TransactionRequest,
} from '@hapax/rpc';
import { apiByKey, decodeRequestHeader, produce } from '@hapax/wire';
import { nodeOfHost, type ClusterRoles } from './cluster-roles.ts';
import type { EffectNames } from './effect-names.ts';
import type { TappedEnd } from './tapped-network.ts';

/** Names messages; undefined for those that pass all the time, and mean nothing here. */
export class MessageNames {
  private readonly roles: ClusterRoles;
  private readonly effects: EffectNames;

  constructor(roles: ClusterRoles, effects: EffectNames) {
    this.roles = roles;
    this.effects = effects;
  }

  /** Remembers what later messages of the connection refer to, as its dialler sends it or the other end gets it. */
  learn({ lane, isHello, memory }: TappedEnd, message: Uint8Array): void {
    if (isHello) return;
    if (lane === 'kafka') {
      memory.set(decodeRequestHeader(message).correlationId, this.requestName(message));
    } else if (lane === 'replication') {
      const decoded = decodeFollowerMessage(message);
      if (decoded.type === 'attach') memory.set(decoded.attachId, `${decoded.topicId}/${decoded.partition}`);
    } else if (lane === 'transactions') {
      for (const { requestId, request } of decodeTransactionCalls(message)) {
        memory.set(requestId, this.callName(request));
      }
    } else if (lane === 'controller') {
      const { correlationId, method } = decodeControllerCall(message);
      memory.set(correlationId, method);
    }
  }

  /** The name of a message that has arrived at an end. */
  nameOf(end: TappedEnd, message: Uint8Array): string | undefined {
    switch (end.lane) {
      case 'kafka':
        return end.hasDialled ? this.responseName(end, message) : `${this.requestName(message)} request`;
      case 'replication':
        return end.hasDialled ? this.toFollower(end, message) : this.toLeader(end, message);
      case 'transactions':
        return this.ofTransactions(end, message);
      case 'controller':
        return ofController(end, message);
      case 'raft':
        return this.ofRaft(end, message);
      case 'admin':
        return undefined;
    }
  }

  private requestName(message: Uint8Array): string {
    const { apiKey, apiVersion, bodyOffset } = decodeRequestHeader(message);
    const name = apiByKey(apiKey)?.name ?? `API ${apiKey}`;
    if (apiKey !== produce.key) return name;
    const { topicData } = produce.decodeRequest(apiVersion, message, bodyOffset);
    const labels = topicData.flatMap(({ name: topic, partitionData }) =>
      partitionData.map(({ index }) => this.roles.labelOfNamed(topic, index)));
    return `${name} to ${labels.sort().join(' and ')}`;
  }

  private responseName({ memory }: TappedEnd, message: Uint8Array): string | undefined {
    const correlationId = new DataView(message.buffer, message.byteOffset).getInt32(0);
    const name = memory.get(correlationId);
    memory.delete(correlationId);
    return name === undefined ? undefined : `${name} response`;
  }

  private toFollower(end: TappedEnd, bytes: Uint8Array): string | undefined {
    const message = decodeLeaderMessage(bytes);
    if (message.type !== 'push') {
      const { label, role } = this.attached(end, message.attachId, end.local);
      return `${label} ${message.type} to ${role}`;
    }
    if (message.partitions.length === 0) return undefined;
    const parts = message.partitions.map(({ attachId, records }) => {
      const { label, topic, role } = this.attached(end, attachId, end.local);
      const what = records.length === 0 ? 'marks' : this.effects.ofBatches(topic, records);
      return `${label} ${what} to ${role}`;
    });
    return `push of ${parts.sort().join(' and ')}`;
  }

  private toLeader(end: TappedEnd, bytes: Uint8Array): string | undefined {
    const message = decodeFollowerMessage(bytes);
    if (message.type === 'hello') return undefined;
    const ids = message.type === 'ack' ? message.partitions.map(({ attachId }) => attachId) : [message.attachId];
    if (ids.length === 0) return undefined;
    const parts = ids.map((id) => {
      const { label, role } = this.attached(end, id, end.remote);
      return `${label} from ${role}`;
    });
    return `${message.type} of ${parts.sort().join(' and ')}`;
  }

  /** The partition of an attachment, and the follower's role in it. */
  private attached({ memory }: TappedEnd, attachId: number, follower: string) {
    const [topicId = '', index = '0'] = memory.get(attachId)?.split('/') ?? [];
    const topic = this.roles.partition(topicId, Number(index))?.topic;
    const role = this.roles.roleIn(topicId, Number(index), nodeOfHost(follower) ?? -1);
    return { label: this.roles.labelOf(topicId, Number(index)), topic, role };
  }

  private ofTransactions(end: TappedEnd, message: Uint8Array): string | undefined {
    if (!end.hasDialled) {
      if (end.isHello) return undefined;
      const names = decodeTransactionCalls(message).map(({ request }) => this.callName(request));
      return `${names.sort().join(' and ')} call`;
    }
    const names = decodeTransactionReplies(message).map(({ requestId, answer }) =>
      end.memory.get(requestId) ?? answer.type);
    return `${names.sort().join(' and ')} reply`;
  }

  private callName(request: TransactionRequest): string {
    switch (request.type) {
      case 'write-markers': {
        const labels = request.markers.flatMap(({ topics }) => this.labelsOf(topics));
        const [first] = request.markers;
        return `${first?.commit === true ? 'commit' : 'abort'} markers for ${labels.sort().join(' and ')}`;
      }
      case 'add-partitions':
        return `${request.verifyOnly ? 'verification' : 'addition'} of ${this.labelsOf(request.topics).join(' and ')}`;
      case 'find-transaction':
        return 'search for a transaction';
    }
  }

  private labelsOf(topics: readonly TopicPartitions[]): string[] {
    return topics.flatMap(({ topic, partitions }) => partitions.map((one) => this.roles.labelOfNamed(topic, one)));
  }

  private ofRaft(end: TappedEnd, bytes: Uint8Array): string | undefined {
    if (end.isHello) return undefined;
    const message = decodeRaftMessage(bytes);
    switch (message.type) {
      case 'heartbeat':
      case 'heartbeat-response':
        return undefined;
      case 'append':
        return message.entries.length === 0 ? undefined : `controllers append ${this.controllersOf(end)}`;
      default:
        return `controllers ${message.type} ${this.controllersOf(end)}`;
    }
  }

  private controllersOf({ local, remote }: TappedEnd): string {
    const [from, to] = [remote, local].map((host) => this.roles.controllerRole(nodeOfHost(host) ?? 0));
    return `from ${from} to ${to}`;
  }
}

/** Of the controllers' lane. Heartbeats pass all the time. */
function ofController(end: TappedEnd, message: Uint8Array): string | undefined {
  if (end.isHello) return undefined;
  const method = end.hasDialled
    ? end.memory.get(decodeControllerReply(message).correlationId)
    : decodeControllerCall(message).method;
  if (method === undefined || method === 'heartbeat') return undefined;
  return `${method} ${end.hasDialled ? 'reply' : 'call'}`;
}
