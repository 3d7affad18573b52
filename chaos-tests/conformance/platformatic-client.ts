/** @platformatic/kafka as a client under test: it speaks only the newer, flexible versions of the protocol. */
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Sent } from '../cluster/record.ts';
import type { ClientUnderTest, PartitionReader, ProduceOptions, Reading, ReadOptions } from './client-under-test.ts';
import type { Inbox } from '../cluster/inbox.ts';
import { PlatformaticReading, type PlatformaticOptions } from './platformatic-reading.ts';
import { PlatformaticPartitionReader, PlatformaticTransactions } from './platformatic-transactions.ts';
import { chunksOf } from './records.ts';

/** A client of @platformatic/kafka for the cluster. */
export async function platformaticClient(bootstrap: string): Promise<ClientUnderTest> {
  return new PlatformaticClient(bootstrap);
}

class PlatformaticClient implements ClientUnderTest {
  readonly name = '@platformatic/kafka';
  readonly version = version();
  readonly notes = [
    'records are sent per key: it sends those of several partitions to one node even when their leaders have parted',
    'each record is committed by hand: its autocommit forgets some at close',
    'a stream that ends because its broker is gone is opened again, as an application must',
    'its consumer shows aborted records where an answer has two aborted transactions of a producer, or one without its '
      + 'marker: it reads logs without such',
    'a producer is told to begin with producer id -1: left out, it claims to have been producer 0',
  ];
  readonly transactions: PlatformaticTransactions;
  private readonly options: PlatformaticOptions;
  private readonly readings = new Set<PlatformaticReading>();

  constructor(bootstrap: string) {
    this.options = { clientId: 'conformance', bootstrapBrokers: bootstrap.split(','), retries: 100, retryDelay: 100 };
    this.transactions = new PlatformaticTransactions(this.options);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = new Admin(this.options);
    try {
      await admin.createTopics({ topics: [topic], partitions, replicas: -1 });
    } finally {
      await admin.close();
    }
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const producer = new Producer({
      ...this.options, serializers: stringSerializers, idempotent: options.isIdempotent ?? false, acks: -1,
      compression: options.compression ?? 'none',
    });
    try {
      for await (const chunk of chunksOf(records)) {
        for (const ofKey of byKey(chunk)) await producer.send({ messages: messagesOf(topic, ofKey, options) });
      }
    } finally {
      await producer.close();
    }
  }

  /** Its consumers always have a group; a group of its own begins at the beginning. */
  read(topic: string, inbox: Inbox): Promise<Reading> {
    return this.join(`read-${topic}`, topic, inbox);
  }

  async join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    const reading = new PlatformaticReading({ options: this.options, group, topic, inbox });
    this.readings.add(reading);
    await reading.open();
    return reading;
  }

  async partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader> {
    return new PlatformaticPartitionReader(this.options, topic, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.readings].map((reading) => reading.stop()));
  }
}

function byKey(records: readonly Sent[]): Sent[][] {
  return [...Map.groupBy(records, ({ key }) => key).values()];
}

function messagesOf(topic: string, records: readonly Sent[], options: ProduceOptions) {
  return records.map(({ key, value }) => ({
    topic,
    ...(key === null ? {} : { key }),
    ...(value === null ? {} : { value }),
    headers: { ...options.headers },
  }));
}

function version(): string {
  const path = fileURLToPath(new URL('../package.json', import.meta.resolve('@platformatic/kafka')));
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
