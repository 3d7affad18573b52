/** Transactions of @hapax/client. */
import type { ConsumedRecord, Consumer, HapaxClient, TransactionalProducer as Producer } from '@hapax/client';
import { decodeText } from '@hapax/base';
import type { Sent } from '../cluster/record.ts';
import {
  ABORT_EVERY, ABORTED, COMMITTED,
  type PartitionReader, type Reading, type ReadOptions, type Seen, type TransactionalProducer, type Transactions,
  type TransformOptions,
} from './client-under-test.ts';
import { WAIT_MS } from '../cluster/limits.ts';

const TRANSACTION_TIMEOUT_MS = 600_000;
const LOOK_AGAIN_MS = 2;

export class HapaxTransactions implements Transactions {
  readonly readableAborts = 'any';
  private readonly client: HapaxClient;

  constructor(client: HapaxClient) {
    this.client = client;
  }

  async producer(transactionalId: string): Promise<TransactionalProducer> {
    const producer = this.client.producer({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
    await producer.init();
    return {
      begin: async () => void (await producer.begin()),
      send: async (topic: string, records: readonly Sent[]) => {
        await producer.sendAll(records.map((record) => ({ topic, ...record })));
      },
      commit: async () => void (await producer.commit()),
      abort: async () => void (await producer.abort()),
      // What is open is left to the successor, as by a crash.
      close: async () => producer.abandon(),
    };
  }

  async transform(options: TransformOptions): Promise<Reading> {
    const { transactionalId, group, input } = options;
    const producer = this.client.producer({ transactionalId });
    const consumer = this.client.consumer({
      groupId: group, offsetReset: 'earliest', autoCommitIntervalMs: false, heartbeatIntervalMs: 500,
    });
    consumer.subscribe([input]);
    const ended = transformAll(producer, consumer, options).catch(options.onFailure);
    return {
      stop: async () => {
        await consumer.close();
        await ended;
        await producer.close();
      },
    };
  }
}

async function transformAll(producer: Producer, consumer: Consumer, options: TransformOptions): Promise<void> {
  const { output: topic, onEnded } = options;
  let batches = 0;
  for await (const { topic: input, partition, records, nextOffset } of consumer.batches()) {
    const attempt = async (suffix: string): Promise<void> => {
      await producer.begin();
      await producer.sendAll(records.map((record) => ({ topic, ...transformed(record, suffix) })));
      await producer.sendOffsets([{ topic: input, partition, offset: nextOffset }], consumer.groupMetadata());
    };
    if (batches++ % ABORT_EVERY === 0) {
      await attempt(ABORTED);
      await producer.abort();
      onEnded('abort');
    }
    await attempt(COMMITTED);
    await producer.commit();
    onEnded('commit');
  }
}

function transformed({ key, value }: ConsumedRecord, suffix: string): Sent {
  return { key: key === null ? null : decodeText(key), value: `${value === null ? '' : decodeText(value)}${suffix}` };
}

/** A consumer of its own for every offset: it is done when its position is where the isolation level ends. */
export class HapaxPartitionReader implements PartitionReader {
  private readonly client: HapaxClient;
  private readonly topic: string;
  private readonly options: ReadOptions;

  constructor(client: HapaxClient, topic: string, options: ReadOptions) {
    this.client = client;
    this.topic = topic;
    this.options = options;
  }

  async readFrom(offset: number): Promise<readonly Seen[]> {
    const place = { topic: this.topic, partition: 0 };
    const { isolation: isolationLevel, fetches } = this.options;
    const readCommitted = isolationLevel === 'read_committed';
    const [end] = await this.client.admin().listOffsets([{ ...place, at: 'latest' }], { readCommitted });
    const consumer = this.client.consumer({
      offsetReset: 'none', isolationLevel, ...(fetches === 'batch' ? { partitionMaxBytes: 1 } : {}),
    });
    consumer.assign([{ ...place, offset }]);
    const seen: Seen[] = [];
    const reading = (async () => {
      for await (const batch of consumer.batches()) seen.push(...batch.records.map(seenOf));
    })();
    const deadlineMs = performance.now() + WAIT_MS;
    while ((consumer.position(place) ?? 0) < (end?.offset ?? 0)) {
      if (performance.now() > deadlineMs) throw new Error(`at ${consumer.position(place)} instead of ${end?.offset}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    await consumer.close();
    await reading;
    return seen;
  }

  async close(): Promise<void> {
    // Nothing is left open between reads.
  }
}

function seenOf({ offset, value }: ConsumedRecord): Seen {
  return { offset, value: value === null ? null : decodeText(value) };
}
