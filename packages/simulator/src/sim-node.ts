/** One simulated node: the production broker over simulated ports, which can be killed, cut off, paused and restarted. */
import type { Compression, Endpoint, Logger, NodeId, Random } from '@hapax/base';
import { Broker, type BrokerOptions } from '@hapax/broker';
import { Host, MemoryDisk, type SimNetwork, SimStore, type VirtualTime } from '@hapax/testkit';

export interface SimNodeContext {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly compression: Compression;
  readonly options: BrokerOptions;
  readonly logger: Logger;
  syncDelayMs(): number;
  /** The node stopped itself: its disk failed, or an invariant of its own broke. */
  onFailStop(node: SimNode, reason: string): void;
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

  constructor(context: SimNodeContext) {
    this.context = context;
    this.id = context.options.nodeId;
    this.host = new Host(`node-${this.id}`, context.time);
    this.disk = new MemoryDisk({ scheduler: this.host, syncDelayMs: context.syncDelayMs });
    this.store = new SimStore(this.host, context.syncDelayMs);
  }

  /** The running broker; undefined while the process is dead. */
  get broker(): Broker | undefined {
    return this.running;
  }

  get isUp(): boolean {
    return this.running !== undefined;
  }

  start(): void {
    if (this.running !== undefined) return;
    this.startCount += 1;
    const { network, options, random, compression, logger } = this.context;
    const { host } = this;
    const broker = new Broker(options, {
      clock: host,
      scheduler: host,
      random: random.fork(`life-${this.startCount}`),
      disk: this.disk,
      store: this.store,
      peers: network.peersOf(host, options.peerEndpoint),
      clients: network.listenerOf(host, options.kafkaEndpoint),
      compression,
      logger,
      advertise: (endpoint: Endpoint) => endpoint,
      failStop: (reason) => this.context.onFailStop(this, reason),
    });
    this.running = broker;
    broker.start((error) => {
      if (error !== undefined) this.context.onFailStop(this, error.message);
    });
  }

  /** The process dies at once; with a loss of power, so does what its disk had not synced, and its peers are not told. */
  crash(options: { readonly powerLoss: boolean }): void {
    if (this.running === undefined) return;
    this.running = undefined;
    this.host.kill();
    this.disk.crash({ powerLoss: options.powerLoss, random: this.context.random });
    this.store.crash(options);
    this.context.network.onDeath(this.host, { isSilent: options.powerLoss });
  }

  /** Stops as a good node does: leaderships are handed over first. */
  stop(done: () => void): void {
    const broker = this.running;
    if (broker === undefined) return done();
    broker.stop(() => {
      if (this.running !== broker) return;
      this.crash({ powerLoss: false });
      done();
    });
  }
}
