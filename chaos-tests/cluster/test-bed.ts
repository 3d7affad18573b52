/** Three nodes with a client beside the one under test: makes topics, finds leaders, feeds readers and reads back. */
import {
  connect, type ConsumedRecord, type ConsumerSettings, type HapaxClient, type TopicPartition,
} from '@hapax/client';
import { AppError, coordinatorPartition, decodeText } from '@hapax/base';
import { LocalCluster, type LocalNode } from '@hapax/node/local-cluster';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WAIT_MS } from './limits.ts';
import type { Received, Sent } from './record.ts';

const NODES = 3;
const LOOK_AGAIN_MS = 20;
const TRANSACTION_LOG = '__transaction_state';

type Isolation = NonNullable<ConsumerSettings['isolationLevel']>;

/** A cluster of processes for checks, and an observer that the checks trust. */
export class TestBed {
  readonly cluster: LocalCluster;
  readonly bootstrap: string;
  private readonly observer: HapaxClient;
  private transactionPartitions: Promise<number> | undefined;

  private constructor(cluster: LocalCluster, bootstrap: string, observer: HapaxClient) {
    this.cluster = cluster;
    this.bootstrap = bootstrap;
    this.observer = observer;
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TestBed> {
    const directory = mkdtempSync(join(tmpdir(), 'hapax-chaos-'));
    const cluster = await LocalCluster.start({ nodes: NODES, directory, settings });
    try {
      const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
      return new TestBed(cluster, bootstrap, await connect({ bootstrap, clientId: 'observer' }));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Makes a topic with a replica on every node. */
  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.observer.admin().createTopics([{ topic, partitions, replicationFactor: NODES }]);
    await this.untilInSync(topic);
  }

  /** How many partitions a topic has, once it is there. */
  async partitionCount(topic: string): Promise<number> {
    return (await this.describe(topic)).partitions.length;
  }

  /** The node that leads a partition now. */
  async leaderOf(topic: string, partition: number): Promise<LocalNode> {
    const described = await this.describe(topic);
    const leader = described.partitions.find((candidate) => candidate.partition === partition)?.leaderId ?? -1;
    return this.cluster.node(leader);
  }

  /** The node that leads the controllers now. */
  async controller(): Promise<LocalNode> {
    const quorum = await this.observer.admin({ timeoutMs: WAIT_MS }).describeQuorum();
    return this.cluster.node(quorum?.leaderId ?? -1);
  }

  /** Kills the leader of a partition by SIGKILL and returns it. */
  async killLeader(topic: string, partition: number): Promise<LocalNode> {
    const leader = await this.leaderOf(topic, partition);
    await leader.kill();
    return leader;
  }

  /** Starts whoever is down and resolves when every replica of the topic is in sync again. */
  async repair(topic: string): Promise<void> {
    const down = this.cluster.nodes.filter((node) => !node.isRunning);
    for (const node of down) node.start();
    await Promise.all(down.map((node) => node.waitReady(WAIT_MS)));
    await this.untilInSync(topic);
  }

  /** Resolves when all replicas of all partitions are in sync and each partition has a leader. */
  async untilInSync(topic: string): Promise<void> {
    const deadlineMs = performance.now() + WAIT_MS;
    for (;;) {
      const { partitions } = await this.describe(topic);
      if (partitions.every(({ inSyncReplicas, leaderId }) => inSyncReplicas.length === NODES && leaderId >= 0)) return;
      if (performance.now() > deadlineMs) {
        throw new Error(`${topic}: not all in sync after ${WAIT_MS} ms: ${JSON.stringify(partitions)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Produces with the observer and waits until all is acknowledged. */
  async feed(topic: string, records: readonly Sent[]): Promise<void> {
    const producer = this.observer.producer();
    await producer.sendAll(records.map((record) => ({ topic, ...record })));
    await producer.close();
  }

  /** What a reader of the isolation level sees of a topic now, partition by partition in the order of offsets. */
  async readAll(topic: string, isolationLevel: Isolation = 'read_committed'): Promise<Received[]> {
    const ends = (await this.ends(topic, isolationLevel)).filter(({ offset }) => offset > 0);
    const consumer = this.observer.consumer({ offsetReset: 'none', isolationLevel });
    consumer.assign(ends.map(({ partition }) => ({ topic, partition, offset: 0 })));
    const records: Received[] = [];
    const reading = (async () => {
      for await (const batch of consumer.batches()) records.push(...batch.records.map(receivedOf));
    })();
    try {
      // Positions go on behind markers and aborted records too, which come in no batch.
      const isRead = (): boolean => ends.every((end) => (consumer.position(end) ?? 0) >= end.offset);
      await Promise.race([this.until(`${topic} is read`, async () => isRead()), reading]);
    } finally {
      await consumer.close();
    }
    await reading;
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** Resolves when the log of a partition ends at the offset. */
  untilEndOffset(topic: string, partition: number, offset: number): Promise<void> {
    return this.until(`${topic}-${partition} ends at ${offset}`, async () => {
      const ends = await this.ends(topic, 'read_uncommitted');
      const end = ends.find((candidate) => candidate.partition === partition)?.offset ?? 0;
      if (end > offset) throw new Error(`${topic}-${partition} should end at ${offset} and ends at ${end}`);
      return end === offset;
    });
  }

  /** Resolves when no transaction is open in any partition. */
  untilStable(topic: string): Promise<void> {
    return this.until(`${topic} has no open transaction`, async () => {
      const stable = await this.ends(topic, 'read_committed');
      const all = await this.ends(topic, 'read_uncommitted');
      const ofAll = new Map(all.map(({ partition, offset }) => [partition, offset]));
      return stable.every(({ partition, offset }) => offset === ofAll.get(partition));
    });
  }

  /** The node that coordinates the transactions of an id now. */
  async transactionCoordinator(transactionalId: string): Promise<LocalNode> {
    return this.leaderOf(TRANSACTION_LOG, await this.transactionPartition(transactionalId));
  }

  /** The partition of the log of transactions that an id belongs to, once that log is there. */
  async transactionPartition(transactionalId: string): Promise<number> {
    this.transactionPartitions ??= this.partitionCount(TRANSACTION_LOG);
    return coordinatorPartition(transactionalId, await this.transactionPartitions);
  }

  /** Where a node keeps its data. */
  dataDirectory(node: LocalNode): string {
    return join(this.cluster.directory, `node-${node.id}`);
  }

  /** Stops the nodes and removes their data, unless somebody shall look at it. */
  async stop(options: { readonly keepsData?: boolean } = {}): Promise<void> {
    await this.observer.close();
    await this.cluster.stop();
    if (options.keepsData !== true) rmSync(this.cluster.directory, { recursive: true, force: true });
  }

  private async ends(topic: string, isolation: Isolation): Promise<readonly (TopicPartition & { offset: number })[]> {
    const { partitions } = await this.describe(topic);
    const queries = partitions.map(({ partition }) => ({ topic, partition, at: 'latest' as const }));
    return this.observer.admin({ timeoutMs: WAIT_MS })
      .listOffsets(queries, { readCommitted: isolation === 'read_committed' });
  }

  private async until(what: string, isMet: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + WAIT_MS;
    while (!(await isMet())) {
      if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${WAIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Nodes learn of a new topic one after the other: the one that is asked may not know it yet. */
  private async describe(topic: string) {
    const deadlineMs = performance.now() + WAIT_MS;
    for (;;) {
      try {
        const [described] = await this.observer.admin({ timeoutMs: WAIT_MS }).describeTopics([topic]);
        if (described !== undefined) return described;
      } catch (error) {
        const isUnknown = error instanceof AppError && error.details['errorName'] === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!isUnknown || performance.now() > deadlineMs) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}

function receivedOf({ partition, offset, key, value, headers }: ConsumedRecord): Received {
  const texts = headers.map((header) => [header.key, text(header.value) ?? ''] as const);
  return { partition, offset, key: text(key), value: text(value), headers: Object.fromEntries(texts) };
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decodeText(bytes);
}
