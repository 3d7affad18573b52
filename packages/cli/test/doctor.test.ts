/** The doctor against servers that are no broker, or that advertise what nobody reaches. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { apiVersions, encodeResponseFrame, metadata } from '@hapax/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { connectAdvice } from '../src/connection-advice.ts';
import { walkConnection, type Step } from '../src/connection-walk.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on loopback that does this with what clients send. */
async function serve(onData: (socket: Socket, bytes: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => onData(socket, bytes));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function framed(chunks: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(chunks);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

interface Told {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly leaders?: readonly number[];
  readonly clusterId?: string;
}

/** A broker that tells this metadata. */
function serveMetadata(told: () => Told): Promise<number> {
  return serve((socket, bytes) => {
    const key = bytes.readInt16BE(4);
    const correlationId = bytes.readInt32BE(8);
    if (key === apiVersions.key) {
      const apiKeys = [{ apiKey: metadata.key, minVersion: 0, maxVersion: 8 }];
      socket.write(framed(encodeResponseFrame(apiVersions, 0, correlationId, { errorCode: 0, apiKeys })));
      return;
    }
    const { brokers, leaders = [], clusterId = 'c' } = told();
    const partitions = leaders.map((leaderId, partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId,
      replicaNodes: [1],
      isrNodes: [1],
    }));
    const topics = [{ errorCode: 0, name: 'orders', partitions }];
    socket.write(
      framed(encodeResponseFrame(metadata, 8, correlationId, { brokers, clusterId, controllerId: 1, topics })),
    );
  });
}

async function walk(port: number): Promise<Step[]> {
  return walkConnection({ host: '127.0.0.1', port }, 400, () => undefined);
}

describe('a port that is no broker', () => {
  const others: readonly (readonly [string, Buffer, string])[] = [
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'an HTTP server answers'],
    ['TLS', Buffer.from([0x15, 3, 3, 0, 2, 2, 10]), 'it speaks TLS'],
    ['gRPC', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), 'gRPC'],
    ['rubbish', Buffer.from([0, 0, 0, 5, 9, 9, 9, 9, 9]), 'its answer makes no sense'],
  ];
  for (const [name, answer, said] of others) {
    test(`is told as ${name}, at the step protocol`, async () => {
      const steps = await walk(await serve((socket) => socket.write(answer)));
      const last = steps.at(-1);
      expect(last).toMatchObject({ name: 'protocol', state: 'broken' });
      expect(last?.found).toContain(said);
      expect(last?.advice.length).toBeGreaterThan(0);
    });
  }

  test('that closes, or says nothing, is told so', async () => {
    const closing = await walk(await serve((socket) => socket.destroy()));
    expect(closing.at(-1)?.name).toBe('protocol');
    const silent = await walk(await serve(() => undefined));
    expect(silent.at(-1)?.found).toContain('no answer to ApiVersions within 400 ms');
  });
});

describe('a broker', () => {
  test('whose addresses all lead to it passes every step', async () => {
    const port: number = await serveMetadata(() => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
      leaders: [1, 1],
    }));
    const steps = await walk(port);
    expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'name ok',
      'port ok',
      'protocol ok',
      'metadata ok',
      'advertised ok',
      'leaders ok',
    ]);
  });

  test('that advertises an address where nobody is fails at that address, and at the partitions it leads', async () => {
    const port: number = await serveMetadata(() => ({
      brokers: [
        { nodeId: 1, host: '127.0.0.1', port },
        { nodeId: 2, host: 'hapax-2.invalid', port: 9092 },
      ],
      leaders: [1, 2],
    }));
    const steps = await walk(port);
    const broken = steps.filter(({ state }) => state === 'broken');
    expect(broken.map(({ name }) => name)).toEqual(['advertised', 'leaders']);
    expect(broken[0]?.found).toContain('broker 2 says hapax-2.invalid:9092');
    expect(broken[1]?.found).toContain('orders-1');
    expect(broken[1]?.advice.join()).toContain('brokers 2 lead them');
  });

  test('that advertises an address of another cluster is told so', async () => {
    const other: number = await serveMetadata(() => ({ brokers: [], clusterId: 'other' }));
    const port = await serveMetadata(() => ({ brokers: [{ nodeId: 1, host: '127.0.0.1', port: other }] }));
    const step = (await walk(port)).find(({ name }) => name === 'advertised');
    expect(step?.found).toContain('there is cluster other, not c');
  });

  test('with partitions that nobody leads fails at the leaders', async () => {
    const port: number = await serveMetadata(() => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
      leaders: [1, -1],
    }));
    expect((await walk(port)).at(-1)).toMatchObject({ name: 'leaders', state: 'broken' });
  });
});

describe('advice on an advertised address', () => {
  test('says what localhost means when the bootstrap address is another host', () => {
    const advice = connectAdvice({ host: 'kafka.example', port: 9092 }, { host: 'localhost', port: 9092 });
    expect(advice.join('\n')).toContain('set advertised to kafka.example:9092');
  });

  test('recognizes the name of a container', () => {
    const advice = connectAdvice({ host: 'localhost', port: 9092 }, { host: 'hapax-1', port: 9092 });
    expect(advice.join('\n')).toContain("a container's or pod's name");
    expect(advice.join('\n')).toContain('advertised=auto');
  });
});
