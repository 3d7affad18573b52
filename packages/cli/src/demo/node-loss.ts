/** The loss of a node: killed, succeeded by another, started again. */
import type { Admin } from '@hapax/client';
import type { LocalCluster } from '@hapax/node/local-cluster';
import { formatDuration } from '../output.ts';

/** What happened to the leader of a partition. */
export interface NodeLoss {
  readonly killed: number;
  readonly successor: number;
  /** From the kill until the metadata name another leader. */
  readonly electionMs: number;
  /** From the kill until the node is ready again. */
  readonly backMs: number;
}

/** Of what the node is killed of: a partition, and what its leader is called. */
export interface Post {
  readonly topic: string;
  readonly partition: number;
  /** `leader of flights-0`, `coordinator`. */
  readonly title: string;
}

const NODE_START_TIMEOUT_MS = 60_000;
const IN_SYNC_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** Kills the leader of a partition, waits for its successor, starts it again, and waits until all is in sync. */
export async function loseNode(
  cluster: LocalCluster,
  admin: Admin,
  { topic, partition, title }: Post,
  onStep: (what: string) => void,
): Promise<NodeLoss> {
  const killed = await leaderOf(admin, topic, partition);
  const killedAt = performance.now();
  await cluster.node(killed).kill();
  onStep(`node ${killed} killed, ${title}`);
  let successor = killed;
  while (successor === killed || successor < 0) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    successor = await leaderOf(admin, topic, partition).catch(() => -1);
  }
  const electionMs = performance.now() - killedAt;
  onStep(`node ${successor} is ${title} after ${formatDuration(electionMs)}`);
  const node = cluster.node(killed);
  node.start();
  await node.waitReady(NODE_START_TIMEOUT_MS);
  const backMs = performance.now() - killedAt;
  await waitInSync(admin);
  onStep(`node ${killed} is back`);
  return { killed, successor, electionMs, backMs };
}

/** Resolves when all replicas of all partitions are in sync, or when that takes too long. */
async function waitInSync(admin: Admin): Promise<void> {
  const deadline = performance.now() + IN_SYNC_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const topics = await admin.listTopics().catch(() => undefined);
    const partitions = topics?.flatMap((topic) => topic.partitions) ?? [];
    const isAll = partitions.every((one) => one.leaderId >= 0 && one.inSyncReplicas.length === one.replicas.length);
    if (topics !== undefined && isAll) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * 5));
  }
}

async function leaderOf(admin: Admin, topic: string, partition: number): Promise<number> {
  const [described] = await admin.describeTopics([topic]);
  return described?.partitions.find((one) => one.partition === partition)?.leaderId ?? -1;
}
