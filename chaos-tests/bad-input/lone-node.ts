/** A cluster of one node, for tests of what a single process does with bad input. */
import { connect } from '@hapax/client';
import { LocalCluster, type LocalNode } from '@hapax/node/local-cluster';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WAIT_MS } from '../cluster/limits.ts';

const LOOK_AGAIN_MS = 20;

export class LoneNode {
  readonly directory: string;
  private readonly cluster: LocalCluster;

  private constructor(directory: string, cluster: LocalCluster) {
    this.directory = directory;
    this.cluster = cluster;
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<LoneNode> {
    const directory = mkdtempSync(join(tmpdir(), 'hapax-lone-'));
    return new LoneNode(directory, await LocalCluster.start({ nodes: 1, directory, settings }));
  }

  get node(): LocalNode {
    return this.cluster.node(1);
  }

  get bootstrap(): string {
    return `${this.node.kafka.host}:${this.node.kafka.port}`;
  }

  async createTopic(topic: string, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const client = await connect({ bootstrap: this.bootstrap });
    await client.admin().createTopics([{ topic, partitions: 1, replicationFactor: 1, configs }]);
    await client.close();
  }

  /** The values of a topic's only partition. Throws where its beginning is gone. */
  async values(topic: string): Promise<(Uint8Array | null)[]> {
    const client = await connect({ bootstrap: this.bootstrap });
    const [end] = await client.admin().listOffsets([{ topic, partition: 0, at: 'latest' }]);
    const values: (Uint8Array | null)[] = [];
    const consumer = client.consumer({ offsetReset: 'none' });
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    if ((end?.offset ?? 0) > 0) {
      for await (const batch of consumer.batches()) {
        values.push(...batch.records.map(({ value }) => value));
        if (batch.nextOffset >= (end?.offset ?? 0)) break;
      }
    }
    await client.close();
    return values;
  }

  /** Lines of the node's log with this in them. */
  logLines(pattern: RegExp): string[] {
    return readFileSync(join(this.directory, 'node-1.log'), 'utf8').split('\n').filter((line) => pattern.test(line));
  }

  /** The same, once there is one. */
  async untilLogged(pattern: RegExp): Promise<string[]> {
    const deadlineMs = performance.now() + WAIT_MS;
    for (;;) {
      const lines = this.logLines(pattern);
      if (lines.length > 0) return lines;
      if (performance.now() > deadlineMs) throw new Error(`nothing like ${pattern.source} in ${WAIT_MS} ms of log`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
