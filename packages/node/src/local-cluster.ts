/** A cluster of processes on this host: started, watched, killed, paused and stopped, for people and for tests. */
import { AppError, type Endpoint } from '@hapax/base';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { placesOf, type LocalPlace } from './local-places.ts';
import { LocalNode, type LocalNodeOptions } from './local-node.ts';

export { LocalNode } from './local-node.ts';

export interface LocalClusterOptions {
  /** How many nodes, each controller and broker. Ids begin with 1. */
  readonly nodes: number;
  /** Where the nodes keep their data and their log files; made where it is absent. */
  readonly directory: string;
  /** The first node's Kafka port, the others' follow; free ports, or those of the last time, where absent. */
  readonly kafkaPort?: number;
  /** Further settings of every node, by configuration key. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Removes the directory when the cluster is stopped. */
  readonly isEphemeral?: boolean;
  /** Hears of every step that took a while. */
  onProgress?(ready: number, total: number): void;
  /** Hears of a node whose process ended though nobody asked it to. */
  onUnexpectedExit?(id: number, code: number | null): void;
}

const START_TIMEOUT_MS = 60_000;

/** Nodes of one cluster, on loopback. They die with the process that started them. */
export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly directory: string;
  private readonly options: LocalClusterOptions;

  private constructor(nodes: readonly LocalNode[], options: LocalClusterOptions) {
    this.nodes = nodes;
    this.directory = options.directory;
    this.options = options;
  }

  /** Starts all nodes; resolves when every one is ready. Throws `not-ready` with the node's last log lines. */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const cluster = await LocalCluster.prepare(options);
    try {
      await cluster.startAll();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** The cluster, with nothing started yet. */
  static async prepare(options: LocalClusterOptions): Promise<LocalCluster> {
    mkdirSync(options.directory, { recursive: true });
    const places = await placesOf(options.directory, options.nodes, options.kafkaPort);
    const controllers = places.map(({ id, peerPort }) => `${id}@127.0.0.1:${peerPort}`).join(',');
    const nodes = places.map((place) => new LocalNode(nodeOptions(place, controllers, options)));
    return new LocalCluster(nodes, options);
  }

  /** Starts what does not run, and resolves when all are ready. Throws `not-ready`; what runs then goes on. */
  async startAll(): Promise<void> {
    for (const node of this.nodes) node.start();
    let ready = 0;
    await Promise.all(
      this.nodes.map(async (node) => {
        await node.waitReady(START_TIMEOUT_MS);
        this.options.onProgress?.(++ready, this.nodes.length);
      }),
    );
  }

  /** Where clients connect. */
  get bootstrap(): readonly Endpoint[] {
    return this.nodes.map((node) => node.kafka);
  }

  /** The node of an id. Throws `usage` for an id that the cluster does not have. */
  node(id: number): LocalNode {
    const found = this.nodes.find((node) => node.id === id);
    if (found !== undefined) return found;
    const ids = this.nodes.map((node) => node.id).join(', ');
    throw new AppError('usage', `node ${id} is none of ${ids}`, { retriable: false, definite: true });
  }

  /** Stops every node as a good one stops, all at once, and waits until their processes are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    if (this.options.isEphemeral === true) rmSync(this.directory, { recursive: true, force: true });
  }
}

function nodeOptions(place: LocalPlace, controllers: string, options: LocalClusterOptions): LocalNodeOptions {
  const host = '127.0.0.1';
  return {
    id: place.id,
    kafka: { host, port: place.kafkaPort },
    http: { host, port: place.httpPort },
    logFile: join(options.directory, `node-${place.id}.log`),
    onUnexpectedExit: (code) => options.onUnexpectedExit?.(place.id, code),
    settings: {
      'node.id': String(place.id),
      'cluster.id': 'local',
      'node.host': host,
      'kafka.host': host,
      'kafka.port': String(place.kafkaPort),
      'peer.host': host,
      'peer.port': String(place.peerPort),
      'http.host': host,
      'http.port': String(place.httpPort),
      controllers,
      'data.dir': join(options.directory, `node-${place.id}`),
      ...options.settings,
    },
  };
}
