/** A small cluster in one thread for tests: disks that keep only what was persisted, and a network that is a list. */
import { decodeText, encodeText, present, SeededRandom } from '@hapax/base';
import type { LogIndex, NodeId, Random } from '@hapax/base';
import { Raft } from '@hapax/raft';
import type { Entry, HardState, RaftMessage, Ready, Snapshot, SnapshotMetadata } from '@hapax/raft';

export interface ClusterOptions {
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxAppendBytes: number;
  readonly maxInflightAppends: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly randomOf: (id: NodeId) => Random;
}

/** Hears everything that the checks of a test may want to know. */
export interface ClusterObserver {
  onTaken?(node: TestNode, ready: Ready): void;
  onPersisted?(node: TestNode, ready: Ready): void;
  onSent?(node: TestNode, message: RaftMessage): void;
  onApplied?(node: TestNode, entry: Entry): void;
  onSnapshotApplied?(node: TestNode, snapshot: Snapshot): void;
  /** After every call of the machine. */
  onStepped?(node: TestNode): void;
}

/** What survives a loss of power. */
export interface TestDisk {
  hardState: HardState;
  snapshot: Snapshot | undefined;
  /** Behind the snapshot, without gaps. */
  entries: Entry[];
}

/** A node: a machine, a disk, and a state machine that remembers the commands it applied. */
export class TestNode {
  readonly id: NodeId;
  raft: Raft | undefined;
  disk: TestDisk;
  /** The log as of the last Ready that was taken: what the disk will hold when all is persisted. */
  written: TestDisk;
  /** The hard state as of the last write that was synced: only a commit index is ever written without. */
  syncedHardState: HardState;
  /** Taken, not persisted; oldest first. */
  unpersisted: Ready[] = [];
  /** To be applied; oldest first. A snapshot waits until it is durable. */
  unapplied: (Entry | { readonly snapshot: Snapshot; durable: boolean })[] = [];
  /** The commands applied, each as `index:text`. */
  applied: string[] = [];
  appliedIndex: LogIndex = 0;
  reads: { readonly id: number; readonly index: LogIndex }[] = [];
  droppedReads: number[] = [];

  constructor(id: NodeId, disk: TestDisk) {
    this.id = id;
    this.disk = disk;
    this.written = copyOf(disk);
    this.syncedHardState = disk.hardState;
  }

  /** The machine of a node that runs. */
  get machine(): Raft {
    return present(this.raft, `the machine of node ${this.id}`);
  }

  get isUp(): boolean {
    return this.raft !== undefined;
  }
}

export class Cluster {
  readonly nodes = new Map<NodeId, TestNode>();
  /** Messages under way, oldest first. */
  network: RaftMessage[] = [];
  nowMs = 0;
  private readonly options: ClusterOptions;
  private readonly observer: ClusterObserver;

  constructor(options: ClusterOptions, observer: ClusterObserver = {}) {
    this.options = options;
    this.observer = observer;
  }

  node(id: NodeId): TestNode {
    return present(this.nodes.get(id), `node ${id}`);
  }

  /** Starts a new node; without a first snapshot it is blank and waits to be added. */
  addNode(id: NodeId, first: SnapshotMetadata | undefined, entries: readonly Entry[] = []): TestNode {
    const snapshot = first && { metadata: first, data: encodeText('[]') };
    const term = entries.at(-1)?.term ?? first?.term ?? 0;
    const hardState = { term, votedFor: -1, commitIndex: first?.index ?? 0 };
    const node = new TestNode(id, { hardState, snapshot, entries: [...entries] });
    this.nodes.set(id, node);
    this.start(node);
    return node;
  }

  /** Everything that was not persisted is gone, and so is the memory; of a loss of power, also what was not synced. */
  crash(id: NodeId, options: { readonly losesPower: boolean } = { losesPower: false }): void {
    const node = this.node(id);
    if (options.losesPower) node.disk.hardState = node.syncedHardState;
    node.raft = undefined;
    node.unpersisted = [];
    node.unapplied = [];
    node.reads = [];
  }

  restart(id: NodeId): void {
    this.start(this.node(id));
  }

  /** Takes the next Ready of a node and sends what goes at once. */
  take(id: NodeId): Ready | undefined {
    const node = this.node(id);
    const ready = node.machine.takeReady();
    if (ready === undefined) return undefined;
    writeTo(node.written, ready);
    this.observer.onTaken?.(node, ready);
    this.send(node, ready.messages);
    node.unpersisted.push(ready);
    if (ready.snapshot !== undefined) node.unapplied.push({ snapshot: ready.snapshot, durable: false });
    node.unapplied.push(...ready.committedEntries);
    node.reads.push(...ready.reads);
    node.droppedReads.push(...ready.droppedReads);
    for (const peer of ready.snapshotRequests) this.provideSnapshot(node, peer);
    return ready;
  }

  /** Makes the oldest Ready durable and sends what waited for it. Returns false where none was left. */
  persist(id: NodeId): boolean {
    const node = this.node(id);
    const ready = node.unpersisted.shift();
    if (ready === undefined) return false;
    writeTo(node.disk, ready);
    if (ready.mustSync) node.syncedHardState = node.disk.hardState;
    for (const item of node.unapplied) {
      if ('snapshot' in item && item.snapshot === ready.snapshot) item.durable = true;
    }
    this.observer.onPersisted?.(node, ready);
    this.send(node, ready.messagesAfterPersist);
    node.machine.onPersisted(ready);
    this.observer.onStepped?.(node);
    return true;
  }

  /** Applies the next thing. Returns false where nothing can be applied yet. */
  apply(id: NodeId): boolean {
    const node = this.node(id);
    const item = node.unapplied[0];
    if (item === undefined || ('snapshot' in item && !item.durable)) return false;
    node.unapplied.shift();
    if ('snapshot' in item) {
      this.loadSnapshot(node, item.snapshot);
      this.observer.onSnapshotApplied?.(node, item.snapshot);
    } else {
      if (item.type === 'command') node.applied.push(`${item.index}:${decodeText(item.data)}`);
      node.appliedIndex = item.index;
      this.observer.onApplied?.(node, item);
    }
    node.machine.onApplied(node.appliedIndex);
    this.observer.onStepped?.(node);
    return true;
  }

  /** Takes, persists and applies until nothing is left to do. Returns whether anything was done. */
  process(id: NodeId): boolean {
    let worked = false;
    for (;;) {
      let moved = false;
      while (this.take(id) !== undefined) moved = true;
      while (this.persist(id)) moved = true;
      while (this.apply(id)) moved = true;
      if (!moved) return worked;
      worked = true;
    }
  }

  /** Delivers the message at a place of the network; to a node that is down it is lost. */
  deliver(at: number): RaftMessage {
    const message = present(this.network.splice(at, 1)[0], `message ${at}`);
    const node = this.node(message.to);
    if (node.isUp) {
      node.machine.step(message);
      this.observer.onStepped?.(node);
    }
    return message;
  }

  /** Processes and delivers among some nodes until nothing moves. Messages to and from others stay. */
  settle(ids: readonly NodeId[]): void {
    for (let round = 0; round < 10_000; round++) {
      let worked = false;
      for (const id of ids) if (this.node(id).isUp && this.process(id)) worked = true;
      const at = this.network.findIndex((message) => ids.includes(message.to) && ids.includes(message.from));
      if (at >= 0) {
        this.deliver(at);
        worked = true;
      }
      if (!worked) return;
    }
    throw new Error('the cluster does not settle');
  }

  /** Writes a snapshot of what a node has applied, and drops the log up to `index`. */
  compact(id: NodeId, index: LogIndex): void {
    const node = this.node(id);
    const metadata = node.machine.snapshotMetadata();
    if (metadata === undefined) return;
    const snapshot = { metadata, data: encodeText(JSON.stringify(node.applied)) };
    for (const disk of [node.disk, node.written]) {
      disk.snapshot = snapshot;
      disk.entries = disk.entries.filter((entry) => entry.index > snapshot.metadata.index);
    }
    node.machine.compact(index, snapshot);
  }

  /** Moves the clock of one node, in steps of a heartbeat interval or less. */
  tick(id: NodeId, elapsedMs: number): void {
    const stepMs = this.options.heartbeatIntervalMs;
    for (let left = elapsedMs; left > 0; left -= stepMs) {
      this.nowMs += Math.min(left, stepMs);
      this.node(id).machine.tick(this.nowMs);
      this.observer.onStepped?.(this.node(id));
    }
  }

  private start(node: TestNode): void {
    node.written = copyOf(node.disk);
    const { hardState, snapshot, entries } = node.disk;
    node.appliedIndex = 0;
    node.applied = [];
    if (snapshot !== undefined) this.loadSnapshot(node, snapshot);
    node.raft = new Raft({
      id: node.id,
      electionTimeoutMs: this.options.electionTimeoutMs,
      heartbeatIntervalMs: this.options.heartbeatIntervalMs,
      random: this.options.randomOf(node.id),
      maxAppendBytes: this.options.maxAppendBytes,
      maxInflightAppends: this.options.maxInflightAppends,
      preVote: this.options.preVote,
      checkQuorum: this.options.checkQuorum,
      state: { hardState, snapshot: snapshot?.metadata, entries, appliedIndex: node.appliedIndex },
      nowMs: this.nowMs,
    });
  }

  private loadSnapshot(node: TestNode, snapshot: Snapshot): void {
    node.applied = JSON.parse(decodeText(snapshot.data)) as string[];
    node.appliedIndex = snapshot.metadata.index;
  }

  /** A driver makes the snapshot that a peer needs from its state machine, as it is. */
  private provideSnapshot(node: TestNode, peer: NodeId): void {
    const durable = present(node.disk.snapshot, `the snapshot of node ${node.id}`);
    node.machine.provideSnapshot(peer, durable);
  }

  private send(node: TestNode, messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      this.observer.onSent?.(node, message);
      this.network.push(message);
    }
  }
}

/** A source of randomness for each node that depends on one seed. */
export function seededRandomOf(seed: number): (id: NodeId) => Random {
  const root = new SeededRandom(seed);
  const draws = new Map<NodeId, Random>();
  return (id) => {
    const random = draws.get(id) ?? root.fork(`node-${id}`);
    draws.set(id, random);
    return random;
  };
}

/** What a driver writes for a Ready, in one atomic batch. */
export function writeTo(disk: TestDisk, ready: Ready): void {
  if (ready.hardState !== undefined) disk.hardState = ready.hardState;
  if (ready.snapshot !== undefined) {
    disk.snapshot = ready.snapshot;
    disk.entries = [];
  }
  const first = ready.entries[0];
  if (first === undefined) return;
  disk.entries = [...disk.entries.filter((entry) => entry.index < first.index), ...ready.entries];
}

export function copyOf(disk: TestDisk): TestDisk {
  return { hardState: disk.hardState, snapshot: disk.snapshot, entries: [...disk.entries] };
}
