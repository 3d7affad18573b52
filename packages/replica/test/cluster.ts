/** Replicas with logs, a network and a controller, moved one event at a time: for golden traces and random runs. */
import { assert, ErrorCode, type NodeId, type Offset } from '@hapax/base';
import {
  Replica, type Ack, type AlterPartition, type AlterPartitionAnswer, type AppendOrigin, type Attach,
  type AttachAnswer, type Push, type ReplicaReady, type VerificationVerdict,
} from '../src/index.ts';
import { CLIENT } from './batches.ts';
import { MemoryLog, type StoredBatch } from './memory-log.ts';
import { MiniController, TOPIC_ID, type Metadata } from './mini-controller.ts';

/** What travels between nodes. */
export type Envelope =
  | { readonly type: 'attach'; readonly attach: Attach }
  | { readonly type: 'answer'; readonly answer: AttachAnswer }
  | { readonly type: 'push'; readonly push: Push; readonly batches: readonly StoredBatch[] }
  | { readonly type: 'ack'; readonly ack: Ack };

/** One life of one node, and the log that outlives it. */
export interface ClusterNode {
  readonly id: NodeId;
  readonly log: MemoryLog;
  replica: Replica<Request> | undefined;
  /** Counts the lives. */
  life: number;
  brokerEpoch: number;
  /** Index of the metadata version that the node has. */
  version: number;
  checkpointedHighWatermark: Offset;
}

/** A produce request as its client sees it. */
export interface Request {
  readonly value: string;
  readonly node: NodeId;
  readonly baseOffset: Offset;
}

/** What somebody who watches may want to know. */
export interface ClusterWatcher {
  onReady?(node: ClusterNode, ready: ReplicaReady<Request>): void;
  onTruncate?(node: ClusterNode, offset: Offset): void;
  onAnswer?(request: Request, error: ErrorCode): void;
  onSend?(from: NodeId, to: NodeId, envelope: Envelope): void;
}

export interface ClusterOptions {
  readonly nodes: readonly NodeId[];
  readonly minIsr: number;
  readonly lagTimeMaxMs: number;
  readonly watcher: ClusterWatcher;
}

const HISTORY_MAX = 40;

interface InFlight {
  readonly envelope: Envelope;
  /** The life that the message is for: no process hears what was sent to its predecessor. */
  readonly toLife: number;
}

export class Cluster {
  readonly controller: MiniController;
  readonly nodes: readonly ClusterNode[];
  readonly proposals: { readonly from: NodeId; readonly life: number; readonly request: AlterPartition }[] = [];
  nowMs = 1_000;
  private readonly options: ClusterOptions;
  private readonly links = new Map<string, InFlight[]>();
  /** What each link delivered lately, latest last. */
  private readonly delivered = new Map<string, InFlight[]>();
  private nextAttachId = 1;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.controller = new MiniController(options);
    this.nodes = options.nodes.map((id) => ({
      id, log: new MemoryLog(), replica: undefined, life: 0, brokerEpoch: -1, version: -1, checkpointedHighWatermark: 0,
    }));
  }

  node(id: NodeId): ClusterNode {
    const node = this.nodes.find((one) => one.id === id);
    assert(node !== undefined, `there is no node ${id}`);
    return node;
  }

  /** Starts a node: its log is open, it is registered, it replays its metadata from some versions `back`. */
  start(id: NodeId, options: { readonly clean: boolean; readonly back?: number }): void {
    const node = this.node(id);
    node.life += 1;
    node.version = Math.max(-1, node.version - (options.back ?? 0));
    node.brokerEpoch = this.controller.register(id);
    const end = node.log.endOffset;
    const { log } = node;
    node.replica = new Replica<Request>({
      nodeId: id, topicId: TOPIC_ID, partition: 0, logStartOffset: log.startOffset, logEndOffset: end,
      durableOffset: end,
      highWatermark: node.checkpointedHighWatermark, leaderEpochs: log.leaderEpochs, producers: log.producers,
      startedClean: options.clean, brokerEpoch: () => node.brokerEpoch, nextAttachId: () => this.nextAttachId++,
      minInsyncReplicas: () => this.options.minIsr, replicaLagTimeMaxMs: this.options.lagTimeMaxMs,
      maxInflightBytesPerFollower: 300,
      brokers: {
        isEligible: (of) => this.metadataOf(node)?.brokers.get(of)?.isFenced === false,
        epochOf: (of) => this.metadataOf(node)?.brokers.get(of)?.epoch,
      },
    });
  }

  /** Ends a life. With `powerLoss` unsynced bytes are gone. Messages that it sent may still arrive. */
  crash(id: NodeId, options: { readonly powerLoss: boolean }): void {
    const node = this.node(id);
    node.replica = undefined;
    node.log.restart({ ...options, wallMs: this.nowMs });
  }

  /** Gives a node the next version of the metadata. */
  deliverMetadata(id: NodeId): boolean {
    const node = this.node(id);
    if (node.replica === undefined || node.version + 1 >= this.controller.versions.length) return false;
    node.version += 1;
    const metadata = this.metadataOf(node) as Metadata;
    node.replica.onPartitionState(metadata.state, this.nowMs);
    this.drive(node);
    return true;
  }

  /** A client, or who is said to, asks a node whether a transaction's coordinator must confirm a batch. */
  verificationFor(id: NodeId, batch: StoredBatch): VerificationVerdict {
    const { replica } = this.node(id);
    if (replica !== undefined) return replica.verificationFor(batch, this.nowMs);
    return { kind: 'refuse', error: ErrorCode.BROKER_NOT_AVAILABLE, message: 'the node is down' };
  }

  /** A batch comes to a node: a client's, or a marker. */
  produce(
    id: NodeId, batch: StoredBatch, timeoutMs: number, origin: AppendOrigin = CLIENT,
  ): 'appended' | 'duplicate' | ErrorCode {
    const node = this.node(id);
    const { replica } = node;
    if (replica === undefined) return ErrorCode.BROKER_NOT_AVAILABLE;
    const verdict = replica.prepareAppend([batch], { requiredAcks: -1, origin }, this.nowMs);
    if (verdict.kind === 'refuse') return verdict.error;
    const { baseOffset } = verdict;
    let { lastOffset } = batch;
    if (verdict.kind === 'append') {
      lastOffset = baseOffset + batch.lastOffset;
      const stamped = { ...batch, baseOffset, lastOffset, partitionLeaderEpoch: verdict.leaderEpoch };
      node.log.append([stamped], this.nowMs);
      replica.onAppended([stamped], this.nowMs, origin.kind === 'marker' ? origin.transactionVersion : 0);
    } else {
      lastOffset = verdict.lastOffset;
    }
    replica.awaitCommit({ value: batch.value, node: id, baseOffset }, lastOffset, this.nowMs + timeoutMs);
    this.drive(node);
    return verdict.kind === 'append' ? 'appended' : 'duplicate';
  }

  startSync(id: NodeId): void {
    this.node(id).log.startSync();
  }

  completeSync(id: NodeId): void {
    const node = this.node(id);
    const durable = node.log.completeSync();
    node.replica?.onLocalDurable(durable, this.nowMs);
    this.drive(node);
  }

  tick(id: NodeId): void {
    const node = this.node(id);
    node.replica?.tick(this.nowMs);
    this.drive(node);
  }

  /** Drops records before an offset on the leader; followers learn of it from pushes. */
  deleteRecords(id: NodeId, offset: Offset): void {
    const node = this.node(id);
    node.log.advanceStart(offset);
    node.replica?.onLogStartAdvanced(offset);
    this.drive(node);
  }

  queue(from: NodeId, to: NodeId): InFlight[] {
    const key = `${from}>${to}`;
    const queue = this.links.get(key) ?? [];
    this.links.set(key, queue);
    return queue;
  }

  /** Delivers the oldest message of a link. */
  deliver(from: NodeId, to: NodeId): Envelope | undefined {
    const message = this.queue(from, to).shift();
    if (message === undefined) return undefined;
    const history = this.delivered.get(`${from}>${to}`) ?? [];
    history.push(message);
    this.delivered.set(`${from}>${to}`, history.slice(-HISTORY_MAX));
    return this.hand(from, to, message);
  }

  /** Delivers once more what was delivered `ago` messages before the last. */
  redeliver(from: NodeId, to: NodeId, ago: number): void {
    const message = this.delivered.get(`${from}>${to}`)?.at(-1 - ago);
    if (message !== undefined) this.hand(from, to, message);
  }

  /** Closes the connection of two nodes: what is on the way is lost, and either side may hear of it, or not yet. */
  reset(a: NodeId, b: NodeId, heard: { readonly byFollower: boolean; readonly byLeader: boolean }): void {
    this.queue(a, b).length = 0;
    this.queue(b, a).length = 0;
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const node = this.node(one);
      if (heard.byFollower && node.replica?.partitionState?.leader === other) node.replica.onStreamLost(this.nowMs);
      if (heard.byLeader) node.replica?.onDetach(other, this.nowMs);
      this.drive(node);
    }
  }

  /** The controller takes the oldest proposal; its answer arrives at once or is lost. */
  decide(options: { readonly answer: 'arrives' | 'is lost' }): AlterPartitionAnswer | undefined {
    const proposal = this.proposals.shift();
    if (proposal === undefined) return undefined;
    const { leaderEpoch, partitionEpoch } = proposal.request;
    const decided = this.controller.alterPartition(proposal.from, proposal.request);
    const lost = { leaderEpoch, partitionEpoch, error: ErrorCode.REQUEST_TIMED_OUT };
    const node = this.node(proposal.from);
    if (node.life === proposal.life && node.replica !== undefined) {
      node.replica.onAlterPartitionAnswer(options.answer === 'arrives' ? decided : lost, this.nowMs);
      this.drive(node);
    }
    return decided;
  }

  /** Does what a machine says, as a driver does. */
  drive(node: ClusterNode): void {
    const { replica, log } = node;
    if (replica === undefined) return;
    for (let ready = replica.takeReady(); ready !== undefined; ready = replica.takeReady()) {
      this.options.watcher.onReady?.(node, ready);
      const { truncateTo } = ready;
      if (truncateTo !== undefined) {
        this.options.watcher.onTruncate?.(node, truncateTo.offset);
        if (truncateTo.startAt) log.startAt(truncateTo.offset);
        else log.truncateTo(truncateTo.offset, this.nowMs);
        replica.onTruncated(truncateTo.offset);
      }
      if (ready.advanceLogStart !== undefined) {
        log.advanceStart(ready.advanceLogStart);
        replica.onLogStartAdvanced(ready.advanceLogStart);
      }
      if (ready.attach !== undefined) this.send(node.id, ready.attach.to, { type: 'attach', attach: ready.attach });
      for (const { to, message } of ready.sends) this.send(node.id, to, { type: 'answer', answer: message });
      if (ready.ack !== undefined) this.send(node.id, ready.ack.to, { type: 'ack', ack: ready.ack });
      for (const to of ready.pushable) this.push(node, to);
      if (ready.alterPartition !== undefined) {
        this.proposals.push({ from: node.id, life: node.life, request: ready.alterPartition });
      }
      for (const { token, error } of ready.answers) this.options.watcher.onAnswer?.(token, error);
    }
  }

  private push(node: ClusterNode, to: NodeId): void {
    const { replica, log } = node;
    assert(replica !== undefined, `node ${node.id} is down`);
    for (let plan = replica.nextPush(to); plan !== undefined; plan = replica.nextPush(to)) {
      const { attachId, leaderEpoch, fromOffset, highWatermark, logStartOffset, maxBytes } = plan;
      const batches = maxBytes === 0 ? [] : log.read(fromOffset, maxBytes);
      const push = { from: node.id, attachId, leaderEpoch, baseOffset: fromOffset, highWatermark, logStartOffset };
      this.send(node.id, to, { type: 'push', push, batches });
      const endOffset = (batches.at(-1)?.lastOffset ?? fromOffset - 1) + 1;
      replica.onPushed(to, endOffset, batches.reduce((sum, batch) => sum + batch.sizeBytes, 0), this.nowMs);
    }
  }

  private send(from: NodeId, to: NodeId, envelope: Envelope): void {
    this.options.watcher.onSend?.(from, to, envelope);
    this.queue(from, to).push({ envelope, toLife: this.node(to).life });
  }

  private hand(from: NodeId, to: NodeId, message: InFlight): Envelope {
    const node = this.node(to);
    const { replica } = node;
    const { envelope } = message;
    if (replica === undefined || message.toLife !== node.life) return envelope;
    if (envelope.type === 'attach') replica.onAttach(from, envelope.attach, this.nowMs);
    else if (envelope.type === 'ack') replica.onAck(from, envelope.ack, this.nowMs);
    else if (envelope.type === 'push') this.takePush(node, envelope);
    else if (envelope.answer.type === 'attached') replica.onAttached(envelope.answer, this.nowMs);
    else if (envelope.answer.type === 'truncate-order') replica.onTruncateOrder(envelope.answer, this.nowMs);
    else replica.onAttachRefused(envelope.answer, this.nowMs);
    this.drive(node);
    return envelope;
  }

  private takePush(node: ClusterNode, envelope: Extract<Envelope, { type: 'push' }>): void {
    const { replica, log } = node;
    assert(replica !== undefined, `node ${node.id} is down`);
    const verdict = replica.preparePush(envelope.push, envelope.batches, this.nowMs);
    if (verdict.kind !== 'append' || envelope.batches.length === 0) return;
    log.append(envelope.batches, this.nowMs);
    replica.onReplicated(envelope.batches, this.nowMs);
  }

  private metadataOf(node: ClusterNode): Metadata | undefined {
    return this.controller.versions[node.version];
  }
}
