/** @platformatic/kafka as a client under test: it speaks only the newer, flexible versions of the protocol. */
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClientUnderTest, ProduceOptions, Reading, Sent } from './client-under-test.ts';
import type { Inbox } from './inbox.ts';
import { chunksOf } from './records.ts';

const RETRY = { retries: 100, retryDelay: 100 } as const;

/** A client of @platformatic/kafka for the cluster. */
export async function platformaticClient(bootstrap: string): Promise<ClientUnderTest> {
  return new PlatformaticClient(bootstrap);
}

class PlatformaticClient implements ClientUnderTest {
  readonly name = '@platformatic/kafka';
  readonly version = version();
  private readonly common: { readonly clientId: string; readonly bootstrapBrokers: string[] };
  private readonly readings = new Set<Reading>();

  constructor(bootstrap: string) {
    this.common = { clientId: 'conformance', bootstrapBrokers: bootstrap.split(',') };
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = new Admin({ ...this.common, ...RETRY });
    try {
      await admin.createTopics({ topics: [topic], partitions, replicas: -1 });
    } finally {
      await admin.close();
    }
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const producer = new Producer({
      ...this.common, ...RETRY, serializers: stringSerializers, idempotent: options.isIdempotent ?? false, acks: -1,
      compression: options.compression ?? 'none',
    });
    try {
      for await (const chunk of chunksOf(records)) await producer.send({ messages: messagesOf(topic, chunk, options) });
    } finally {
      await producer.close();
    }
  }

  /** Its consumers always have a group; a group of its own begins at the beginning. */
  read(topic: string, inbox: Inbox): Promise<Reading> {
    return this.join(`read-${topic}-${this.readings.size}-${process.pid}`, topic, inbox);
  }

  async join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    const consumer = new Consumer({
      ...this.common, ...RETRY, groupId: group, deserializers: stringDeserializers,
      sessionTimeout: 10_000, heartbeatInterval: 500, rebalanceTimeout: 20_000,
    });
    const stream = await consumer.consume({
      topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: true, maxWaitTime: 200,
    });
    stream.on('error', (error) => inbox.fail(error));
    stream.on('data', ({ partition, offset, key, value, headers }) => {
      inbox.receive({
        partition, offset: Number(offset), key: key ?? null, value: value ?? null, headers: Object.fromEntries(headers),
      });
    });
    const reading: Reading = {
      stop: async () => {
        this.readings.delete(reading);
        await stream.close();
        await consumer.close();
      },
    };
    this.readings.add(reading);
    return reading;
  }

  async close(): Promise<void> {
    await Promise.all([...this.readings].map((reading) => reading.stop()));
  }
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
