/** Where a demonstration takes place: three nodes on this machine and a client, gone when it is over. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@hapax/base';
import { connect, type Admin, type HapaxClient } from '@hapax/client';
import { LocalCluster } from '@hapax/node/local-cluster';
import { formatDuration } from '../output.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { waitForTopic } from '../wait-for-topic.ts';

export interface Stage {
  readonly terminal: Terminal;
  readonly cluster: LocalCluster;
  readonly client: HapaxClient;
  readonly admin: Admin;
  /** Addresses for other processes. */
  readonly bootstrap: string;
}

const NODES = 3;
const IN_SYNC_TIMEOUT_MS = 60_000;

/** Deaths are noticed sooner than by default, and nodes write no more log than is read. */
const SETTINGS = {
  'log.level': 'warn',
  'group.min.session.timeout.ms': '1000',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
};

/**
 * Starts the nodes, performs, and clears away. Throws `closed` when interrupted, and `not-ready` when a node ends that
 * nobody killed.
 */
export async function onStage<T>(terminal: Terminal, perform: (stage: Stage) => Promise<T>): Promise<T> {
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  // It may end before anybody waits for it.
  ended.catch(() => undefined);
  const cluster = await startNodes(terminal, end);
  const stopListening = terminal.onInterrupt(() =>
    end(new AppError('closed', 'interrupted', { retriable: true, definite: true })),
  );
  const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
  try {
    const client = await connect({ bootstrap, clientId: 'demo' });
    try {
      const stage = { terminal, cluster, client, admin: client.admin(), bootstrap };
      return await Promise.race([ended, perform(stage)]);
    } finally {
      await client.close();
    }
  } finally {
    stopListening();
    await cluster.stop();
  }
}

/** Makes topics with a replica on every node, and waits until they are in full use. */
export async function createTopics(
  { terminal, admin }: Stage,
  names: readonly string[],
  partitions: number,
): Promise<void> {
  await admin.createTopics(names.map((topic) => ({ topic, partitions, replicationFactor: NODES })));
  for (const name of names) await waitForTopic(terminal, admin, name, IN_SYNC_TIMEOUT_MS);
}

async function startNodes(terminal: Terminal, end: (error: AppError) => void): Promise<LocalCluster> {
  const startedAt = performance.now();
  const progress = startProgress(terminal, `starting ${NODES} nodes`, NODES);
  try {
    const cluster: LocalCluster = await LocalCluster.start({
      nodes: NODES,
      directory: mkdtempSync(join(tmpdir(), 'hapax-demo-')),
      isEphemeral: true,
      settings: SETTINGS,
      onProgress: (ready) => progress.update(ready),
      onUnexpectedExit: (id, code) => {
        const message = `node ${id} ended by itself (${code}); the end of its log:\n${cluster.node(id).lastLogLines()}`;
        end(new AppError('not-ready', message, { retriable: false, definite: false }));
      },
    });
    progress.finish(`ready in ${formatDuration(performance.now() - startedAt)}`);
    return cluster;
  } catch (error) {
    progress.abandon();
    throw error;
  }
}
