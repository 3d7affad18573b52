/** One simulated node: the production broker over simulated ports, which can be killed, cut off and restarted. */
import type {
  Compression, Disk, Endpoint, KeyValueChange, KeyValuePair, KeyValueStore, Logger, NodeId, PeerLane, PeerNetwork,
  Random, Scheduler,
} from '@hapax/base';
import { Broker, type BrokerOptions } from '@hapax/broker';
import {
  type DiskCrash, type DiskOperation, Host, MemoryDisk, SimStore, type SimNetwork, type VirtualTime,
} from '@hapax/testkit';
import { disorderlyPeers, type Disorder } from './disorderly-peers.ts';
import { observedDisk } from './observed-disk.ts';
import { observedListener, observedPeers, observedStore, type SendWatcher } from './observed-ports.ts';

/** Sees what a node does, from outside. */
export interface NodeObserver {
  /** A process was made and will be started next. */
  onProcess(node: SimNode, broker: Broker): void;
  /** It has recovered its state from disk and takes part from now on. */
  onRecovered(node: SimNode): void;
  /** The process is about to die; all of it can still be looked at. */
  onDying(node: SimNode): void;
  onSent(node: SimNode, lane: PeerLane | 'kafka', message: Uint8Array, isFirst: boolean): void;
  onReceived(node: SimNode, lane: PeerLane, message: Uint8Array): void;
  /** The store was read at the start of a process. */
  onLoaded(node: SimNode, pairs: readonly KeyValuePair[]): void;
  /** A file got its name, or a sync of it is done. */
  onWhole(node: SimNode, path: string): void;
  /** A failure of its disk or store is about to be told to the process. */
  onDiskFailed(node: SimNode, operation: DiskOperation | 'store'): void;
  /** Its store is given a batch, which may be on the disk from now on. */
  onStoring(node: SimNode, changes: readonly KeyValueChange[]): void;
  onStored(node: SimNode, changes: readonly KeyValueChange[], isSynced: boolean): void;
  /** A file was written to. */
  onWritten(node: SimNode): void;
  /** What was written to a file is durable; the process hears of it next. */
  onSynced(node: SimNode): void;
}

/** What may stand between a broker and what it keeps. */
export interface NodeTap {
  disk(disk: Disk): Disk;
  store(store: KeyValueStore): KeyValueStore;
}

export interface SimNodeContext {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly compression: Compression;
  readonly options: BrokerOptions;
  readonly logger: Logger;
  readonly observer: NodeObserver;
  /** What happens to what Raft sends besides the weather. */
  readonly disorder?: Disorder | undefined;
  syncDelayMs(): number;
  /** Puts something between the broker and its disk and store; left out, nothing is. */
  readonly tap?: ((node: SimNode) => NodeTap) | undefined;
  /** The node stopped itself: its disk failed, or an invariant of its own broke. */
  onFailStop(node: SimNode, reason: string): void;
}

/** Leaves the event in which a process ended itself, as `process.exit` does. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

/** A machine with a disk that outlives its processes. */
export class SimNode {
  readonly id: NodeId;
  readonly host: Host;
  readonly disk: MemoryDisk;
  readonly store: SimStore;
  private readonly context: SimNodeContext;
  private running: Broker | undefined;
  private startCount = 0;
  private recoveredLife = 0;
  isStopping = false;

  constructor(context: SimNodeContext) {
    this.context = context;
    this.id = context.options.nodeId;
    this.host = new Host(`node-${this.id}`, context.time);
    const scheduler: Scheduler = {
      after: (delayMs, callback) => this.host.afterTrue(delayMs, callback),
      defer: (callback) => this.host.defer(callback),
    };
    const onFailure = (operation: DiskOperation): void => context.observer.onDiskFailed(this, operation);
    this.disk = new MemoryDisk({ scheduler, syncDelayMs: context.syncDelayMs, onFailure });
    this.store = new SimStore(this.host, context.syncDelayMs);
  }

  /** The running broker; undefined while the process is dead. */
  get broker(): Broker | undefined {
    return this.running;
  }

  get isUp(): boolean {
    return this.running !== undefined;
  }

  /** Whether the process has read its disk and takes part. */
  get isRecovered(): boolean {
    return this.isUp && this.recoveredLife === this.startCount;
  }

  /** Where other nodes find it, as a membership names it. */
  get peerAddress(): string {
    const { host, port } = this.context.options.peerEndpoint;
    return `${host}:${port}`;
  }

  /** Counts the processes that ran here. */
  get life(): number {
    return this.startCount;
  }

  start(): void {
    if (this.running !== undefined) return;
    this.startCount += 1;
    this.isStopping = false;
    const { network, options, random, compression, logger, observer } = this.context;
    const { host } = this;
    const watch: SendWatcher = (lane, message, isFirst) => observer.onSent(this, lane, message, isFirst);
    const tap = this.context.tap?.(this);
    const broker = new Broker(options, {
      clock: host,
      scheduler: host,
      random: random.fork(`life-${this.startCount}`),
      disk: observedDisk(tap?.disk(this.disk) ?? this.disk, {
        onWritten: () => observer.onWritten(this),
        onSynced: () => observer.onSynced(this),
        onWhole: (path) => observer.onWhole(this, path),
      }),
      store: observedStore(tap?.store(this.store) ?? this.store, {
        onLoaded: (pairs) => observer.onLoaded(this, pairs),
        onWriting: (changes) => observer.onStoring(this, changes),
        onDone: (changes, isSynced) => observer.onStored(this, changes, isSynced),
      }),
      peers: observedPeers(this.peers(), watch, (lane, message) => observer.onReceived(this, lane, message)),
      clients: observedListener(network.listenerOf(host, options.kafkaEndpoint), watch),
      compression,
      logger,
      advertise: (endpoint: Endpoint) => endpoint,
      failStop: (reason) => this.failStop(broker, reason),
    });
    this.running = broker;
    observer.onProcess(this, broker);
    broker.start((error) => {
      if (error !== undefined) return this.failStop(broker, error.message);
      this.recoveredLife = this.startCount;
      observer.onRecovered(this);
    });
  }

  /** The process dies at once; with a loss of power, so does what was not synced, and its peers are not told. */
  crash(how: Omit<DiskCrash, 'random'>): void {
    if (this.running === undefined) return;
    const { random } = this.context;
    this.context.observer.onDying(this);
    this.running = undefined;
    this.host.kill();
    this.disk.crash({ ...how, random });
    this.store.crash({ ...how, random });
    this.context.network.onDeath(this.host, { isSilent: how.powerLoss });
  }

  /** Stops as a good node does: leaderships are handed over first. Does nothing where that is under way. */
  stop(done: () => void): void {
    const broker = this.running;
    if (broker === undefined || this.isStopping) return;
    this.isStopping = true;
    broker.stop(() => {
      if (this.running !== broker) return;
      this.crash({ powerLoss: false });
      done();
    });
  }

  /** Does something in the running process, as an operator at its console would; nothing where none runs. */
  runNow(run: (broker: Broker) => void): void {
    const broker = this.running;
    if (broker !== undefined) this.host.defer(() => run(broker));
  }

  private peers(): PeerNetwork {
    const { network, options, disorder, random } = this.context;
    const peers = network.peersOf(this.host, options.peerEndpoint);
    if (disorder === undefined) return peers;
    const draws = random.fork(`disorder-${this.startCount}`);
    return disorderlyPeers(peers, { disorder, random: draws, scheduler: this.host });
  }

  private failStop(broker: Broker, reason: string): void {
    if (this.running === broker) this.context.onFailStop(this, reason);
    throw new ProcessEnded(reason);
  }
}
