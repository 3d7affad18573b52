/** Watches every node of a run and tells the invariants what it sees. */
import {
  AppError, type Compression, type KeyValueChange, type KeyValuePair, type NodeId, type Offset, type PeerLane,
  type Uuid,
} from '@hapax/base';
import type { Broker } from '@hapax/broker';
import { encodeImage } from '@hapax/metadata';
import { membersOf, type RaftMessage, type RaftStatus } from '@hapax/raft';
import type { DiskOperation } from '@hapax/testkit';
import { decodeRaftMessage } from '@hapax/rpc';
import type { ClusterShape } from './cluster-options.ts';
import { lookAcrossNodes } from './exploration/across-nodes.ts';
import { ProtocolEventBus } from './faults/protocol-event-bus.ts';
import { ElectionInvariants, type RunningRaft } from './invariants/elections.ts';
import { AtomicFiles } from './invariants/atomic-files.ts';
import { InSyncInvariants, type ReplicaView, type WatchedReplica } from './invariants/in-sync.ts';
import { MemberLives } from './invariants/member-lives.ts';
import { MetadataReadInvariants } from './invariants/metadata-reads.ts';
import { ProducerInvariants } from './invariants/producers.ts';
import { RaftInvariants, type RaftPosition } from './invariants/raft.ts';
import { StorageInvariants } from './invariants/storage.ts';
import { TransactionInvariants } from './invariants/transactions.ts';
import { demand } from './invariants/violation.ts';
import type { NodeObserver, SimNode } from './sim-node.ts';
import type { Plan } from './swarm.ts';
import { RunningReplica, type Partition } from './running-replica.ts';
import { logsOf } from './stored-logs.ts';
import type { Trace } from './trace.ts';

/** All invariants, with what they need to see. */
export class ClusterWatch implements NodeObserver, ReplicaView {
  readonly raft = new RaftInvariants();
  readonly metadataReads = new MetadataReadInvariants(this.raft);
  readonly storage = new StorageInvariants();
  readonly files = new AtomicFiles();
  readonly producers = new ProducerInvariants();
  readonly transactions: TransactionInvariants;
  readonly inSync: InSyncInvariants;
  private readonly lives = new MemberLives();
  readonly nodes: SimNode[] = [];
  /** Hears of every node that comes to lead Raft. */
  onLeader: (node: SimNode) => void = () => {};
  /** What happens in the protocol, for faults that wait for it. */
  readonly events = new ProtocolEventBus();
  private transactionsTold = { decided: 0, completed: 0 };
  /** Hears of every failure of a disk. */
  onDiskFailure: ((node: SimNode) => void) | undefined;
  private readonly diskFailures =
    new Map<SimNode, { readonly life: number; readonly operation: DiskOperation | 'store' }>();
  /** Processes that were given changed bits by their store. */
  private readonly loadedRot = new Map<SimNode, number>();
  /** The last process of each node that has recovered and was not asked to stop. */
  private readonly recovered = new Map<SimNode, number>();
  /** Nodes that have recovered and are not known to be registered yet. */
  private readonly registering = new Set<SimNode>();
  private readonly trace: Trace;
  /** Images by the index of the last entry in them, and which one each node had when it was looked at last. */
  private readonly images = new Map<number, { readonly node: NodeId; readonly text: string }>();
  private readonly imagesSeen = new Map<SimNode, { readonly image: object; readonly offset: number }>();
  /** The replicas of each node, in the process that runs. */
  private readonly open = new Map<SimNode, Map<Partition, WatchedReplica>>();

  readonly elections: ElectionInvariants;
  private readonly shape: Pick<ClusterShape, 'roles' | 'voters'>;
  private readonly started = new WeakSet<Broker>();

  constructor(trace: Trace, compression: Compression, { shape, quorum }: Plan, nowMs: () => number) {
    this.trace = trace;
    this.shape = shape;
    const { electionTimeoutMs } = shape.raft;
    const hasDisorder = (quorum?.disorder ?? null) !== null;
    this.elections = new ElectionInvariants({ electionTimeoutMs, hasDisorder }, nowMs);
    this.transactions = new TransactionInvariants(compression, (name) => this.isThere(name));
    const { producers, transactions } = this;
    this.inSync = new InSyncInvariants(this, { producers, transactions }, compression);
  }

  onProcess(node: SimNode, broker: Broker): void {
    this.storage.onStart(node.id);
    this.files.onStart(node.id, node.disk);
    this.checkCleanMark(node);
    this.raft.onLife(node.id);
    this.metadataReads.onLife(node.id);
    this.elections.onRole(node.id);
    const { metadata, partitions, raft } = broker.services;
    metadata.addLogListener({
      onRole: (role) => {
        this.trace.mix(role.term);
        this.raft.onRole(node.id, role, positionOf(broker));
        this.elections.onRole(node.id);
        this.metadataReads.onRole(node.id, role, broker.controllerDriver?.active === true);
        if (role.isLeader) {
          this.onLeader(node);
          this.events.emit('raft-leader', node);
        }
      },
      onApplied: (index, term) => {
        this.raft.onApplied(node.id, index, term, positionOf(broker));
        this.metadataReads.onApplied(node.id, index, broker.controllerDriver?.active === true);
        this.events.emit('metadata-applied', node);
      },
    });
    const apply = metadata.apply.bind(metadata);
    metadata.apply = (entries) => {
      this.raft.onApply(node.id, entries, positionOf(broker));
      apply(entries);
    };
    const restore = metadata.restore.bind(metadata);
    metadata.restore = (data, index) => {
      this.raft.onRestored(node.id, index);
      restore(data, index);
    };
    const readIndex = raft.readIndex.bind(raft);
    raft.readIndex = (done) => readIndex(this.metadataReads.onAsked(node.id, done));
    metadata.addListener({
      onMetadata: (image, changes) => {
        this.lives.onMetadata(image, changes);
        for (const state of changes.partitions) this.inSync.onState(state);
        for (const { topicId, partition } of changes.removedPartitions) this.inSync.onRemoved(topicId, partition);
        if (changes.partitions.length > 0) this.events.emit('isr-changed', node);
      },
    });
    const open = new Map<Partition, WatchedReplica>();
    this.open.set(node, open);
    partitions.addListener({
      onPartitionOpened: (partition) => {
        const replica = new RunningReplica(node, broker, partition);
        open.set(partition, replica);
        this.lives.watch(partition, partition.replica);
        this.inSync.onOpened(replica);
        partition.listeners.add({
          onHighWatermark: () => {
            this.inSync.onHighWatermark(replica);
            this.events.emit('high-watermark', node);
            this.tellTransactions(node);
          },
          onRole: () => {
            this.inSync.onRole(replica);
            this.events.emit('partition-role', node);
            if (replica.isLeader) this.events.emit('partition-leader', node);
          },
        });
        this.events.emit('partition-opened', node);
      },
      onPartitionClosed: (partition) => open.delete(partition),
    });
  }

  onRecovered(node: SimNode): void {
    const { broker } = node;
    if (broker !== undefined) {
      this.started.add(broker);
      demand(this.loadedRot.get(node) !== node.life, 'S1', () =>
        `node ${node.id} takes part with a store of which bits have changed`);
      this.raft.onRecovered(node.id, positionOf(broker));
      this.recovered.set(node, node.life);
      this.registering.add(node);
    }
    this.elections.onRole(node.id);
    if (broker !== undefined) this.storage.onRecovered(node.id, logsOf(node, broker));
    this.events.emit('recovered', node);
  }

  onDying(node: SimNode): void {
    const { broker } = node;
    if (node.isStopping) this.recovered.delete(node);
    // One that dies while it recovers has promised nothing, and what those before it have promised still holds.
    if (broker === undefined || !this.started.has(broker)) return;
    try {
      this.storage.onDying(node.id, logsOf(node, broker));
    } catch (error) {
      // Nothing can be said of what a disk has that fails.
      if (!(error instanceof AppError)) throw error;
      this.storage.forget(node.id);
    }
  }

  onDiskFailed(node: SimNode, operation: DiskOperation | 'store'): void {
    this.diskFailures.set(node, { life: node.life, operation });
    this.onDiskFailure?.(node);
  }

  onWhole(node: SimNode, path: string): void {
    this.files.onWhole(node.id, node.disk, path);
  }

  /** What has failed of a disk in the process that runs; undefined where nothing has. */
  diskFailure(node: SimNode): DiskOperation | 'store' | undefined {
    const failure = this.diskFailures.get(node);
    return failure?.life === node.life ? failure.operation : undefined;
  }

  onSent(node: SimNode, lane: PeerLane | 'kafka', message: Uint8Array, isFirst: boolean): void {
    demand(this.diskFailure(node) === undefined, 'S2', () =>
      `node ${node.id} goes on to send after its disk has failed to ${this.diskFailure(node)}`);
    this.trace.mix(node.id);
    this.trace.mixBytes(message);
    if (this.registering.has(node) && this.isRegistered(node.id)) {
      this.registering.delete(node);
      // From now on it may be elected; in a moment it may have fetched what it lacks.
      this.inSync.checkAllElectable();
    }
    if (lane === 'raft' && !isFirst) this.onRaftSent(node.id, decodeRaftMessage(message));
    // What a leader takes for committed it may show in any message, before anybody is told that its mark moved.
    if (lane === 'kafka' || lane === 'replication') {
      for (const replica of this.open.get(node)?.values() ?? []) this.inSync.onShown(replica);
      this.tellTransactions(node);
    }
    if (lane !== 'admin') this.events.emit(`${lane}-sent`, node);
  }

  onReceived(node: SimNode, lane: PeerLane, message: Uint8Array): void {
    if (lane === 'raft') this.elections.onReceived(node.id, decodeRaftMessage(message));
  }

  onLoaded(node: SimNode, pairs: readonly KeyValuePair[]): void {
    if (node.store.isRotten) this.loadedRot.set(node, node.life);
    else this.raft.onLoaded(node.id, pairs);
  }

  onStoring(node: SimNode, changes: readonly KeyValueChange[]): void {
    this.raft.onStoring(node.id, changes);
  }

  onStored(node: SimNode, changes: readonly KeyValueChange[], isSynced: boolean): void {
    this.raft.onStored(node.id, changes, isSynced);
    if (isSynced) this.events.emit('raft-stored', node);
  }

  onWritten(node: SimNode): void {
    this.events.emit('disk-written', node);
  }

  onSynced(node: SimNode): void {
    this.events.emit('disk-synced', node);
  }

  replica(id: NodeId, topicId: Uuid, index: number): WatchedReplica | undefined {
    const node = this.nodes[id];
    const broker = node?.broker;
    const partition = broker?.services.partitions.find(topicId, index);
    if (node === undefined || broker === undefined || partition === undefined) return undefined;
    return this.open.get(node)?.get(partition) ?? new RunningReplica(node, broker, partition);
  }

  /** Of what is on the disk, whether its node runs, has recovered and not yet opened the partition, or is dead. */
  durableEnd(id: NodeId, topicId: Uuid, index: number): Offset {
    const logs = this.nodes[id]?.broker?.services.partitions.logs.logs() ?? [];
    const log = logs.find((one) => one.topicId === topicId && one.partition === index);
    return log?.durableOffset ?? this.storage.durableEnd(id, topicId, index);
  }

  isRegistered(id: NodeId): boolean {
    const broker = this.nodes[id]?.broker;
    if (broker === undefined) return false;
    return broker.services.metadata.image.broker(id)?.brokerEpoch === brokerEpochOf(broker);
  }

  /** Every replica in a process that runs. */
  *replicas(): Iterable<WatchedReplica> {
    for (const node of this.nodes) {
      const { broker } = node;
      if (broker === undefined) continue;
      const open = this.open.get(node);
      for (const partition of broker.services.partitions.all()) {
        yield open?.get(partition) ?? new RunningReplica(node, broker, partition);
      }
    }
  }

  /** Whether a node belongs to the cluster, so that it must be well once all is healed. Brokers always do. */
  isMember(id: NodeId): boolean {
    if (this.shape.roles !== 'controllers') return true;
    const { latest } = this.raft.quorums;
    return latest === undefined ? id < this.shape.voters : membersOf(latest).includes(id);
  }

  /** Where a node's Raft stands; undefined while it is dead or starts. */
  raftStatus(id: NodeId): RaftStatus | undefined {
    const broker = this.nodes[id]?.broker;
    return broker !== undefined && this.started.has(broker) ? broker.services.raft.status() : undefined;
  }

  /** What cannot be seen at single events. */
  checkNow(): void {
    this.inSync.checkNow(this.replicas());
    lookAcrossNodes(this.nodes);
    this.checkImages();
    this.elections.checkNow(this.runningRafts(), this.raft.maxTerm);
  }

  /** T10: what each coordinator knows is what its log says. To be asked at rest. */
  checkCoordinators(): void {
    const { coordinators, offsets } = this.transactions;
    for (const node of this.nodes) {
      for (const { phase, state } of node.broker?.services.groups.active() ?? []) {
        if (phase === 'active') offsets.checkCache(node.id, state);
      }
    }
    for (const transactionalId of coordinators.transactionalIds()) {
      for (const node of this.nodes) {
        const shard = node.broker?.services.transactions.shardOf(transactionalId);
        if (shard?.coordinator.phase !== 'active') continue;
        coordinators.checkCache(node.id, transactionalId, shard.coordinator.state.find(transactionalId));
      }
    }
  }

  /** Tells of what the log of a coordinator has come to since it was looked at last. */
  private tellTransactions(node: SimNode): void {
    const { decided, completed } = this.transactions.coordinators;
    const { decided: decidedBefore, completed: completedBefore } = this.transactionsTold;
    this.transactionsTold = { decided, completed };
    if (decided > decidedBefore) this.events.emit('txn-decided', node);
    if (completed > completedBefore) this.events.emit('txn-completed', node);
  }

  private onRaftSent(node: NodeId, message: RaftMessage): void {
    this.raft.onSent(node, message);
    this.elections.onSent(node, message);
  }

  private *runningRafts(): Iterable<RunningRaft> {
    for (const { id, host } of this.nodes) {
      const status = this.raftStatus(id);
      if (status !== undefined) yield { id, isPaused: host.isPaused, status };
    }
  }

  private isThere(name: string): boolean {
    return this.inSync.partitions().some(({ topic, partition }) => `${topic}-${partition}` === name);
  }

  /** S1: who did not stop in good order must not be taken by the next process for one who did. */
  private checkCleanMark(node: SimNode): void {
    const isMarked = this.recovered.get(node) === node.life - 1 && node.disk.exists('.kafka_cleanshutdown');
    demand(!isMarked, 'S1', () => `node ${node.id} did not stop in good order, and its disk says that it did`);
  }

  /** I10: nodes that have applied as much have the same image of the cluster. */
  private checkImages(): void {
    for (const node of this.nodes) {
      const { image } = node.broker?.services.metadata ?? {};
      const seen = this.imagesSeen.get(node);
      if (image === undefined || (seen?.image === image && seen.offset === image.metadataOffset)) continue;
      const offset = image.metadataOffset;
      this.imagesSeen.set(node, { image, offset });
      const text = encodeImage(image).join();
      const other = this.images.get(offset) ?? { node: node.id, text };
      demand(other.text === text, 'I10', () => `nodes ${other.node} and ${node.id} have different images at ${offset}`);
      this.images.set(offset, other);
    }
  }
}

function brokerEpochOf(broker: Broker): number {
  try {
    return broker.services.lifecycle.brokerEpoch;
  } catch {
    return NOT_YET;
  }
}

const NOT_YET = -2;

function positionOf(broker: Broker): RaftPosition {
  const { role, ...position } = broker.services.raft.status();
  return { ...position, isLeader: role === 'leader' };
}
