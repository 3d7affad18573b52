/** The client of a cluster: where producers, consumers and administration come from. */
import { crc32c } from '@node-rs/crc32';
import { randomBytes } from 'node:crypto';
import { accelerateCrc32c, AppError, SeededRandom, silentLogger } from '@hapax/base';
import { Admin } from './admin.ts';
import { Consumer } from './consumer.ts';
import { Cluster, type ClientPorts } from './machines/index.ts';
import { nodeClock, nodeScheduler } from './node-clock.ts';
import { nodeCompression } from './node-compression.ts';
import {
  clusterOptions,
  connectDeadlineMs,
  positive,
  producerOptions,
  transactionOptions,
  type ConnectOptions,
  type ProducerSettings,
  type TransactionalProducerSettings,
} from './options.ts';
import { consumerOptions, type ConsumerSettings } from './consumer-settings.ts';
import { Producer } from './producer.ts';
import { TcpDialer } from './tcp-dialer.ts';
import { TransactionalProducer } from './transactional-producer.ts';

/** Something that stops with the client. */
interface Closable {
  close(): Promise<void>;
}

/** One client of one cluster. It shares metadata among all that is made from it. */
export class HapaxClient {
  readonly #cluster: Cluster;
  readonly #parts: Closable[] = [];
  #nextLane = 1;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A new producer, with transactions if it has a `transactionalId`. Throws `config-invalid`. */
  producer(settings: TransactionalProducerSettings): TransactionalProducer;
  producer(settings?: ProducerSettings): Producer;
  producer(settings: ProducerSettings | TransactionalProducerSettings = {}): Producer | TransactionalProducer {
    const lane = this.#lane('producer');
    if (!('transactionalId' in settings))
      return this.#keep(new Producer(this.#cluster, producerOptions(settings), lane));
    const transactions = transactionOptions(settings);
    return this.#keep(new TransactionalProducer(this.#cluster, producerOptions(settings), transactions, lane));
  }

  /** A new consumer: subscribe or assign, then iterate. Throws `config-invalid`. */
  consumer(settings: ConsumerSettings = {}): Consumer {
    return this.#keep(new Consumer(this.#cluster, consumerOptions(settings), this.#lane('consumer'), settings));
  }

  /** Administration; `timeoutMs` (default 30 s) bounds each request with its retries. */
  admin(options: { readonly timeoutMs?: number } = {}): Admin {
    const timeoutMs = positive('timeoutMs', options.timeoutMs ?? 30_000);
    return new Admin({ cluster: this.#cluster, lane: this.#lane('admin'), timeoutMs });
  }

  /** Closes everything that was made from this client, in order, and then its connections. */
  async close(): Promise<void> {
    await Promise.all(this.#parts.splice(0).map((part) => part.close()));
    this.#cluster.close();
  }

  #keep<T extends Closable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  /** Every part has connections of its own: none waits behind another's long requests. */
  #lane(kind: string): string {
    return `${kind}-${this.#nextLane++}`;
  }
}

/**
 * Connects to a cluster: resolves when some broker has answered. Rejects with `config-invalid`, or with `timed-out`
 * when none did within `connectTimeoutMs`.
 */
export async function connect(options: ConnectOptions): Promise<HapaxClient> {
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
  const settings = clusterOptions(options);
  const ports: ClientPorts = {
    dialer: new TcpDialer(),
    clock: nodeClock,
    scheduler: nodeScheduler,
    random: new SeededRandom(randomBytes(4).readUInt32LE(0)),
    compression: nodeCompression,
    logger: options.logger ?? silentLogger,
  };
  const cluster = new Cluster(ports, settings);
  const deadlineMs = connectDeadlineMs(options);
  const answered = await firstMetadata(cluster, deadlineMs);
  if (answered) return new HapaxClient(cluster);
  cluster.close();
  const addresses = settings.bootstrap.map((endpoint) => `${endpoint.host}:${endpoint.port}`).join(', ');
  throw new AppError('timed-out', `none of ${addresses} answered within ${deadlineMs} ms; is the cluster up?`, {
    retriable: true,
    definite: true,
  });
}

function firstMetadata(cluster: Cluster, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (answered: boolean): void => {
      stop();
      timer.cancel();
      resolve(answered);
    };
    const stop = cluster.onUpdate(() => finish(true));
    const timer = nodeScheduler.after(timeoutMs, () => finish(false));
  });
}
