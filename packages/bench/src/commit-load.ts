/** Back-to-back transactions of one record: how many a second, and how long each takes. */
import { connect, type TransactionalProducer } from '@hapax/client';
import { createTargets, startBenchCluster } from './bench-cluster.ts';
import { Percentiles } from './percentiles.ts';

export interface CommitResult {
  readonly commitsPerSecond: number;
  /** From `begin` until `commit` is answered. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const TOPIC = 'commits';
const RECORD_BYTES = 200;
const WARM_UP_MS = 3000;

/** One producer, one partition of replication factor 3, one record of 200 B in each transaction. */
export async function measureCommits(
  settings: Readonly<Record<string, string>>,
  durationMs: number,
): Promise<CommitResult> {
  const cluster = await startBenchCluster(settings);
  try {
    await createTargets(cluster.bootstrap, TOPIC, 1);
    const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`);
    const client = await connect({ bootstrap, clientId: 'bench' });
    const producer = client.producer({ transactionalId: 'bench' });
    await commitFor(producer, WARM_UP_MS);
    const result = await commitFor(producer, durationMs);
    await client.close();
    return result;
  } finally {
    await cluster.stop();
  }
}

async function commitFor(producer: TransactionalProducer, durationMs: number): Promise<CommitResult> {
  const latencies = new Percentiles();
  const value = new Uint8Array(RECORD_BYTES).fill(120);
  const startedMs = performance.now();
  let nowMs = startedMs;
  while (nowMs - startedMs < durationMs) {
    const begunMs = nowMs;
    await producer.begin();
    const sent = producer.send({ topic: TOPIC, partition: 0, value });
    await Promise.all([sent, producer.commit()]);
    nowMs = performance.now();
    latencies.add(nowMs - begunMs);
  }
  return { commitsPerSecond: (latencies.count * 1000) / (nowMs - startedMs), latencyMs: latencies.summary() };
}
