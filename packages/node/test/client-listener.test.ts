/** Kafka clients over real sockets: frames, limits, closing. */
import type { AppError, Connection } from '@hapax/base';
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { TcpClientListener, type TcpClientListenerOptions } from '../src/client-listener.ts';
import { keepingLogger, NetworkLog, until } from './network-log.ts';

const { logger, lines } = keepingLogger();
const toClose: TcpClientListener[] = [];
const toDestroy: Socket[] = [];

afterEach(async () => {
  for (const socket of toDestroy.splice(0)) socket.destroy();
  for (const listener of toClose.splice(0)) await listener.close();
});

interface Served {
  readonly connection: Connection;
  readonly log: NetworkLog;
}

interface Started {
  readonly port: number;
  readonly served: Served[];
  readonly listener: TcpClientListener;
}

async function start(options: Partial<TcpClientListenerOptions> = {}): Promise<Started> {
  const listener = new TcpClientListener({
    host: '127.0.0.1', port: 0, maxFrameBytes: 1_000_000, maxConnections: 100, idleTimeoutMs: 0, logger, ...options,
  });
  const served: Served[] = [];
  listener.listen((connection) => {
    const log = new NetworkLog();
    served.push({ connection, log });
    return log;
  });
  toClose.push(listener);
  return { port: await listener.open(), served, listener };
}

async function dial(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port });
  toDestroy.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length);
  bytes.writeInt32BE(text.length);
  bytes.write(text, 4);
  return bytes;
}

describe('the listener of clients', () => {
  test('gives whole messages, however the bytes arrive', async () => {
    const { port, served } = await start();
    const socket = await dial(port);
    socket.write(Buffer.concat([frame('one'), frame(''), frame('three').subarray(0, 6)]));
    await until(() => served[0]?.log.messages.length === 2);
    socket.write(frame('three').subarray(6));
    await until(() => served[0]?.log.messages.length === 3);
    expect(served[0]?.log.texts).toEqual(['one', '', 'three']);
    expect(served[0]?.connection.remoteAddress).toEqual({ host: '127.0.0.1', port: socket.localPort });
    expect(served[0]?.connection.localAddress).toEqual({ host: '127.0.0.1', port });
  });

  test('sends small and large messages whole and in order', async () => {
    const { port, served } = await start();
    const socket = await dial(port);
    await until(() => served.length === 1);
    const { connection } = served[0] as Served;
    connection.send([Buffer.from('a'), Buffer.from('bc')]);
    connection.send([Buffer.alloc(3000, 'x'), Buffer.alloc(300_000, 'y')]);
    connection.send([]);
    const expected = Buffer.concat([frame('abc'), frame('x'.repeat(3000) + 'y'.repeat(300_000)), frame('')]);
    const received = await readBytes(socket, expected.byteLength);
    expect(Buffer.compare(received, expected)).toBe(0);
  });

  test('counts what a client does not read, and says when it went', async () => {
    const { port, served } = await start();
    const socket = await dial(port);
    socket.pause();
    await until(() => served.length === 1);
    const { connection, log } = served[0] as Served;
    const chunk = Buffer.alloc(1_000_000);
    for (let count = 0; count < 32; count++) connection.send([chunk]);
    expect(connection.bufferedBytes).toBeGreaterThan(10_000_000);
    socket.resume();
    await until(() => log.drains > 0 && connection.bufferedBytes === 0);
  });

  test('reads nothing while paused', async () => {
    const { port, served } = await start();
    const socket = await dial(port);
    await until(() => served.length === 1);
    const { connection, log } = served[0] as Served;
    connection.setPaused(true);
    socket.write(frame('later'));
    const other = await dial(port);
    other.write(frame('now'));
    await until(() => served[1]?.log.messages.length === 1);
    expect(log.messages).toHaveLength(0);
    connection.setPaused(false);
    await until(() => log.messages.length === 1);
  });

  test('closes after what was queued is sent, and says so once', async () => {
    const { port, served } = await start();
    const socket = await dial(port);
    await until(() => served.length === 1);
    const { connection, log } = served[0] as Served;
    connection.send([Buffer.from('bye')]);
    connection.close('enough');
    connection.close('again');
    connection.send([Buffer.from('nothing')]);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    await once(socket, 'end');
    socket.end();
    expect(Buffer.concat(received)).toEqual(frame('bye'));
    expect(await log.closed()).toBe('enough');
  });

  test('hears a client that is reset, and one that closes', async () => {
    const { port, served } = await start();
    const first = await dial(port);
    await until(() => served.length === 1);
    first.resetAndDestroy();
    expect(await served[0]?.log.closed()).toContain('ECONNRESET');
    const second = await dial(port);
    await until(() => served.length === 2);
    second.end();
    expect(await served[1]?.log.closed()).toBe('the client closed the connection');
  });

  test('cuts a client that sends what is no frame', async () => {
    const { port, served } = await start({ maxFrameBytes: 100 });
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await until(() => served.length === 1);
    expect(await served[0]?.log.closed()).toContain('outside [0, 100]');
    expect(lines).toContain('a client sent what is no frame; its connection is cut');
  });

  test('turns clients away above the limit of connections', async () => {
    const { port, served, listener } = await start({ maxConnections: 2 });
    await dial(port);
    await dial(port);
    await until(() => served.length === 2);
    const third = await dial(port);
    await until(() => third.destroyed);
    expect(served).toHaveLength(2);
    expect(listener.connections).toBe(2);
  });

  test('closes a connection on which nothing happens', async () => {
    const { port, served } = await start({ idleTimeoutMs: 20 });
    await dial(port);
    await until(() => served.length === 1);
    expect(await served[0]?.log.closed()).toBe('nothing came for 20 ms');
  });

  test('says what to do where its port is taken', async () => {
    const { port } = await start();
    const second = new TcpClientListener({
      host: '127.0.0.1', port, maxFrameBytes: 1, maxConnections: 1, idleTimeoutMs: 0, logger,
    });
    const error = (await second.open().catch((cause: unknown) => cause)) as AppError;
    expect(error.code).toBe('config-invalid');
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  test('closes its clients when it stops', async () => {
    const { port, served, listener } = await start();
    const socket = await dial(port);
    socket.resume();
    await until(() => served.length === 1);
    await listener.close();
    expect(served[0]?.log.closes).toEqual(['the node stops']);
  });
});

async function readBytes(socket: Socket, sizeBytes: number): Promise<Buffer> {
  const received: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    size += chunk.byteLength;
  });
  await until(() => size >= sizeBytes);
  return Buffer.concat(received);
}
