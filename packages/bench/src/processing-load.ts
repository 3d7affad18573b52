/** Consume, transform, produce: with transactions that hold the consumed offsets, and the same without. */
import { connect, type ConsumedRecord, type Consumer, type HapaxClient, type OffsetToCommit } from '@hapax/client';
import { createTargets, startBenchCluster } from './bench-cluster.ts';

/** Records a second. */
export interface ProcessingResult {
  readonly withTransactions: number;
  readonly withoutTransactions: number;
}

/** Where a batch of records goes, with the offsets behind them. */
type Commit = (records: readonly ConsumedRecord[], offsets: readonly OffsetToCommit[]) => Promise<unknown>;

/** One of those that share the input: what it reads with, and what it does with a batch. */
interface Processor {
  readonly consumer: Consumer;
  readonly commit: Commit;
}

const INPUT = 'processing-input';
const OUTPUT = 'processing-output';
const PARTITIONS = 6;
const BATCH_RECORDS = 100;
const RECORD_BYTES = 200;
const RECORDS = 300_000;
const WARM_UP_MS = 3000;
const ASSIGNED_WITHIN_MS = 60_000;
const POLL_MS = 20;

/**
 * Both over the same input of six partitions, 100 records at a time, by so many processors of one group: one waits for
 * every round of replication, as many as there are partitions keep the cluster busy.
 */
export async function measureProcessing(
  settings: Readonly<Record<string, string>>,
  { processors, durationMs }: { readonly processors: number; readonly durationMs: number },
): Promise<ProcessingResult> {
  const cluster = await startBenchCluster(settings);
  try {
    await createTargets(cluster.bootstrap, INPUT, PARTITIONS);
    await createTargets(cluster.bootstrap, OUTPUT, PARTITIONS);
    const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`);
    const client = await connect({ bootstrap, clientId: 'bench' });
    await fillInput(client);
    const run = (make: (client: HapaxClient, at: number) => Processor): Promise<number> =>
      processFor(Array.from({ length: processors }, (_, at) => make(client, at)), durationMs);
    const withoutTransactions = await run(plain);
    const withTransactions = await run(transactional);
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
function plain(client: HapaxClient): Processor {
  const producer = client.producer();
  const consumer = client.consumer({ groupId: 'plain', offsetReset: 'earliest', autoCommitIntervalMs: false });
  const commit: Commit = async (records, offsets) => {
    await producer.sendAll(records.map(transform));
    await consumer.commit(offsets);
  };
  return { consumer, commit };
}

/** Exactly once: output and offsets in one transaction. */
function transactional(client: HapaxClient, at: number): Processor {
  const producer = client.producer({ transactionalId: `processing-${at}` });
  const consumer = client.consumer({ groupId: 'exactly', offsetReset: 'earliest', autoCommitIntervalMs: false });
  const commit: Commit = (records, offsets) =>
    producer.transaction(async (transaction) => {
      const group = consumer.groupMetadata();
      await Promise.all([transaction.sendAll(records.map(transform)), transaction.sendOffsets(offsets, group)]);
    });
  return { consumer, commit };
}

function transform({ offset, value }: ConsumedRecord): { topic: string; partition: number; value: Uint8Array | null } {
  return { topic: OUTPUT, partition: offset % PARTITIONS, value };
}

/** Records a second of all processors together, until the time is up or the input ends. */
async function processFor(processors: readonly Processor[], durationMs: number): Promise<number> {
  for (const { consumer } of processors) consumer.subscribe([INPUT]);
  await allAssigned(processors);
  let processed = 0;
  let lastMs = performance.now();
  let committing = 0;
  let isOver = false;
  const work = async ({ consumer, commit }: Processor): Promise<void> => {
    let batch: ConsumedRecord[] = [];
    for await (const record of consumer) {
      batch.push(record);
      if (isOver) break;
      if (batch.length < BATCH_RECORDS) continue;
      committing += 1;
      await commit(batch, offsetsBehind(batch));
      committing -= 1;
      processed += batch.length;
      lastMs = performance.now();
      batch = [];
    }
  };
  const working = Promise.all(processors.map(work));
  await Promise.race([working, pause(WARM_UP_MS)]);
  const warm = processed;
  const startedMs = performance.now();
  await Promise.race([working, pause(durationMs)]);
  const counted = processed - warm;
  const seconds = (lastMs - startedMs) / 1000;
  isOver = true;
  // A member that leaves in the middle of a transaction is fenced; those at the end of the input wait for more.
  while (committing > 0) await pause(POLL_MS);
  await Promise.all([working, ...processors.map(({ consumer }) => consumer.close())]);
  return counted / seconds;
}

async function allAssigned(processors: readonly Processor[]): Promise<void> {
  const share = PARTITIONS / processors.length;
  const deadlineMs = performance.now() + ASSIGNED_WITHIN_MS;
  while (processors.some(({ consumer }) => consumer.assignment().length !== share)) {
    if (performance.now() > deadlineMs) throw new Error(`no processor for each partition in ${ASSIGNED_WITHIN_MS} ms`);
    await pause(POLL_MS);
  }
}

function offsetsBehind(records: readonly ConsumedRecord[]): OffsetToCommit[] {
  const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
  return [...next].map(([partition, offset]) => ({ topic: INPUT, partition, offset }));
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
