/** A producer and a group that do not stop for anything, and the ledger of what came of it. */
import { AppError, decodeText } from '@hapax/base';
import { connect, type Consumer, type HapaxClient, type Producer } from '@hapax/client';
import { WAIT_MS } from '../cluster/limits.ts';
import { Ledger } from './ledger.ts';

const KEYS = 12;
const SEND_EVERY_MS = 5;
/** Records without an outcome at a time; more are not sent, so that a standstill stays bounded. */
const OPEN_MAX = 2000;
const REQUEST_TIMEOUT_MS = 2000;
const PROGRESS_RECORDS = 20;

interface Waiter {
  /** Partitions that still owe acknowledgements, and how many. */
  readonly owed: Map<number, number>;
  readonly resolve: () => void;
}

export interface LoadOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
}

/** Load on one topic, all partitions alike. */
export class Load {
  readonly ledger = new Ledger();
  private readonly options: LoadOptions;
  private readonly client: HapaxClient;
  private readonly producer: Producer;
  private readonly consumer: Consumer;
  private readonly waiters = new Set<Waiter>();
  private readonly sending = new Set<Promise<void>>();
  private readonly reading: Promise<void>;
  private readonly timer: NodeJS.Timeout;
  private readFailure: Error | undefined;
  private wakeReader: () => void = () => undefined;
  private next = 0;

  private constructor(client: HapaxClient, options: LoadOptions) {
    this.client = client;
    this.options = options;
    // A paused broker does not answer: how long the client waits for it must not hide how soon others serve.
    this.producer = client.producer({ requestTimeoutMs: REQUEST_TIMEOUT_MS });
    const { topic } = options;
    this.consumer = client.consumer({
      groupId: topic, offsetReset: 'earliest', heartbeatIntervalMs: 500, sessionTimeoutMs: 10_000,
    });
    this.consumer.subscribe([topic]);
    this.reading = this.read().catch((error: Error) => {
      this.readFailure = error;
      this.wakeReader();
    });
    this.timer = setInterval(() => this.send(), SEND_EVERY_MS);
  }

  static async start(options: LoadOptions): Promise<Load> {
    return new Load(await connect({ bootstrap: options.bootstrap, clientId: 'load' }), options);
  }

  /** Resolves when every partition has acknowledged some records that were sent from now on. */
  untilProgress(): Promise<void> {
    const { partitions, topic } = this.options;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        settle();
      };
      const owed = new Map(Array.from({ length: partitions }, (_, partition) => [partition, PROGRESS_RECORDS]));
      const waiter: Waiter = { owed, resolve: () => finish(resolve) };
      const timer = setTimeout(() => {
        const missing = [...owed].filter(([, count]) => count > 0).map(([partition]) => partition).join(', ');
        finish(() => reject(new Error(`${topic}: partitions ${missing} made no progress within ${WAIT_MS} ms`)));
      }, WAIT_MS);
      this.waiters.add(waiter);
    });
  }

  /** Sends no more, waits for every outcome and until the group has read everything that was acknowledged. */
  async finish(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.sending);
    await this.untilRead();
  }

  /** Lets everything go, whatever state it is in. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.producer.abandon();
    await this.client.close();
    await this.reading;
  }

  private send(): void {
    if (this.sending.size >= OPEN_MAX) return;
    const { topic, partitions } = this.options;
    const at = this.next++ % KEYS;
    const key = `key-${at}`;
    const value = this.ledger.send(key);
    // The waiters of this moment: what is sent now counts for them.
    const waiting = [...this.waiters];
    const outcome: Promise<void> = this.producer.send({ topic, partition: at % partitions, key, value })
      .then(({ partition }) => {
        this.ledger.ack(value, partition, performance.now());
        for (const waiter of waiting) this.pay(waiter, partition);
      }, (error: unknown) => this.ledger.fail(value, error instanceof AppError && error.definite))
      .finally(() => this.sending.delete(outcome));
    this.sending.add(outcome);
  }

  private pay(waiter: Waiter, partition: number): void {
    waiter.owed.set(partition, (waiter.owed.get(partition) ?? 0) - 1);
    for (const count of waiter.owed.values()) if (count > 0) return;
    waiter.resolve();
  }

  private async read(): Promise<void> {
    for await (const { value } of this.consumer) {
      if (value !== null) this.ledger.read(decodeText(value));
      this.wakeReader();
    }
  }

  private untilRead(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.wakeReader = () => undefined;
        // What is missing is for the verdict to say.
        resolve();
      }, WAIT_MS);
      this.wakeReader = () => {
        if (this.readFailure === undefined && !this.ledger.isAllRead) return;
        clearTimeout(timer);
        this.wakeReader = () => undefined;
        if (this.readFailure === undefined) resolve();
        else reject(this.readFailure);
      };
      this.wakeReader();
    });
  }
}
