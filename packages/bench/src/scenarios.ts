/** What is measured, each with the goal that it is held against. */
import type { LocalCluster } from '@hapax/node/local-cluster';
import { createTargets, startBenchCluster } from './bench-cluster.ts';
import { measureFailover } from './failover.ts';
import { runProduceLoad, type ProduceLoadOptions } from './produce-load.ts';
import { measureTransactions } from './transactions.ts';

/** One figure, and what it should be. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly goal: number;
  /** Whether more is better. */
  readonly higherIsBetter: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  run(options: { readonly durationMs: number }): Promise<readonly Figure[]>;
}

const DURABLE = { flush: 'fsync' };
const PAGE_CACHE = { flush: 'os' };
const NO_LOAD_MS = 5000;
const WARM_UP_MS = 3000;

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'start',
    what: 'three nodes ready from nothing, and their memory when idle',
    run: async () => {
      const startedMs = performance.now();
      const cluster = await startBenchCluster(DURABLE);
      const readyMs = performance.now() - startedMs;
      await pause(NO_LOAD_MS);
      const residentMb = Math.max(...cluster.nodes.map((node) => node.residentBytes())) / 1e6;
      await cluster.stop();
      return [
        lower('ready from nothing', 'ms', readyMs, 2000),
        lower('idle resident memory, largest node', 'MB', residentMb, 110),
      ];
    },
  },
  {
    name: 'latency',
    what: 'acks=all at 1,000 records/s, flush=fsync',
    run: ({ durationMs }) => {
      const load = { connectionsPerLeader: 1, depth: 1000, recordBytes: 200, durationMs, ratePerSecond: 1000 };
      return withLoad(DURABLE, 1, load, (result) => [
        lower('acks=all p50', 'ms', result.latencyMs.p50, 3),
        lower('acks=all p99', 'ms', result.latencyMs.p99, 20),
      ]);
    },
  },
  throughput('throughput-fsync', DURABLE, 50),
  throughput('throughput-os', PAGE_CACHE, 120),
  smallRequests('small-requests-os', PAGE_CACHE, 40_000),
  smallRequests('small-requests-fsync', DURABLE, 25_000),
  {
    name: 'txn',
    what: 'transactions: one after another, in processing, and many ids at once',
    run: ({ durationMs }) => measureTransactions(durationMs),
  },
  { name: 'failover', what: 'killed and paused leaders under load', run: () => measureFailover() },
];

function throughput(name: string, settings: Readonly<Record<string, string>>, goal: number): Scenario {
  return {
    name,
    what: `64 KiB batches, acks=all, flush=${settings['flush']}`,
    run: ({ durationMs }) =>
      withLoad(settings, 6, { connectionsPerLeader: 1, depth: 16, recordBytes: 65_000, durationMs }, (result) => [
        higher('64 KiB batches', 'MB/s', result.megabytesPerSecond, goal),
        lower('64 KiB batches p99', 'ms', result.latencyMs.p99, 500),
      ]),
  };
}

function smallRequests(name: string, settings: Readonly<Record<string, string>>, goal: number): Scenario {
  return {
    name,
    what: `un-batched 200 B requests, depth 64 × 4 connections, 24 partitions, acks=all, flush=${settings['flush']}`,
    run: ({ durationMs }) =>
      withLoad(settings, 24, { connectionsPerLeader: 4, depth: 21, recordBytes: 200, durationMs }, (result) => [
        higher('200 B requests', 'req/s', result.requestsPerSecond, goal),
        lower('200 B requests p50', 'ms', result.latencyMs.p50, 10),
      ]),
  };
}

type LoadShape = Omit<ProduceLoadOptions, 'targets' | 'acks'>;

async function withLoad(
  settings: Readonly<Record<string, string>>,
  partitions: number,
  shape: LoadShape,
  figures: (result: Awaited<ReturnType<typeof runProduceLoad>>) => readonly Figure[],
): Promise<readonly Figure[]> {
  const cluster: LocalCluster = await startBenchCluster(settings);
  try {
    const targets = await createTargets(cluster.bootstrap, 'bench', partitions);
    await runProduceLoad({ ...shape, targets, acks: -1, durationMs: WARM_UP_MS });
    const result = await runProduceLoad({ ...shape, targets, acks: -1 });
    if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests + result.errors} requests failed`);
    const residentMb = Math.max(...cluster.nodes.map((node) => node.residentBytes())) / 1e6;
    return [...figures(result), lower('resident memory under this load, largest node', 'MB', residentMb, 400)];
  } finally {
    await cluster.stop();
  }
}

function lower(name: string, unit: string, value: number, goal: number): Figure {
  return { name, unit, value, goal, higherIsBetter: false };
}

function higher(name: string, unit: string, value: number, goal: number): Figure {
  return { name, unit, value, goal, higherIsBetter: true };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
