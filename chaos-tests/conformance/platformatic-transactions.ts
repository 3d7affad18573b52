/** Transactions of @platformatic/kafka, and its reader from offsets. */
import {
  Consumer, Producer, stringDeserializers, stringSerializers,
  type Message, type MessagesStream,
} from '@platformatic/kafka';
import type { Sent } from '../cluster/record.ts';
import {
  ABORT_EVERY, ABORTED, COMMITTED,
  type PartitionReader, type Reading, type ReadOptions, type Seen, type TransactionalProducer, type Transactions,
  type TransformOptions,
} from './client-under-test.ts';
import type { PlatformaticOptions } from './platformatic-reading.ts';
import { WAIT_MS } from '../cluster/limits.ts';

type TextProducer = Producer<string, string, string, string>;
type Transaction = Awaited<ReturnType<TextProducer['beginTransaction']>>;
type Texts = Consumer<string, string, string, string>;
type TextMessage = Message<string, string, string, string>;

const TRANSACTION_TIMEOUT_MS = 600_000;
const MEMBER = { sessionTimeout: 10_000, heartbeatInterval: 500, rebalanceTimeout: 20_000 };
const ISOLATION = { read_uncommitted: 0, read_committed: 1 } as const;

export class PlatformaticTransactions implements Transactions {
  readonly readableAborts = 'apart';
  private readonly options: PlatformaticOptions;

  constructor(options: PlatformaticOptions) {
    this.options = options;
  }

  async producer(transactionalId: string): Promise<TransactionalProducer> {
    const producer = this.open(transactionalId);
    // The first transaction asks for the producer id; one that is cancelled tells the coordinator nothing else.
    await (await producer.beginTransaction({})).cancel();
    let open: Transaction | undefined;
    const current = (): Transaction => {
      if (open === undefined) throw new Error('no transaction was begun');
      return open;
    };
    return {
      begin: async () => {
        open = await producer.beginTransaction({});
      },
      send: (topic, records) => sendAll(current(), topic, records),
      commit: () => current().commit(),
      abort: () => current().abort(),
      close: () => producer.close(),
    };
  }

  async transform(options: TransformOptions): Promise<Reading> {
    const loop = new TransformLoop(this.open(options.transactionalId), this.options, options);
    await loop.open();
    return loop;
  }

  private open(transactionalId: string): TextProducer {
    // Left out, the producer id is 0, which says: I have been producer 0.
    return new Producer({
      ...this.options, serializers: stringSerializers, idempotent: true, acks: -1, transactionalId,
      producerId: -1n, producerEpoch: -1, timeout: TRANSACTION_TIMEOUT_MS,
    });
  }
}

/** It sends those of several partitions to one node even when their leaders have parted, so records go per key. */
async function sendAll(transaction: Transaction, topic: string, records: readonly Sent[]): Promise<void> {
  for (const ofKey of Map.groupBy(records, ({ key }) => key).values()) {
    const messages = ofKey.map(({ key, value }) => ({ topic, key: key ?? '', value: value ?? '' }));
    await transaction.send({ messages });
  }
}

class TransformLoop implements Reading {
  private readonly producer: TextProducer;
  private readonly options: TransformOptions;
  private readonly consumer: Texts;
  private stream: MessagesStream<string, string, string, string> | undefined;
  private ended: Promise<void> = Promise.resolve();
  private batches = 0;
  private isStopped = false;

  constructor(producer: TextProducer, client: PlatformaticOptions, options: TransformOptions) {
    this.producer = producer;
    this.options = options;
    this.consumer = new Consumer({ ...client, groupId: options.group, deserializers: stringDeserializers, ...MEMBER });
  }

  async open(): Promise<void> {
    this.stream = await this.consumer.consume({
      topics: [this.options.input], mode: 'committed', fallbackMode: 'earliest', autocommit: false, maxWaitTime: 200,
      isolationLevel: ISOLATION.read_committed,
    });
    this.ended = this.run(this.stream).catch((error: Error) => {
      if (!this.isStopped) this.options.onFailure(error);
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.stream?.close();
    await this.ended;
    await this.consumer.close();
    await this.producer.close();
  }

  /** Messages come one by one: as many as are there make a batch. */
  private async run(stream: MessagesStream<string, string, string, string>): Promise<void> {
    let batch: TextMessage[] = [];
    for await (const message of stream) {
      batch.push(message);
      if (stream.readableLength > 0 && batch.length < BATCH_MESSAGES_MAX) continue;
      await this.onBatch(batch);
      batch = [];
    }
  }

  private async onBatch(batch: readonly TextMessage[]): Promise<void> {
    if (this.batches++ % ABORT_EVERY === 0) {
      await (await this.attempt(batch, ABORTED)).abort();
      this.options.onEnded('abort');
    }
    await (await this.attempt(batch, COMMITTED)).commit();
    this.options.onEnded('commit');
  }

  private async attempt(batch: readonly TextMessage[], suffix: string): Promise<Transaction> {
    const transaction = await this.producer.beginTransaction({});
    await transaction.addConsumer(this.consumer);
    const records = batch.map(({ key, value }) => ({ key, value: `${value}${suffix}` }));
    await sendAll(transaction, this.options.output, records);
    const last = new Map(batch.map((message) => [message.partition, message]));
    for (const message of last.values()) await transaction.addOffset(message);
    return transaction;
  }
}

const BATCH_MESSAGES_MAX = 20;

/** One consumer, with a stream for every offset: done when the stream would fetch where the isolation level ends. */
export class PlatformaticPartitionReader implements PartitionReader {
  private readonly consumer: Texts;
  private readonly topic: string;
  private readonly options: ReadOptions;

  constructor(client: PlatformaticOptions, topic: string, options: ReadOptions) {
    const groupId = `${topic}-${process.pid}-${++readersOpened}`;
    this.consumer = new Consumer({ ...client, groupId, deserializers: stringDeserializers, ...MEMBER });
    this.topic = topic;
    this.options = options;
  }

  async readFrom(offset: number): Promise<readonly Seen[]> {
    const { topic } = this;
    const { isolation, fetches } = this.options;
    const isolationLevel = ISOLATION[isolation];
    const ends = await this.consumer.listOffsets({ topics: [topic], timestamp: -1n, isolationLevel });
    const end = ends.get(topic)?.[0] ?? 0n;
    const stream = await this.consumer.consume({
      topics: [topic], mode: 'manual', offsets: [{ topic, partition: 0, offset: BigInt(offset) }], autocommit: false,
      maxWaitTime: 20, isolationLevel, ...(fetches === 'batch' ? { maxBytesPerPartition: 1 } : {}),
    });
    const seen: Seen[] = [];
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.on('data', (message) => seen.push({ offset: Number(message.offset), value: message.value ?? null }));
    const deadlineMs = performance.now() + WAIT_MS;
    const isRead = (): boolean => (stream.offsetsToFetch.get(`${topic}:0`) ?? 0n) >= end && stream.readableLength === 0;
    while (!isRead() && failure === undefined && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await stream.close();
    if (failure !== undefined) throw failure;
    return seen;
  }

  async close(): Promise<void> {
    await this.consumer.close(true);
  }
}

let readersOpened = 0;
