/** Consume, transform, produce: with transactions that hold the consumed offsets, and the same without. */
import { connect, type ConsumedRecord, type Consumer, type HapaxClient, type OffsetToCommit } from '@hapax/client';
import { createTargets, startBenchCluster } from './bench-cluster.ts';

export interface ProcessingResult {
  readonly withTransactions: number;
  readonly withoutTransactions: number;
}

/** Where a batch of records goes, with the offsets behind them. */
type Commit = (records: readonly ConsumedRecord[], offsets: readonly OffsetToCommit[]) => Promise<unknown>;

const INPUT = 'processing-input';
const OUTPUT = 'processing-output';
const PARTITIONS = 6;
const BATCH_RECORDS = 100;
const RECORD_BYTES = 200;
const RECORDS = 150_000;
/** Of each run, before it counts. */
const WARM_UP_RECORDS = 10_000;

/** Records a second of both, over the same input of six partitions, 100 records at a time. */
export async function measureProcessing(
  settings: Readonly<Record<string, string>>,
  durationMs: number,
): Promise<ProcessingResult> {
  const cluster = await startBenchCluster(settings);
  try {
    await createTargets(cluster.bootstrap, INPUT, PARTITIONS);
    await createTargets(cluster.bootstrap, OUTPUT, PARTITIONS);
    const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`);
    const client = await connect({ bootstrap, clientId: 'bench' });
    await fillInput(client);
    const withoutTransactions = await runPlain(client, durationMs);
    const withTransactions = await runTransactional(client, durationMs);
    await client.close();
    return { withTransactions, withoutTransactions };
  } finally {
    await cluster.stop();
  }
}

async function fillInput(client: HapaxClient): Promise<void> {
  const producer = client.producer();
  const value = new Uint8Array(RECORD_BYTES).fill(120);
  let last: Promise<unknown>[] = [];
  for (let at = 0; at < RECORDS; at++) {
    last.push(producer.send({ topic: INPUT, partition: at % PARTITIONS, value }));
    if (last.length < 1000) continue;
    await Promise.all(last);
    last = [];
  }
  await Promise.all(last);
}

/** At least once: the output is acknowledged, then the offsets are committed. */
async function runPlain(client: HapaxClient, durationMs: number): Promise<number> {
  const producer = client.producer();
  const consumer = client.consumer({ groupId: 'plain', offsetReset: 'earliest', autoCommitIntervalMs: false });
  return processFor(consumer, durationMs, async (records, offsets) => {
    await producer.sendAll(records.map(transform));
    await consumer.commit(offsets);
  });
}

/** Exactly once: output and offsets in one transaction. */
async function runTransactional(client: HapaxClient, durationMs: number): Promise<number> {
  const producer = client.producer({ transactionalId: 'processing' });
  const consumer = client.consumer({ groupId: 'exactly', offsetReset: 'earliest', autoCommitIntervalMs: false });
  return processFor(consumer, durationMs, (records, offsets) =>
    producer.transaction(async (transaction) => {
      const group = consumer.groupMetadata();
      await Promise.all([transaction.sendAll(records.map(transform)), transaction.sendOffsets(offsets, group)]);
    }),
  );
}

function transform({ offset, value }: ConsumedRecord): { topic: string; partition: number; value: Uint8Array | null } {
  return { topic: OUTPUT, partition: offset % PARTITIONS, value };
}

/** Records a second, until the time is up or the input ends. */
async function processFor(consumer: Consumer, durationMs: number, commit: Commit): Promise<number> {
  consumer.subscribe([INPUT]);
  let batch: ConsumedRecord[] = [];
  let processed = 0;
  let startedMs = 0;
  for await (const record of consumer) {
    batch.push(record);
    if (batch.length < BATCH_RECORDS) continue;
    await commit(batch, offsetsBehind(batch));
    processed += batch.length;
    batch = [];
    if (startedMs === 0 && processed >= WARM_UP_RECORDS) startedMs = performance.now();
    if (processed >= RECORDS || (startedMs > 0 && performance.now() - startedMs > durationMs)) break;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  await consumer.close();
  return (processed - WARM_UP_RECORDS) / seconds;
}

function offsetsBehind(records: readonly ConsumedRecord[]): OffsetToCommit[] {
  const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
  return [...next].map(([partition, offset]) => ({ topic: INPUT, partition, offset }));
}
