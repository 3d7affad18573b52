/** One node of a tested cluster: the production broker over ports in memory. */
import { AppError, type Compression, type NodeId, type Random, silentLogger } from '@hapax/base';
import { Broker, type BrokerOptions } from '../../src/index.ts';
import { Host, MemoryDisk, type SimNetwork, SimStore, type VirtualTime } from '@hapax/testkit';
import { gunzipSync, gzipSync } from 'node:zlib';

const SYNC_DELAY_MS = 1;
const DISK_BYTES = 256 << 20;

/** A machine with a disk, and the broker on it. */
export class TestNode {
  readonly id: NodeId;
  readonly host: Host;
  readonly options: BrokerOptions;
  /** Why the node stopped itself; undefined while it did not. */
  failure: string | undefined;
  private readonly network: SimNetwork;
  private readonly random: Random;
  private readonly disk: MemoryDisk;
  private readonly store: SimStore;
  private running: Broker | undefined;

  constructor(
    options: BrokerOptions,
    world: { readonly time: VirtualTime; readonly network: SimNetwork; readonly random: Random },
  ) {
    this.id = options.nodeId;
    this.options = options;
    this.network = world.network;
    this.random = world.random;
    this.host = new Host(`node-${this.id}`, world.time);
    this.disk = new MemoryDisk({ capacityBytes: DISK_BYTES, scheduler: this.host, syncDelayMs: () => SYNC_DELAY_MS });
    this.store = new SimStore(this.host, () => SYNC_DELAY_MS);
  }

  get broker(): Broker {
    if (this.running === undefined) throw new Error(`node ${this.id} does not run`);
    return this.running;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  get isReady(): boolean {
    return this.running?.isReady === true;
  }

  start(): void {
    const { host, network, options } = this;
    this.running = new Broker(options, {
      clock: host,
      scheduler: host,
      random: this.random.fork(`node-${this.id}-${host.nowMs()}`),
      disk: this.disk,
      store: this.store,
      peers: network.peersOf(host, options.peerEndpoint),
      clients: network.listenerOf(host, options.kafkaEndpoint),
      compression: gzipOnly,
      logger: silentLogger,
      advertise: (endpoint) => endpoint,
      failStop: (reason) => {
        this.failure = reason;
      },
    });
    this.running.start((error) => {
      this.failure = error?.message;
    });
  }

  /** The process is gone at once; its disk stays. */
  kill(): void {
    this.running = undefined;
    this.host.kill();
    this.disk.crash({ powerLoss: false, random: this.random });
    this.store.crash({ powerLoss: false, random: this.random });
    this.network.onDeath(this.host, { isSilent: false });
  }
}

const gzipOnly: Compression = {
  compress: (_name, bytes) => gzipSync(bytes),
  decompress: (_name, bytes, maxBytes) => {
    try {
      return gunzipSync(bytes, { maxOutputLength: maxBytes });
    } catch (cause) {
      throw new AppError('compression-failed', 'these bytes are not gzip', { retriable: false, definite: true, cause });
    }
  },
};
