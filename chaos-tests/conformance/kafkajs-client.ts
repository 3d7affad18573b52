/** kafkajs as a client under test. It brings gzip; the other codecs are registered, as its documentation tells. */
import { nodeCompression } from '@hapax/client';
import type { CompressionName } from '@hapax/base';
import { createRequire } from 'node:module';
import kafkajs, { type Consumer, type KafkaMessage } from 'kafkajs';
import type { Sent } from '../cluster/record.ts';
import type { ClientUnderTest, PartitionReader, ProduceOptions, Reading, ReadOptions } from './client-under-test.ts';
import type { Inbox } from '../cluster/inbox.ts';
import { KafkajsPartitionReader, KafkajsTransactions } from './kafkajs-transactions.ts';
import { chunksOf } from './records.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

const EXPANDED_BYTES_MAX = 16_777_216;

/** A client of kafkajs for the cluster. */
export async function kafkajsClient(bootstrap: string): Promise<ClientUnderTest> {
  registerCodecs();
  return new KafkajsClient(bootstrap);
}

class KafkajsClient implements ClientUnderTest {
  readonly name = 'kafkajs';
  readonly version = versionOf('kafkajs');
  readonly notes = [
    'snappy, lz4 and zstd are registered codecs',
    'reading without a group is reading in a group of its own',
    'its consumer takes up one aborted transaction a record, so it reads logs in which aborted ones do not overlap',
    'it has no metadata of the group to send with offsets',
  ];
  readonly transactions: KafkajsTransactions;
  private readonly kafka: InstanceType<typeof Kafka>;
  private readonly consumers = new Set<Consumer>();

  constructor(bootstrap: string) {
    this.kafka = new Kafka({ clientId: 'conformance', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
    this.transactions = new KafkajsTransactions(this.kafka);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
    } finally {
      await admin.disconnect();
    }
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const isIdempotent = options.isIdempotent ?? false;
    const producer = this.kafka.producer({ idempotent: isIdempotent, retry: { retries: 30, maxRetryTime: 2000 } });
    await producer.connect();
    try {
      for await (const chunk of chunksOf(records)) {
        const messages = chunk.map(({ key, value }) => ({ key, value, headers: { ...options.headers } }));
        await producer.send({ topic, acks: -1, compression: CODECS[options.compression ?? 'none'], messages });
      }
    } finally {
      await producer.disconnect();
    }
  }

  /** Without a group kafkajs does not read: every reading is a group of its own. */
  read(topic: string, inbox: Inbox): Promise<Reading> {
    return this.join(`read-${topic}-${this.consumers.size}-${process.pid}`, topic, inbox);
  }

  async join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    // A stop waits for the fetch on the way, hence the short wait at the broker.
    const consumer = this.kafka.consumer({
      groupId: group, heartbeatInterval: 500, maxWaitTimeInMs: 300, retry: { retries: 30, maxRetryTime: 2000 },
    });
    this.consumers.add(consumer);
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) inbox.fail(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => inbox.receive({ partition, ...receivedOf(message) }),
    });
    return {
      stop: async () => {
        this.consumers.delete(consumer);
        await consumer.disconnect();
      },
    };
  }

  partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader> {
    return KafkajsPartitionReader.open(this.kafka, topic, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.disconnect()));
  }
}

function receivedOf(message: KafkaMessage) {
  const headers = Object.entries(message.headers ?? {}).map(([key, value]) => [key, String(value)] as const);
  return {
    offset: Number(message.offset),
    key: message.key?.toString() ?? null,
    value: message.value?.toString() ?? null,
    headers: Object.fromEntries(headers),
  };
}

function registerCodecs(): void {
  for (const name of ['snappy', 'lz4', 'zstd'] as const) CompressionCodecs[CODECS[name]] = () => codec(name);
}

function codec(name: CompressionName) {
  return {
    compress: async ({ buffer }: { readonly buffer: Buffer }) => Buffer.from(nodeCompression.compress(name, buffer)),
    decompress: async (bytes: Buffer) => Buffer.from(nodeCompression.decompress(name, bytes, EXPANDED_BYTES_MAX)),
  };
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}
