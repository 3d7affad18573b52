/** Everything that a node stands on, opened and closed together. */
import type { AppError } from '@hapax/base';
import type { NodeStatus } from '@hapax/rpc';
import { InspectionClient } from '@hapax/rpc/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { brokerOptions } from '../src/broker-options.ts';
import { loadConfig, type NodeConfig } from '../src/config.ts';
import { startPorts, type NodeHooks, type NodePorts } from '../src/start-ports.ts';
import { keepingLogger, NetworkLog, until } from './network-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'hapax-ports-'));
afterAll(() => rmSync(folder, { recursive: true }));
const opened: NodePorts[] = [];
afterEach(async () => {
  for (const ports of opened.splice(0)) await ports.close();
});

const status: NodeStatus = {
  nodeId: 1, clusterId: 'c', version: '0', roles: [], ready: false, raft: undefined, partitions: [],
};
const hooks: NodeHooks = {
  readiness: () => ({ ready: false, reason: 'starting' }),
  status: () => status,
  coordinators: () => ({ coordinators: [], fences: [] }),
  timeline: () => ({ error: 16, entries: [] }),
  failStop: (reason) => expect.fail(reason),
  logger: keepingLogger().logger,
};

function config(name: string, overrides: Record<string, string> = {}): NodeConfig {
  const everywhere = { 'kafka.port': '0', 'peer.port': '0', 'http.port': '0', 'metrics.process': 'false' };
  return loadConfig({ overrides: { ...everywhere, 'data.dir': join(folder, name), ...overrides } });
}

async function open(given: NodeConfig): Promise<NodePorts> {
  const ports = await startPorts(given, hooks);
  opened.push(ports);
  return ports;
}

describe('the ports of a node', () => {
  test('are open: probes, tools and clients are answered, and names point to what listens', async () => {
    const { ports, listening, place, health } = await open(config('a', { 'node.host': 'here' }));
    expect(place.kafkaEndpoint).toEqual({ host: 'here', port: listening.kafka.port });
    expect(place.peerEndpoint).toEqual({ host: 'here', port: listening.peer.port });
    expect((await fetch(`http://127.0.0.1:${listening.http.port}/readyz`)).status).toBe(503);
    const tool = new InspectionClient({ host: '127.0.0.1', port: listening.peer.port });
    expect(await tool.status({ timeoutMs: 5000 })).toEqual(status);
    tool.close();
    health.setServing(true);
    const log = new NetworkLog();
    const told: unknown[] = [];
    ports.clients.listen((connection) => {
      told.push(ports.advertise({ host: 'other', port: 7 }, connection));
      return log;
    });
    const client = createConnection({ host: '127.0.0.1', port: listening.kafka.port });
    client.write(Buffer.of(0, 0, 0, 1, 42));
    await until(() => log.messages.length === 1);
    expect(told).toEqual([{ host: 'localhost', port: 7 }]);
    client.destroy();
  });

  test('give a broker its options', async () => {
    const given = config('b', { 'cluster.id': 'c', 'min.insync.replicas': '1', 'auto.create.topics.enable': 'false' });
    const { place } = await open(given);
    const options = brokerOptions(given, place);
    expect(options).toMatchObject({
      clusterId: 'c', roles: ['broker', 'controller'], rack: null, topics: { autoCreate: false },
      controller: { clusterId: 'c', nodesExpected: 1, initialConfigs: { 'min.insync.replicas': '1' } },
      groups: { offsetsRetentionMs: 604_800_000 },
    });
    expect(options.log.reserveBytes).toBeGreaterThan(options.log.journalFileBytes);
  });

  test('can be opened again once they are closed, on the same directory and the same ports', async () => {
    const first = await open(config('c'));
    const { listening, place } = first;
    await opened.pop()?.close();
    const samePorts = { 'kafka.port': `${listening.kafka.port}`, 'peer.port': `${listening.peer.port}` };
    const again = await open(config('c', samePorts));
    expect(again.place).toEqual(place);
  });

  test('leave nothing open when one of them cannot be opened', async () => {
    const first = await open(config('d'));
    const taken = config('e', { 'kafka.port': `${first.listening.kafka.port}` });
    const failure = (await startPorts(taken, hooks).catch((cause: unknown) => cause)) as AppError;
    expect(failure.code).toBe('config-invalid');
    await open(config('e'));
  });

  test('are refused on the directory of another node', async () => {
    const { place } = await open(config('f', { 'node.id': '1' }));
    await opened.pop()?.close();
    const other = config('f', { 'node.id': '2', 'cluster.id': place.clusterId });
    await expect(startPorts(other, hooks)).rejects.toMatchObject({ code: 'data-foreign' });
  });
});
