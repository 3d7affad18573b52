/** Ten thousand transactional ids of one coordinator: what they weigh, and how long the next one needs for them. */
import type { Endpoint } from '@hapax/base';
import type { LocalCluster, LocalNode } from '@hapax/node/local-cluster';
import { addPartitionsToTxn, describeTransactions, findCoordinator, initProducerId } from '@hapax/wire';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTargets, startBenchCluster } from './bench-cluster.ts';
import { WireConnection } from './wire-connection.ts';

export interface ManyIdsResult {
  /** Heap of a coordinator for an id that has nothing open. */
  readonly bytesPerIdleId: number;
  /** How long the coordinator that took over read the log for, with every id in a transaction. */
  readonly loadMs: number;
  /** From the end of the old coordinator until the new one answered. */
  readonly failoverMs: number;
}

const IDS = 10_000;
const ASKED_AT_ONCE = 200;
const TOPIC = 'ids';
const COORDINATOR_TOPIC = '__transaction_state';
const TRANSACTION = 1;
const TIMEOUT_MS = 900_000;
const WAIT_MS = 60_000;
const POLL_MS = 10;
/** What a node does at once after a start, before its memory is looked at. */
const SETTLE_MS = 3000;
/** The node stands still while its heap is looked at: nobody must take it for dead. */
const PATIENT = {
  'broker.session.timeout.ms': '60000', 'peer.keepalive.timeout.ms': '60000', 'raft.election.timeout.ms': '5000',
};

/** Two clusters, one after the other: heaps are measured in one, the failover in the other. */
export async function measureManyIds(settings: Readonly<Record<string, string>>): Promise<ManyIdsResult> {
  const bytesPerIdleId = await measureHeap({ ...settings, ...PATIENT });
  return { bytesPerIdleId, ...(await measureFailover(settings)) };
}

async function measureHeap(settings: Readonly<Record<string, string>>): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'hapax-bench-heap-'));
  const before = process.env['NODE_OPTIONS'] ?? '';
  process.env['NODE_OPTIONS'] = `${before} --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${directory}`;
  const cluster = await startBenchCluster(settings);
  process.env['NODE_OPTIONS'] = before;
  try {
    await oneCoordinator(cluster);
    const coordinator = await coordinatorOf(cluster);
    const connection = await WireConnection.open(coordinator.kafka);
    // One of each thing that is made once, and code that is compiled.
    await initializeIds(connection, 'warm-up', ASKED_AT_ONCE);
    await pause(SETTLE_MS);
    const few = await liveHeapOf(coordinator);
    await initializeIds(connection, 'idle', IDS);
    await pause(SETTLE_MS);
    const many = await liveHeapOf(coordinator);
    connection.close();
    if (many.ids !== few.ids + IDS) throw new Error(`the coordinator has ${many.ids} ids, not ${few.ids + IDS}`);
    return (many.heapBytes - few.heapBytes) / IDS;
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureFailover(
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly loadMs: number; readonly failoverMs: number }> {
  const cluster = await startBenchCluster(settings);
  try {
    await oneCoordinator(cluster);
    const coordinator = await coordinatorOf(cluster);
    const connection = await WireConnection.open(coordinator.kafka);
    const producers = await initializeIds(connection, 'open', IDS);
    await inGroups(producers, async ({ transactionalId, producerId, producerEpoch }) => {
      const topics = [{ name: TOPIC, partitions: [0] }];
      const names = { v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId };
      const request = { ...names, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics };
      const { resultsByTopicV3AndBelow } = await connection.ask(addPartitionsToTxn, 3, request);
      const errorCode = resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
      if (errorCode !== 0) throw new Error(`AddPartitionsToTxn of ${transactionalId} was refused with ${errorCode}`);
    });
    connection.close();
    await coordinator.kill();
    const killedMs = performance.now();
    const successor = await whoAnswers(cluster.nodes.filter((node) => node.isRunning), 'open-0');
    const failoverMs = performance.now() - killedMs;
    return { loadMs: (await metricOf(successor, 'hapax_transaction_coordinator_load_seconds')) * 1000, failoverMs };
  } finally {
    await cluster.stop();
  }
}

/** All ids have the same coordinator: the most that one of them can get. */
async function oneCoordinator(cluster: LocalCluster): Promise<void> {
  await createTargets(cluster.bootstrap, COORDINATOR_TOPIC, 1);
  await createTargets(cluster.bootstrap, TOPIC, 1);
}

async function coordinatorOf(cluster: LocalCluster): Promise<LocalNode> {
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error('a cluster without nodes');
  const connection = await WireConnection.open(first.kafka);
  const { nodeId, errorCode } = await connection.ask(findCoordinator, 3, { key: 'open-0', keyType: TRANSACTION });
  connection.close();
  if (errorCode !== 0) throw new Error(`FindCoordinator was refused with ${errorCode}`);
  return cluster.node(nodeId);
}

interface Producer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

async function initializeIds(connection: WireConnection, prefix: string, count: number): Promise<Producer[]> {
  const ids = Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
  return inGroups(ids, async (transactionalId) => {
    const deadlineMs = performance.now() + WAIT_MS;
    for (;;) {
      const request = { transactionalId, transactionTimeoutMs: TIMEOUT_MS };
      const { errorCode, producerId, producerEpoch } = await connection.ask(initProducerId, 4, request);
      if (errorCode === 0) return { transactionalId, producerId, producerEpoch };
      if (performance.now() > deadlineMs) throw new Error(`InitProducerId was refused with ${errorCode}`);
      await pause(POLL_MS);
    }
  });
}

async function inGroups<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += ASKED_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + ASKED_AT_ONCE).map(ask))));
  }
  return results;
}

/** The node that answers about a transaction, once one does. */
async function whoAnswers(nodes: readonly LocalNode[], transactionalId: string): Promise<LocalNode> {
  const deadlineMs = performance.now() + WAIT_MS;
  const connections = await Promise.all(nodes.map((node) => WireConnection.open(node.kafka)));
  try {
    while (performance.now() < deadlineMs) {
      for (const [at, connection] of connections.entries()) {
        const request = { transactionalIds: [transactionalId] };
        const { transactionStates } = await connection.ask(describeTransactions, 0, request);
        const node = nodes[at];
        if (transactionStates[0]?.errorCode === 0 && node !== undefined) return node;
      }
      await pause(POLL_MS);
    }
    throw new Error(`no coordinator answered within ${WAIT_MS} ms`);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** The heap that is alive: to write a snapshot, the node collects all garbage first. */
async function liveHeapOf(node: LocalNode): Promise<{ readonly heapBytes: number; readonly ids: number }> {
  if (node.pid === undefined) throw new Error(`node ${node.id} does not run`);
  process.kill(node.pid, 'SIGUSR2');
  await pause(POLL_MS);
  // Asked while it writes, it answers afterwards.
  const page = await pageOf(node.http);
  return { heapBytes: valueIn(page, 'nodejs_heap_size_used_bytes'), ids: valueIn(page, 'hapax_transactional_ids') };
}

async function metricOf(node: LocalNode, name: string): Promise<number> {
  return valueIn(await pageOf(node.http), name);
}

async function pageOf({ host, port }: Endpoint): Promise<string> {
  const response = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(WAIT_MS) });
  return response.text();
}

function valueIn(page: string, name: string): number {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (?<value>\\S+)$`, 'mu').exec(page)?.groups?.['value'];
  if (found === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(found);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
