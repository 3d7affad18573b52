/** A data directory belongs to one node of one cluster, and to one process at a time. */
import { LocalNode } from '@hapax/node/local-cluster';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LoneNode } from './lone-node.ts';

let lone: LoneNode;

beforeAll(async () => {
  lone = await LoneNode.start();
}, 120_000);

afterAll(() => lone.stop(), 60_000);

/** Starts a further process on the directory of the node and returns what it said when it ended. */
async function startAnother(name: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const logFile = join(lone.directory, `${name}.log`);
  const node = new LocalNode({
    id: 1, kafka: lone.node.kafka, http: { host: '127.0.0.1', port: 1 }, logFile,
    settings: {
      'node.id': '1', 'cluster.id': 'local', 'node.host': '127.0.0.1', 'data.dir': join(lone.directory, 'node-1'),
      'kafka.host': '127.0.0.1', 'kafka.port': '0', 'peer.host': '127.0.0.1', 'peer.port': '0',
      'http.host': '127.0.0.1', 'http.port': '0', ...settings,
    },
  });
  node.start();
  // It ends by itself; being ready would be the failure, and that is what the text then lacks.
  await node.waitReady(60_000).catch(() => undefined);
  expect(node.isRunning).toBe(false);
  return readFileSync(logFile, 'utf8');
}

test('a second process on the directory of a running node ends and names the first', async () => {
  const said = await startAnother('second', {});
  expect(said).toContain('is open in another process');
  expect(said).toContain(String(lone.node.pid));
  expect(await lone.node.isReady()).toBe(true);
});

test('a directory of another cluster is refused with both names', async () => {
  const said = await startAnother('foreign-cluster', { 'cluster.id': 'elsewhere' });
  expect(said).toContain('belongs to cluster local, not to elsewhere');
});

test('a directory of another node is refused with both numbers', async () => {
  const said = await startAnother('foreign-node', { 'node.id': '2' });
  expect(said).toContain('belongs to node 1, not to 2');
});
