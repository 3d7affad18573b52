/** Connections between nodes over real gRPC: order, identity, back-pressure, and how loss is noticed. */
import type { AppError, Connection } from '@hapax/base';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CLUSTER_ID_HEADER, lanePath, passThrough } from '../src/grpc-lanes.ts';
import { GrpcPeerNetwork, type GrpcPeerNetworkOptions } from '../src/grpc-peer-network.ts';
import { keepingLogger, NetworkLog, until } from './network-log.ts';

const { logger, lines } = keepingLogger();
const networks: GrpcPeerNetwork[] = [];
const proxies: TcpServer[] = [];

afterEach(async () => {
  for (const network of networks.splice(0)) await network.close();
  for (const proxy of proxies.splice(0)) proxy.close();
});

interface Node {
  readonly network: GrpcPeerNetwork;
  readonly at: { readonly host: string; readonly port: number };
  readonly accepted: { readonly connection: Connection; readonly log: NetworkLog }[];
}

async function node(options: Partial<GrpcPeerNetworkOptions> = {}): Promise<Node> {
  const network = new GrpcPeerNetwork({
    host: '127.0.0.1', port: 0, clusterId: 'cluster', connectTimeoutMs: 5000, keepaliveMs: 1000,
    keepaliveTimeoutMs: 2000, logger, ...options,
  });
  networks.push(network);
  const accepted: Node['accepted'] = [];
  for (const lane of ['raft', 'replication'] as const) {
    network.listen(lane, (connection) => {
      const log = new NetworkLog();
      accepted.push({ connection, log });
      return log;
    });
  }
  return { network, at: { host: '127.0.0.1', port: await network.open() }, accepted };
}

describe('a connection between nodes', () => {
  test('carries messages whole and in order both ways, also those sent before it was open', async () => {
    const [a, b] = [await node(), await node()];
    const log = new NetworkLog();
    const connection = a.network.connect(b.at, 'raft', log);
    const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    for (const text of sent) connection.send([Buffer.from(text.slice(0, 3)), Buffer.from(text.slice(3))]);
    await until(() => b.accepted[0]?.log.messages.length === 500);
    expect(b.accepted[0]?.log.texts).toEqual(sent);
    for (const text of sent) b.accepted[0]?.connection.send([Buffer.from(text)]);
    await until(() => log.messages.length === 500);
    expect(log.texts).toEqual(sent);
    expect([log.opens, b.accepted[0]?.log.opens]).toEqual([1, 0]);
    expect(connection.remoteAddress).toEqual(b.at);
    expect(b.accepted[0]?.connection.remoteAddress.host).toBe('127.0.0.1');
  });

  test('carries empty messages and messages of many megabytes', async () => {
    const [a, b] = [await node(), await node()];
    const connection = a.network.connect(b.at, 'replication', new NetworkLog());
    const large = Buffer.alloc(20_000_000, 'x');
    connection.send([]);
    connection.send([large.subarray(0, 7), large.subarray(7)]);
    connection.send([Buffer.from('end')]);
    await until(() => b.accepted[0]?.log.messages.length === 3);
    expect(b.accepted[0]?.log.messages.map((message) => message.byteLength)).toEqual([0, 20_000_000, 3]);
  });

  test('shows what the peer does not take, and says when it drained', async () => {
    const [a, b] = [await node(), await node()];
    const log = new NetworkLog();
    const connection = a.network.connect(b.at, 'replication', log);
    await until(() => log.opens === 1);
    b.accepted[0]?.connection.setPaused(true);
    for (let count = 0; count < 40; count++) connection.send([Buffer.alloc(1_000_000)]);
    expect(connection.bufferedBytes).toBeGreaterThan(39_000_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connection.bufferedBytes).toBeGreaterThan(10_000_000);
    expect(log.drains).toBe(0);
    b.accepted[0]?.connection.setPaused(false);
    await until(() => b.accepted[0]?.log.messages.length === 40);
    await until(() => log.drains > 0 && connection.bufferedBytes === 0);
  });

  test('closes after what was queued is sent, and both ends hear it once', async () => {
    const [a, b] = [await node(), await node()];
    const log = new NetworkLog();
    const connection = a.network.connect(b.at, 'raft', log);
    await until(() => log.opens === 1);
    connection.send([Buffer.from('bye')]);
    connection.close('enough');
    connection.send([Buffer.from('nothing')]);
    expect(await b.accepted[0]?.log.closed()).toBe('the dialler closed the stream');
    expect(await log.closed()).toBe('enough');
    expect(b.accepted[0]?.log.texts).toEqual(['bye']);
  });

  test('may be closed by the end that accepted it', async () => {
    const [a, b] = [await node(), await node()];
    const log = new NetworkLog();
    a.network.connect(b.at, 'raft', log);
    await until(() => log.opens === 1);
    b.accepted[0]?.connection.send([Buffer.from('last')]);
    b.accepted[0]?.connection.close('no more');
    expect(await log.closed()).toContain('closed the stream');
    expect(log.texts).toEqual(['last']);
    expect(await b.accepted[0]?.log.closed()).toBe('no more');
  });

  test('is refused by a node of another cluster, and on a lane that is not served', async () => {
    const [a, b] = [await node(), await node({ clusterId: 'other' })];
    const log = new NetworkLog();
    a.network.connect(b.at, 'raft', log);
    expect(await log.closed()).toContain('belongs to cluster other, not to cluster');
    const second = new NetworkLog();
    a.network.connect(b.at, 'admin', second);
    expect(await second.closed()).toContain('does not serve the lane admin');
    expect([log.opens, second.opens, b.accepted.length]).toEqual([0, 0, 0]);
  });

  test('to where nobody listens fails at once, and works as soon as somebody does', async () => {
    const [a, b] = [await node(), await node()];
    await b.network.close();
    const log = new NetworkLog();
    a.network.connect(b.at, 'raft', log);
    expect(await log.closed()).toContain('ECONNREFUSED');
    await node({ port: b.at.port });
    const again = new NetworkLog();
    a.network.connect(b.at, 'raft', again);
    await until(() => again.opens === 1);
  });

  test('to where nobody answers fails after the connect timeout', async () => {
    const silent = createServer(() => undefined);
    proxies.push(silent);
    const port = await listenAt(silent);
    const a = await node({ connectTimeoutMs: 30 });
    const log = new NetworkLog();
    a.network.connect({ host: '127.0.0.1', port }, 'raft', log);
    expect(await log.closed()).toContain('did not accept the stream within 30 ms');
  });

  test('is known to be lost at both ends as soon as TCP is reset', async () => {
    const [a, b] = [await node(), await node()];
    const { port, pairs } = await proxyTo(b.at.port);
    const log = new NetworkLog();
    a.network.connect({ host: '127.0.0.1', port }, 'raft', log);
    await until(() => log.opens === 1);
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    await log.closed();
    await b.accepted[0]?.log.closed();
  });

  test('is known to be lost at both ends when nothing comes any more, though TCP says nothing', async () => {
    const quick = { keepaliveMs: 30, keepaliveTimeoutMs: 30 };
    const [a, b] = [await node(quick), await node(quick)];
    const { port, pairs } = await proxyTo(b.at.port);
    const log = new NetworkLog();
    a.network.connect({ host: '127.0.0.1', port }, 'raft', log);
    await until(() => log.opens === 1);
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.resume();
    }
    await log.closed();
    await b.accepted[0]?.log.closed();
  });

  test('has a TCP connection of its own, so that lanes never wait for one another', async () => {
    const [a, b] = [await node(), await node()];
    const { port, pairs } = await proxyTo(b.at.port);
    const logs = [new NetworkLog(), new NetworkLog()];
    a.network.connect({ host: '127.0.0.1', port }, 'raft', logs[0] as NetworkLog);
    a.network.connect({ host: '127.0.0.1', port }, 'replication', logs[1] as NetworkLog);
    await until(() => logs.every((log) => log.opens === 1));
    expect(pairs).toHaveLength(2);
  });

  test('is cut when what comes is no frame', async () => {
    const b = await node();
    const client = new Client(`${b.at.host}:${b.at.port}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set(CLUSTER_ID_HEADER, 'cluster');
    const call = client.makeBidiStreamRequest(lanePath('raft'), passThrough, passThrough, metadata);
    const ended = new Promise((resolve) => call.on('error', resolve));
    call.write(Buffer.from('?'));
    await ended;
    expect(await b.accepted[0]?.log.closed()).toContain('begins no frame');
    expect(lines).toContain('a node sent what cannot be read; its stream is cut');
    client.close();
  });

  test('is closed at both ends when a node stops', async () => {
    const [a, b] = [await node(), await node()];
    const log = new NetworkLog();
    a.network.connect(b.at, 'raft', log);
    await until(() => log.opens === 1);
    await b.network.close();
    await log.closed();
    await b.accepted[0]?.log.closed();
  });
});

test('a port that is taken is said with what to do', async () => {
  const a = await node();
  const error = (await node({ port: a.at.port }).catch((cause: unknown) => cause)) as AppError;
  expect(error.code).toBe('config-invalid');
  expect(error.message).toContain(`127.0.0.1:${a.at.port}`);
});

async function listenAt(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** A TCP proxy, whose connections the test can break. */
async function proxyTo(targetPort: number): Promise<{ port: number; pairs: [Socket, Socket][] }> {
  const { createConnection } = await import('node:net');
  const pairs: [Socket, Socket][] = [];
  const proxy = createServer((near) => {
    const far = createConnection({ host: '127.0.0.1', port: targetPort });
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
    pairs.push([near, far]);
  });
  proxies.push(proxy);
  return { port: await listenAt(proxy), pairs };
}
