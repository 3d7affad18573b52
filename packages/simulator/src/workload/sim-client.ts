/** A machine with a client on it: the production client's machines over simulated ports. */
import type { Compression, Logger, Random } from '@hapax/base';
import { Cluster } from '@hapax/client/machines';
import { Host, type SimNetwork, type VirtualTime } from '@hapax/testkit';
import { kafkaEndpoint } from '../cluster-options.ts';

/** What every client of a run shares. */
export interface ClientWorld {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly compression: Compression;
  readonly nodes: number;
  readonly requestTimeoutMs: number;
  logger(name: string): Logger;
}

/** One process of a client, on a host of its own. */
export class SimClient {
  readonly host: Host;
  readonly cluster: Cluster;
  readonly random: Random;
  private readonly world: ClientWorld;

  constructor(name: string, world: ClientWorld) {
    this.world = world;
    this.host = new Host(name, world.time);
    this.random = world.random.fork(name);
    this.cluster = new Cluster(
      {
        dialer: world.network.dialerOf(this.host),
        clock: this.host,
        scheduler: this.host,
        random: this.random.fork('cluster'),
        compression: world.compression,
        logger: world.logger(name),
      },
      {
        bootstrap: Array.from({ length: world.nodes }, (_, id) => kafkaEndpoint(id)),
        clientId: name,
        connectTimeoutMs: 1000,
        requestTimeoutMs: world.requestTimeoutMs,
        inFlightMax: 100,
        metadataMaxAgeMs: 10_000,
        retryBackoff: { initialMs: 50, maxMs: 500 },
        reconnectBackoff: { initialMs: 50, maxMs: 500 },
      },
    );
  }

  /** Makes the client one that knows nothing above a level of a feature, as older ones do. */
  capFeature(feature: string, level: number): void {
    const { features } = this.cluster;
    const finalizedLevel = features.finalizedLevel.bind(features);
    features.finalizedLevel = (name) => Math.min(finalizedLevel(name), name === feature ? level : Infinity);
  }

  /** Exponentially distributed around a mean, in milliseconds. */
  drawMs(meanMs: number): number {
    return -Math.log(1 - this.random.nextFloat()) * meanMs;
  }

  /** The process dies: nothing of it runs any more. */
  kill(isSilent: boolean): void {
    this.host.kill();
    this.world.network.onDeath(this.host, { isSilent });
  }
}
