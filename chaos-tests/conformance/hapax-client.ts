/** @hapax/client as a client under test. */
import { connect, type Consumer, type HapaxClient } from '@hapax/client';
import { decodeText } from '@hapax/base';
import type { Sent } from '../cluster/record.ts';
import type {
  ClientUnderTest, PartitionReader, ProduceOptions, Reading, ReadOptions, Transactions,
} from './client-under-test.ts';
import { HapaxPartitionReader, HapaxTransactions } from './hapax-transactions.ts';
import type { Inbox } from '../cluster/inbox.ts';
import { chunksOf } from './records.ts';

/** A client of @hapax/client for the cluster. */
export async function hapaxClient(bootstrap: string): Promise<ClientUnderTest> {
  return new OwnClient(await connect({ bootstrap, clientId: 'conformance' }));
}

class OwnClient implements ClientUnderTest {
  readonly name = '@hapax/client';
  readonly version = '0.1.0';
  readonly notes = [];
  readonly transactions: Transactions;
  private readonly client: HapaxClient;

  constructor(client: HapaxClient) {
    this.client = client;
    this.transactions = new HapaxTransactions(client);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.client.admin().createTopics([{ topic, partitions }]);
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const producer = this.client.producer({
      idempotent: options.isIdempotent ?? false, compression: options.compression ?? 'none',
    });
    try {
      for await (const chunk of chunksOf(records)) {
        await producer.sendAll(chunk.map((record) => ({ topic, ...record, headers: options.headers })));
      }
    } finally {
      await producer.close();
    }
  }

  async read(topic: string, inbox: Inbox): Promise<Reading> {
    const [described] = await this.client.admin().describeTopics([topic]);
    const consumer = this.client.consumer({ offsetReset: 'earliest' });
    consumer.assign((described?.partitions ?? []).map(({ partition }) => ({ topic, partition })));
    return reading(consumer, inbox);
  }

  async join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    const consumer = this.client.consumer({ groupId: group, offsetReset: 'earliest', heartbeatIntervalMs: 500 });
    consumer.subscribe([topic]);
    return reading(consumer, inbox);
  }

  async partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader> {
    return new HapaxPartitionReader(this.client, topic, options);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

function reading(consumer: Consumer, inbox: Inbox): Reading {
  const ended = handOut(consumer, inbox).catch((error: Error) => inbox.fail(error));
  return {
    stop: async () => {
      await consumer.close();
      await ended;
    },
  };
}

async function handOut(consumer: Consumer, inbox: Inbox): Promise<void> {
  for await (const { partition, offset, key, value, headers } of consumer) {
    const texts = headers.map((header) => [header.key, text(header.value) ?? ''] as const);
    inbox.receive({ partition, offset, key: text(key), value: text(value), headers: Object.fromEntries(texts) });
  }
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decodeText(bytes);
}
