/** How long clients cannot produce when the leader of their partition is killed or paused. */
import { connect } from '@hapax/client';
import type { LocalCluster, LocalNode } from '@hapax/node/local-cluster';
import { createTargets, startBenchCluster } from './bench-cluster.ts';
import { Percentiles } from './percentiles.ts';
import type { Figure } from './scenarios.ts';

const KILLS = 20;
const PAUSES = 5;
const SETTLE_MS = 3000;
const GIVE_UP_MS = 30_000;

/** Kills the leader twenty times and pauses it five times, under a steady load. */
export async function measureFailover(): Promise<readonly Figure[]> {
  const cluster = await startBenchCluster({ flush: 'fsync' });
  try {
    await createTargets(cluster.bootstrap, 'failover', 1);
    const killed = new Percentiles();
    for (let at = 0; at < KILLS; at++) killed.add(await measureOne(cluster, { isPause: false }));
    const paused = new Percentiles();
    for (let at = 0; at < PAUSES; at++) paused.add(await measureOne(cluster, { isPause: true }));
    return [
      figure('killed leader: longest pause, p50', killed.at(0.5), 1000),
      figure('killed leader: longest pause, p99', killed.at(0.99), 1000),
      figure('paused leader: longest pause, largest', paused.at(1), 3000),
    ];
  } finally {
    await cluster.stop();
  }
}

function figure(name: string, value: number, goal: number): Figure {
  return { name, unit: 'ms', value, goal, higherIsBetter: false };
}

/** Strikes the leader while records flow and gives the longest time between two acknowledgements. */
async function measureOne(cluster: LocalCluster, { isPause }: { readonly isPause: boolean }): Promise<number> {
  const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`);
  const client = await connect({ bootstrap, clientId: 'failover' });
  const producer = client.producer({ deliveryTimeoutMs: GIVE_UP_MS });
  let lastAckMs = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    const acked = (): void => {
      longestMs = Math.max(longestMs, performance.now() - lastAckMs);
      lastAckMs = performance.now();
    };
    // A record that is given up is no pause by itself: the time until the next acknowledgement is what counts.
    void producer.send({ topic: 'failover', value: Buffer.from('x') }).then(acked, () => {});
  }, 5);
  try {
    await pause(1000);
    longestMs = 0;
    const leader = await leaderOf(cluster, client.admin());
    if (isPause) leader.pause();
    else await leader.kill();
    const struckMs = performance.now();
    while (lastAckMs < struckMs + 50 && performance.now() - struckMs < GIVE_UP_MS) await pause(5);
    await pause(500);
    if (isPause) leader.resume();
    else leader.start();
    await leader.waitReady(GIVE_UP_MS);
    return longestMs;
  } finally {
    clearInterval(timer);
    await client.close();
    await pause(SETTLE_MS);
  }
}

type Admin = ReturnType<Awaited<ReturnType<typeof connect>>['admin']>;

async function leaderOf(cluster: LocalCluster, admin: Admin): Promise<LocalNode> {
  const [topic] = await admin.describeTopics(['failover']);
  const leaderId = topic?.partitions[0]?.leaderId;
  if (leaderId === undefined) throw new Error('the partition has no leader to strike');
  return cluster.node(leaderId);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
