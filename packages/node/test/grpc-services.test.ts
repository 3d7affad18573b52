/** What tools find on the port of the nodes: health, inspection, reflection. */
import {
  Client, credentials, loadPackageDefinition, type ClientReadableStream, type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { InspectionClient } from '@hapax/rpc/client';
import type { CoordinatorsStatus, NodeStatus } from '@hapax/rpc';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GrpcHealth } from '../src/grpc-health.ts';
import { addInspection } from '../src/grpc-inspection.ts';
import { passThrough } from '../src/grpc-lanes.ts';
import { GrpcPeerNetwork } from '../src/grpc-peer-network.ts';
import { addReflection } from '../src/grpc-reflection.ts';
import { keepingLogger, until } from './network-log.ts';

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));
const status: NodeStatus = {
  nodeId: 4, clusterId: 'c', version: '0.1.0', roles: ['broker'], ready: true, raft: undefined, partitions: [],
};
const coordinators: CoordinatorsStatus = {
  coordinators: [
    {
      partition: 3, coordinatorEpoch: 1, phase: 'active', transactionalIds: 2, openTransactions: 1, markersQueued: 0,
    },
  ],
  fences: [],
};

let network: GrpcPeerNetwork;
let health: GrpcHealth;
let port = 0;

beforeEach(async () => {
  network = new GrpcPeerNetwork({
    host: '127.0.0.1', port: 0, clusterId: 'c', connectTimeoutMs: 1000, keepaliveMs: 1000, keepaliveTimeoutMs: 1000,
    logger: keepingLogger().logger,
  });
  health = new GrpcHealth(network.server);
  addInspection(network.server, {
    status: () => status,
    coordinators: () => coordinators,
    timeline: (transactionalId) => ({ error: transactionalId === 'known' ? 0 : 16, entries: [] }),
  });
  addReflection(network.server);
  port = await network.open();
});

afterEach(async () => {
  health.close();
  await network.close();
});

describe('health', () => {
  interface HealthClient extends Client {
    Check(request: { service: string }, done: (error: ServiceError | null, answer?: { status: string }) => void): void;
    Watch(request: { service: string }): ClientReadableStream<{ status: string }>;
  }

  function dial(): HealthClient {
    const definition = loadSync(`${PROTO}grpc/health/v1/health.proto`, { enums: String });
    const { grpc } = loadPackageDefinition(definition) as unknown as {
      grpc: { health: { v1: { Health: new (target: string, how: unknown) => HealthClient } } };
    };
    return new grpc.health.v1.Health(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  test('is not serving until the node says so, and only the node as a whole has one', async () => {
    const client = dial();
    const check = (service: string): Promise<string | undefined> =>
      new Promise((resolve) => client.Check({ service }, (error, answer) => resolve(error?.details ?? answer?.status)));
    expect(await check('')).toBe('NOT_SERVING');
    health.setServing(true);
    expect(await check('')).toBe('SERVING');
    expect(await check('other')).toContain('ask for service ""');
    client.close();
  });

  test('is told again at each change to who watches, and watching ends when the node stops', async () => {
    const client = dial();
    const heard: string[] = [];
    const watch = client.Watch({ service: '' });
    watch.on('data', (answer: { status: string }) => heard.push(answer.status));
    let ended = false;
    watch.on('end', () => {
      ended = true;
    });
    await until(() => heard.length === 1);
    health.setServing(true);
    health.setServing(true);
    await until(() => heard.length === 2);
    health.setServing(false);
    await until(() => heard.length === 3);
    expect(heard).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    health.close();
    await until(() => ended);
    client.close();
  });
});

describe('inspection', () => {
  test('tells what the node is', async () => {
    const client = new InspectionClient({ host: '127.0.0.1', port });
    expect(await client.status({ timeoutMs: 5000 })).toEqual(status);
    client.close();
  });

  test('tells of transaction coordinators, and of single ids', async () => {
    const client = new InspectionClient({ host: '127.0.0.1', port });
    expect(await client.coordinators({ timeoutMs: 5000 })).toEqual(coordinators);
    expect(await client.timeline('known', { timeoutMs: 5000 })).toEqual({ error: 0, entries: [] });
    expect(await client.timeline('unknown', { timeoutMs: 5000 })).toEqual({ error: 16, entries: [] });
    client.close();
  });

  test('of a node that is not there fails as a lost connection', async () => {
    await network.close();
    const client = new InspectionClient({ host: '127.0.0.1', port });
    const failure = { code: 'connection-lost', retriable: true };
    await expect(client.status({ timeoutMs: 5000 })).rejects.toMatchObject(failure);
    client.close();
  });
});

describe('reflection', () => {
  test.each(['v1', 'v1alpha'])('of version %s lists the services of the node', async (version) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const call = client.makeBidiStreamRequest(path, passThrough, passThrough);
    const received: Buffer[] = [];
    call.on('data', (message: Buffer) => received.push(message));
    // ServerReflectionRequest with field 7, list_services, as "*".
    call.write(Buffer.of(0x3a, 1, 0x2a));
    await until(() => received.length === 1);
    const text = Buffer.concat(received).toString('latin1');
    const services = ['hapax.v1.Peer', 'hapax.v1.Inspection', 'grpc.health.v1.Health'];
    for (const service of services) expect(text).toContain(service);
    call.end();
    client.close();
  });
});
