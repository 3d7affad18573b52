/** The leader's side of replication: pushes what was appended to followers, many partitions in one message. */
import { ErrorCode, type Connection, type ConnectionHandler, type Logger, type NodeId } from '@hapax/base';
import {
  decodeFollowerMessage, encodeLeaderMessage, encodePush, type Attach, type OutgoingPush, type PartitionAck,
} from '@hapax/rpc';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { Partition } from './partition.ts';
import type { PartitionTable } from './partition-table.ts';
import { acceptHello } from './peer-hello.ts';

/** One follower's stream. */
interface Stream {
  readonly from: NodeId;
  readonly connection: Connection;
  readonly attached: Map<number, Partition>;
  /** Partitions with something to push, in the order in which they came to have it. */
  readonly pushable: Set<Partition>;
}

/** Beyond this many bytes in a stream's send queue nothing more is pushed on it until it drains. */
const MAX_STREAM_BUFFER_BYTES = 4 << 20;

/** Serves the followers of all partitions that this node leads. */
export class ReplicationLeader {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly partitions: PartitionTable;
  private readonly logger: Logger;
  private readonly streams = new Map<NodeId, Stream>();
  private readonly push: EndOfTurn;

  constructor(options: BrokerOptions, ports: BrokerPorts, partitions: PartitionTable) {
    this.options = options;
    this.ports = ports;
    this.partitions = partitions;
    this.logger = ports.logger.child({ component: 'replication-leader' });
    this.push = new EndOfTurn(ports.scheduler, () => this.pushAll());
  }

  start(): void {
    this.ports.peers.listen('replication', (connection) => this.accept(connection));
  }

  stop(): void {
    for (const stream of this.streams.values()) stream.connection.close('node stops');
  }

  /** A partition has records, or a high watermark, that these followers lack. */
  onPushable(partition: Partition, followers: readonly NodeId[]): void {
    for (const follower of followers) this.streams.get(follower)?.pushable.add(partition);
  }

  /** Pushes what {@link onPushable} announced. Called at the end of a turn, after all its appends. */
  pushAll(): void {
    for (const stream of this.streams.values()) this.pushTo(stream);
  }

  /** Sends a control message of a partition's machine. */
  send(
    partition: Partition,
    to: NodeId,
    message:
      | { readonly type: 'attached'; readonly attachId: number; readonly leaderEpoch: number }
      | {
          readonly type: 'truncate-order';
          readonly attachId: number;
          readonly leaderEpoch: number;
          readonly offset: number;
          readonly epoch: number;
        }
      | { readonly type: 'attach-refused'; readonly attachId: number; readonly error: ErrorCode },
  ): void {
    const stream = this.streams.get(to);
    if (stream === undefined) return;
    if (message.type === 'attach-refused') stream.attached.delete(message.attachId);
    this.logger.debug({ topic: partition.topic, partition: partition.index, to, message: message.type }, 'to follower');
    stream.connection.send([encodeLeaderMessage(message)]);
  }

  private accept(connection: Connection): ConnectionHandler {
    let stream: Stream | undefined;
    return {
      onMessage: (bytes) => {
        if (stream !== undefined) return this.receive(stream, bytes);
        const hello = acceptHello(bytes, connection, { clusterId: this.options.clusterId, logger: this.logger });
        if (hello === undefined) return;
        // A follower has one stream. An older one is of an earlier life, or half open: what it acked no longer counts.
        const older = this.streams.get(hello.nodeId);
        if (older !== undefined) this.drop(older, 'replaced by a newer stream');
        stream = { from: hello.nodeId, connection, attached: new Map(), pushable: new Set() };
        this.streams.set(hello.nodeId, stream);
      },
      onDrain: () => this.push.ask(),
      onClose: () => {
        if (stream !== undefined) this.drop(stream, 'stream closed');
      },
    };
  }

  private drop(stream: Stream, reason: string): void {
    if (this.streams.get(stream.from) !== stream) return;
    this.streams.delete(stream.from);
    const nowMs = this.ports.clock.nowMs();
    for (const partition of new Set(stream.attached.values())) {
      partition.replica.onDetach(stream.from, nowMs);
      this.partitions.markDirty(partition);
    }
    stream.attached.clear();
    stream.connection.close(reason);
  }

  private receive(stream: Stream, bytes: Uint8Array): void {
    const message = decodeFollowerMessage(bytes);
    switch (message.type) {
      case 'ack':
        return this.onAcks(stream, message.partitions);
      case 'attach':
        return this.onAttach(stream, message);
      case 'detach':
        return this.onDetach(stream, message.attachId);
      case 'hello':
        return this.drop(stream, 'a second greeting');
    }
  }

  private onAcks(stream: Stream, acks: readonly PartitionAck[]): void {
    const nowMs = this.ports.clock.nowMs();
    for (const ack of acks) {
      const partition = stream.attached.get(ack.attachId);
      if (partition === undefined) continue;
      partition.replica.onAck(stream.from, ack, nowMs);
      this.partitions.markDirty(partition);
    }
  }

  private onAttach(stream: Stream, attach: Attach): void {
    const partition = this.partitions.find(attach.topicId, attach.partition);
    if (partition === undefined) {
      const error = ErrorCode.UNKNOWN_TOPIC_ID;
      const refusal = encodeLeaderMessage({ type: 'attach-refused', attachId: attach.attachId, error });
      return stream.connection.send([refusal]);
    }
    for (const [id, other] of stream.attached) if (other === partition) stream.attached.delete(id);
    stream.attached.set(attach.attachId, partition);
    partition.replica.onAttach(stream.from, attach, this.ports.clock.nowMs());
    this.partitions.markDirty(partition);
  }

  private onDetach(stream: Stream, attachId: number): void {
    const partition = stream.attached.get(attachId);
    if (partition === undefined) return;
    stream.attached.delete(attachId);
    partition.replica.onDetach(stream.from, this.ports.clock.nowMs());
    this.partitions.markDirty(partition);
  }

  /** Fills messages until there is nothing left to push or the stream is full; the rest waits for it to drain. */
  private pushTo(stream: Stream): void {
    while (stream.pushable.size > 0 && stream.connection.bufferedBytes < MAX_STREAM_BUFFER_BYTES) {
      const pushes = this.gather(stream);
      if (pushes.length > 0) stream.connection.send(encodePush(pushes));
    }
  }

  private gather(stream: Stream): OutgoingPush[] {
    const pushes: OutgoingPush[] = [];
    let budget = this.options.replication.pushBytes;
    for (const partition of stream.pushable) {
      if (budget <= 0) break;
      stream.pushable.delete(partition);
      const push = this.pushOf(partition, stream, budget);
      if (push === undefined) continue;
      pushes.push(push);
      if (push.records.length === 0) continue;
      for (const chunk of push.records) budget -= chunk.byteLength;
      // It goes to the end of the line: one busy partition must not starve the others.
      stream.pushable.add(partition);
    }
    return pushes;
  }

  private pushOf(partition: Partition, stream: Stream, budget: number): OutgoingPush | undefined {
    const { replica, log } = partition;
    const next = replica.nextPush(stream.from);
    if (next === undefined) return undefined;
    const { fromOffset, attachId, leaderEpoch, highWatermark, logStartOffset } = next;
    // Without room for records only the marks are told: the follower has as much in flight as it may have.
    const maxBytes = Math.min(budget, next.maxBytes);
    const limits = { maxBytes, endOffset: log.endOffset, minOneBatch: true };
    const read = maxBytes > 0 ? log.read(fromOffset, limits) : undefined;
    const nowMs = this.ports.clock.nowMs();
    replica.onPushed(stream.from, read?.nextOffset ?? fromOffset, read?.sizeBytes ?? 0, nowMs);
    const records = read?.chunks ?? [];
    return { attachId, leaderEpoch, baseOffset: fromOffset, highWatermark, logStartOffset, records };
  }
}
