/** Transactions of kafkajs, and its reader from offsets. It consumes only in groups, and tells no position. */
import type { Consumer, EachBatchPayload, Kafka, Producer, Transaction } from 'kafkajs';
import {
  ABORT_EVERY, ABORTED, COMMITTED,
  type PartitionReader, type Reading, type ReadOptions, type Seen, type TransactionalProducer, type Transactions,
  type TransformOptions,
} from './client-under-test.ts';
import { WAIT_MS } from '../cluster/limits.ts';

const TRANSACTION_TIMEOUT_MS = 600_000;
const FETCH_BYTES_MAX = 1_048_576;
const RETRY = { retries: 30, maxRetryTime: 2000 };

export class KafkajsTransactions implements Transactions {
  readonly readableAborts = 'apart';
  private readonly kafka: Kafka;

  constructor(kafka: Kafka) {
    this.kafka = kafka;
  }

  async producer(transactionalId: string): Promise<TransactionalProducer> {
    const producer = await this.open(transactionalId);
    // The first transaction asks for the producer id; one with nothing in it tells the coordinator nothing else.
    await (await producer.transaction()).abort();
    let open: Transaction | undefined;
    const current = (): Transaction => {
      if (open === undefined) throw new Error('no transaction was begun');
      return open;
    };
    return {
      begin: async () => {
        open = await producer.transaction();
      },
      send: async (topic, records) => void (await current().send({ topic, acks: -1, messages: [...records] })),
      commit: () => current().commit(),
      abort: () => current().abort(),
      close: () => producer.disconnect(),
    };
  }

  async transform(options: TransformOptions): Promise<Reading> {
    const { transactionalId, group, input } = options;
    const producer = await this.open(transactionalId);
    const consumer = this.kafka.consumer({
      groupId: group, heartbeatInterval: 500, maxWaitTimeInMs: 300, retry: RETRY,
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) options.onFailure(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [input], fromBeginning: true });
    const loop = new TransformLoop(producer, options);
    await consumer.run({
      autoCommit: false, partitionsConsumedConcurrently: 1, eachBatch: (payload) => loop.onBatch(payload),
    });
    return {
      stop: async () => {
        await consumer.disconnect();
        await producer.disconnect();
      },
    };
  }

  private async open(transactionalId: string): Promise<Producer> {
    const producer = this.kafka.producer({
      transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: TRANSACTION_TIMEOUT_MS,
      retry: RETRY,
    });
    await producer.connect();
    return producer;
  }
}

class TransformLoop {
  private readonly producer: Producer;
  private readonly options: TransformOptions;
  private batches = 0;

  constructor(producer: Producer, options: TransformOptions) {
    this.producer = producer;
    this.options = options;
  }

  async onBatch(payload: EachBatchPayload): Promise<void> {
    if (this.batches++ % ABORT_EVERY === 0) {
      await (await this.attempt(payload, ABORTED)).abort();
      this.options.onEnded('abort');
    }
    await (await this.attempt(payload, COMMITTED)).commit();
    this.options.onEnded('commit');
  }

  private async attempt({ batch }: EachBatchPayload, suffix: string): Promise<Transaction> {
    const { group, output } = this.options;
    const transaction = await this.producer.transaction();
    const messages = batch.messages.map(({ key, value }) => ({ key, value: `${String(value)}${suffix}` }));
    await transaction.send({ topic: output, acks: -1, messages });
    const offset = String(Number(batch.lastOffset()) + 1);
    const topics = [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }];
    await transaction.sendOffsets({ consumerGroupId: group, topics });
    return transaction;
  }
}

/** Everything has come when as many records as there are have come and a whole fetch behind them brought none. */
export class KafkajsPartitionReader implements PartitionReader {
  private readonly consumer: Consumer;
  private readonly topic: string;
  private seen: Seen[] = [];
  private isFetching = false;
  private quietFetches = 0;
  private failure: Error | undefined;

  private constructor(consumer: Consumer, topic: string) {
    this.consumer = consumer;
    this.topic = topic;
  }

  static async open(kafka: Kafka, topic: string, options: ReadOptions): Promise<KafkajsPartitionReader> {
    const { isolation, fetches } = options;
    const consumer = kafka.consumer({
      groupId: `${topic}-${process.pid}-${++readersOpened}`, maxWaitTimeInMs: FETCH_WAIT_MS,
      readUncommitted: isolation === 'read_uncommitted', retry: RETRY,
      maxBytesPerPartition: fetches === 'batch' ? 1 : FETCH_BYTES_MAX,
    });
    const reader = new KafkajsPartitionReader(consumer, topic);
    await reader.run(await leaderOf(kafka, topic));
    return reader;
  }

  async readFrom(offset: number, count: number): Promise<readonly Seen[]> {
    this.seen = [];
    this.quietFetches = 0;
    this.isFetching = false;
    this.consumer.seek({ topic: this.topic, partition: 0, offset: String(offset) });
    const deadlineMs = performance.now() + WAIT_MS;
    while (this.seen.length < count || this.quietFetches < QUIET_FETCHES) {
      if (this.failure !== undefined) throw this.failure;
      if (performance.now() > deadlineMs) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return this.seen;
  }

  close(): Promise<void> {
    return this.consumer.disconnect();
  }

  private async run(leader: number): Promise<void> {
    const { consumer, topic } = this;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.failure = payload.error;
    });
    // A fetch counts that began after the seek: one that was on its way then has brought nothing, or what is dropped.
    consumer.on(consumer.events.FETCH_START, ({ payload }) => {
      if (Number(payload.nodeId) === leader) this.isFetching = true;
    });
    consumer.on(consumer.events.FETCH, ({ payload }) => {
      if (Number(payload.nodeId) === leader && this.isFetching) this.quietFetches += 1;
    });
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        this.quietFetches = 0;
        this.seen.push({ offset: Number(message.offset), value: message.value?.toString() ?? null });
      },
    });
    await joined;
  }
}

let readersOpened = 0;
const FETCH_WAIT_MS = 20;
/** The records of a fetch may still be on their way to the application when the next one has begun. */
const QUIET_FETCHES = 2;

async function leaderOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.leader ?? -1;
  } finally {
    await admin.disconnect();
  }
}
