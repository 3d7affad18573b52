/** The follower's side of replication: one stream to each node that leads partitions kept here. */
import type { Logger, NodeId } from '@hapax/base';
import type { Attach } from '@hapax/replica';
import { decodeLeaderMessage, encodeFollowerMessage, type PartitionAck, type PartitionPush } from '@hapax/rpc';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import { replicatedHeaders, type Partition } from './partition.ts';
import type { PartitionTable } from './partition-table.ts';
import { encodeHello } from './peer-hello.ts';
import { PeerLink } from './peer-link.ts';

interface Stream {
  readonly leader: NodeId;
  readonly link: PeerLink;
  readonly byAttachId: Map<number, Partition>;
  /** Acks of this turn, the last one of each attachment. */
  readonly acks: Map<number, PartitionAck>;
}

const MAX_LINK_BYTES = 64 << 20;

/** Follows the leaders of all partitions that this node keeps a copy of. */
export class ReplicationFollower {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly partitions: PartitionTable;
  private readonly logger: Logger;
  private readonly streams = new Map<NodeId, Stream>();
  private brokerEpoch = -1;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts, metadata: MetadataDriver, partitions: PartitionTable) {
    this.options = options;
    this.ports = ports;
    this.metadata = metadata;
    this.partitions = partitions;
    this.logger = ports.logger.child({ component: 'replication-follower' });
  }

  /** Attachments are made in the name of a broker epoch: a new one starts them all anew. */
  onRegistered(brokerEpoch: number): void {
    this.brokerEpoch = brokerEpoch;
    for (const stream of this.streams.values()) stream.link.close();
    this.streams.clear();
  }

  stop(): void {
    this.isStopped = true;
    for (const stream of this.streams.values()) stream.link.close();
    this.streams.clear();
  }

  /** Does what the machine asks: attach this partition to its leader. */
  attach(partition: Partition, request: Attach & { readonly to: NodeId }): void {
    const stream = this.streamTo(request.to);
    // Without a stream the machine is told to try again; the opening of one attaches what waits for it at once.
    if (stream === undefined) return partition.replica.onStreamLost(this.ports.clock.nowMs());
    for (const [id, other] of stream.byAttachId) if (other === partition) stream.byAttachId.delete(id);
    stream.byAttachId.set(request.attachId, partition);
    const { to: _to, ...attach } = request;
    const { topicId, index } = partition;
    stream.link.send(encodeFollowerMessage({ type: 'attach', topicId, partition: index, ...attach }));
  }

  /** The machine says that more is durable here. Sent with the other acks of this turn. */
  ack(to: NodeId, ack: PartitionAck): void {
    this.streams.get(to)?.acks.set(ack.attachId, ack);
  }

  /** Sends the acks of this turn, one message a leader. */
  flushAcks(): void {
    for (const stream of this.streams.values()) {
      if (stream.acks.size === 0) continue;
      stream.link.send(encodeFollowerMessage({ type: 'ack', partitions: [...stream.acks.values()] }));
      stream.acks.clear();
    }
  }

  /** The stream to a leader once it is open; the opening of a new one attaches what waits for it. */
  private streamTo(leader: NodeId): Stream | undefined {
    if (this.isStopped || this.brokerEpoch === -1) return undefined;
    const existing = this.streams.get(leader);
    const endpoint = this.metadata.image.broker(leader)?.endpoints['peer'];
    if (endpoint === undefined) return undefined;
    const { host, port } = endpoint;
    if (existing !== undefined && existing.link.to.host === host && existing.link.to.port === port) {
      return existing.link.isUp ? existing : undefined;
    }
    existing?.link.close();
    this.open(leader, { host, port });
    return undefined;
  }

  private open(leader: NodeId, to: { readonly host: string; readonly port: number }): void {
    const { nodeId, clusterId } = this.options;
    const byAttachId = new Map<number, Partition>();
    const link = new PeerLink({
      peers: this.ports.peers,
      scheduler: this.ports.scheduler,
      random: this.ports.random.fork(`replication-link-${leader}`),
      logger: this.logger,
      lane: 'replication',
      to,
      hello: () => encodeHello({ nodeId, brokerEpoch: this.brokerEpoch, clusterId }),
      maxBufferedBytes: MAX_LINK_BYTES,
      onMessage: (bytes) => this.receive(leader, bytes),
      onUp: () => this.reattach(leader),
      onDown: () => this.onDown(leader),
    });
    this.streams.set(leader, { leader, link, byAttachId, acks: new Map() });
  }

  private onDown(leader: NodeId): void {
    const stream = this.streams.get(leader);
    if (stream === undefined) return;
    stream.byAttachId.clear();
    stream.acks.clear();
    const nowMs = this.ports.clock.nowMs();
    for (const partition of this.partitions.followersOf(leader)) {
      partition.replica.onStreamLost(nowMs);
      this.partitions.markDirty(partition);
    }
  }

  private reattach(leader: NodeId): void {
    const nowMs = this.ports.clock.nowMs();
    for (const partition of this.partitions.followersOf(leader)) {
      partition.replica.requestAttach(nowMs);
      this.partitions.markDirty(partition);
    }
  }

  private receive(leader: NodeId, bytes: Uint8Array): void {
    const stream = this.streams.get(leader);
    if (stream === undefined) return;
    const message = decodeLeaderMessage(bytes);
    if (message.type === 'push') {
      for (const push of message.partitions) this.onPush(stream, push);
      return;
    }
    const partition = stream.byAttachId.get(message.attachId);
    if (partition === undefined) return;
    const nowMs = this.ports.clock.nowMs();
    if (message.type === 'attached') partition.replica.onAttached(message, nowMs);
    else if (message.type === 'truncate-order') partition.replica.onTruncateOrder(message, nowMs);
    else partition.replica.onAttachRefused(message, nowMs);
    this.partitions.markDirty(partition);
  }

  private onPush(stream: Stream, push: PartitionPush): void {
    const partition = stream.byAttachId.get(push.attachId);
    if (partition === undefined) return;
    const headers = replicatedHeaders(push.records);
    if (headers === undefined) {
      this.logger.error({ topic: partition.topic, partition: partition.index }, 'pushed records fail their checksum');
      partition.replica.requestAttach(this.ports.clock.nowMs());
      return this.partitions.markDirty(partition);
    }
    const decision = partition.replica.preparePush({ from: stream.leader, ...push }, headers, this.ports.clock.nowMs());
    if (decision.kind === 'append') this.store(partition, push, headers);
    this.partitions.markDirty(partition);
  }

  private store(partition: Partition, push: PartitionPush, headers: readonly Header[]): void {
    if (headers.length === 0 || partition.storeReplicated(push.records, headers)) return;
    // The disk is full: nothing was written, so this log's end is where it was. The machine attaches again after a
    // pause.
    partition.replica.onStreamLost(this.ports.clock.nowMs());
  }
}

type Header = NonNullable<ReturnType<typeof replicatedHeaders>>[number];
