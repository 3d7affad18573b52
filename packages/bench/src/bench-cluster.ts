/** A cluster and a topic for one measurement. */
import { AppError, type Endpoint } from '@hapax/base';
import { connect } from '@hapax/client';
import { LocalCluster } from '@hapax/node/local-cluster';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from './produce-load.ts';

/** Three ephemeral nodes; `settings` go to each of them. */
export async function startBenchCluster(settings: Readonly<Record<string, string>>): Promise<LocalCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'hapax-bench-'));
  return LocalCluster.start({ nodes: 3, directory, isEphemeral: true, settings: { 'log.level': 'warn', ...settings } });
}

/** Creates a topic of replication factor 3 and waits until each partition has a leader. */
export async function createTargets(
  bootstrap: readonly Endpoint[], topic: string, partitions: number,
): Promise<Target[]> {
  const client = await connect({ bootstrap: bootstrap.map(({ host, port }) => `${host}:${port}`), clientId: 'bench' });
  const admin = client.admin();
  try {
    await admin.createTopics([{ topic, partitions, replicationFactor: 3 }]).catch((error: unknown) => {
      // On a busy machine the answer may be late, and the second attempt finds what the first one made.
      if (!(error instanceof AppError) || error.details['errorName'] !== 'TOPIC_ALREADY_EXISTS') throw error;
    });
    return await leadersOf(admin, topic, partitions);
  } finally {
    await client.close();
  }
}

type Admin = ReturnType<Awaited<ReturnType<typeof connect>>['admin']>;

async function leadersOf(admin: Admin, topic: string, partitions: number): Promise<Target[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { brokers } = await admin.describeCluster();
    const [described] = await admin.describeTopics([topic]);
    const targets = (described?.partitions ?? []).flatMap(({ partition, leaderId, inSyncReplicas }) => {
      const broker = brokers.find(({ nodeId }) => nodeId === leaderId);
      return broker === undefined || inSyncReplicas.length < 3
        ? []
        : [{ topic, partition, leader: { host: broker.host, port: broker.port } }];
    });
    if (targets.length === partitions) return targets;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`topic ${topic} did not get ${partitions} leaders with full ISRs`);
}
