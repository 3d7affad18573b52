/** A supervised cluster of processes: killed, paused, restarted, moved, and gone with its parent. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCluster } from '@hapax/node/local-cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';

const START_TIMEOUT_MS = 120_000;
const unexpected: (readonly [number, number | null])[] = [];
let directory: string;
let cluster: LocalCluster;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hapax-local-'));
  cluster = await LocalCluster.start({
    nodes: 3,
    directory: join(directory, 'three'),
    onUnexpectedExit: (id, code) => unexpected.push([id, code]),
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Whether a process runs; one that nobody has waited for yet does not. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

test('a paused node does not answer, and goes on where it stood', async () => {
  const node = cluster.node(2);
  expect(await node.isReady()).toBe(true);
  node.pause();
  expect(await node.isReady()).toBe(false);
  node.resume();
  await node.waitReady(START_TIMEOUT_MS);
  expect(unexpected).toEqual([]);
});

test('a killed node is gone at once, and comes back at the same address', async () => {
  const node = cluster.node(3);
  const { pid, kafka } = node;
  await node.kill();
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(node.isRunning).toBe(false);
  await node.restart(START_TIMEOUT_MS);
  expect(node.pid).not.toBe(pid);
  expect(node.kafka).toEqual(kafka);
  expect(unexpected).toEqual([]);
});

test('an end that nobody asked for is told', async () => {
  const node = cluster.node(1);
  process.kill(node.pid ?? 0, 'SIGKILL');
  await until(() => !node.isRunning);
  expect(unexpected).toEqual([[1, null]]);
  await node.restart(START_TIMEOUT_MS);
});

test('the ports are kept beside the data, and a cluster of another size is refused', async () => {
  const again = await LocalCluster.prepare({ nodes: 3, directory: cluster.directory });
  expect(again.bootstrap).toEqual(cluster.bootstrap);
  const other = LocalCluster.prepare({ nodes: 5, directory: cluster.directory });
  await expect(other).rejects.toThrow('is of a cluster of 3 nodes, not 5');
});

test('an id that is not there is told with those that are', () => {
  expect(() => cluster.node(4)).toThrow('node 4 is none of 1, 2, 3');
});

test('a node that cannot start says why', async () => {
  const broken = LocalCluster.start({
    nodes: 1,
    directory: join(directory, 'broken'),
    settings: { 'kafka.prot': '1' },
  });
  await expect(broken).rejects.toThrow('did you mean kafka.port?');
});

test('nodes end with the process that started them, paused or not', async () => {
  const script = join(import.meta.dirname, `orphans-${process.pid}.ts`);
  const data = JSON.stringify(join(directory, 'orphans'));
  writeFileSync(
    script,
    `import { LocalCluster } from '@hapax/node/local-cluster';
     const cluster = await LocalCluster.start({ nodes: 2, directory: ${data} });
     cluster.node(2).pause();
     console.log(cluster.nodes.map((node) => node.pid).join(' '));
     process.exit(0);`,
  );
  try {
    const child = spawn(process.execPath, ['--conditions=source', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed: string = await new Promise((resolve) => child.stdout.on('data', (chunk) => resolve(String(chunk))));
    const pids = printed.trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(isAlive));
  } finally {
    rmSync(script);
  }
});
