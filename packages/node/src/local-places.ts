/** The ports of a local cluster's nodes. They are kept with the data: nodes must find one another after a restart. */
import { AppError } from '@hapax/base';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Where one node listens, on loopback. */
export interface LocalPlace {
  readonly id: number;
  readonly kafkaPort: number;
  readonly peerPort: number;
  readonly httpPort: number;
}

const FILE = 'cluster.json';

/**
 * The places of `count` nodes with ids from 1 on: those of the last time where the directory has them, else free ones.
 * `kafkaPort` is the first node's, the others' follow. Throws `usage` where the directory has another number of nodes.
 */
export async function placesOf(directory: string, count: number, kafkaPort: number | undefined): Promise<LocalPlace[]> {
  const file = join(directory, FILE);
  const places = existsSync(file) ? readPlaces(file, count) : await freePlaces(count);
  const moved = places.map((place, at) => ({
    ...place,
    kafkaPort: kafkaPort === undefined ? place.kafkaPort : kafkaPort + at,
  }));
  writeFileSync(file, `${JSON.stringify({ nodes: moved }, undefined, 2)}\n`);
  return moved;
}

function readPlaces(file: string, count: number): LocalPlace[] {
  const { nodes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly nodes: LocalPlace[] };
  if (nodes.length === count) return nodes;
  const found = `${file} is of a cluster of ${nodes.length} nodes, not ${count}`;
  const message = `${found}: start ${nodes.length}, or choose another directory`;
  throw new AppError('usage', message, { retriable: false, definite: true });
}

async function freePlaces(count: number): Promise<LocalPlace[]> {
  const ports = await freePorts(count * 3);
  return Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    kafkaPort: ports[at * 3] as number,
    peerPort: ports[at * 3 + 1] as number,
    httpPort: ports[at * 3 + 2] as number,
  }));
}

/** Ports that were free a moment ago. All are held at once, so that none is given twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
}
