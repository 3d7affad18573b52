/** The fake cluster behind real sockets of this machine, its time driven by the real clock. */
import { createServer, type Server, type Socket } from 'node:net';
import { FrameSplitter } from '@hapax/wire';
import type { FakeCluster } from './fake-cluster.ts';

/** Listens for every broker, on ports of the system's choice. */
export class TcpFront {
  readonly #fake: FakeCluster;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #ticking: NodeJS.Timeout | undefined;

  constructor(fake: FakeCluster) {
    this.#fake = fake;
  }

  /** Starts, and returns the addresses. */
  async listen(): Promise<string[]> {
    const addresses: string[] = [];
    for (const nodeId of this.#fake.nodes) {
      const server = createServer((socket) => this.#accept(nodeId, socket));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      this.#fake.advertised.set(nodeId, { host: 'localhost', port });
      this.#servers.push(server);
      addresses.push(`localhost:${port}`);
    }
    this.#ticking = setInterval(() => this.#fake.time.run(5), 5);
    return addresses;
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    clearInterval(this.#ticking);
    this.cutAll();
    for (const server of this.#servers) server.close();
  }

  #accept(nodeId: number, socket: Socket): void {
    const splitter = new FrameSplitter(100_000_000);
    this.#sockets.add(socket);
    const connection = {
      endpoint: this.#fake.endpoint(nodeId),
      isOpen: true,
      respond: (chunks: readonly Uint8Array[]) => {
        const length = Buffer.alloc(4);
        length.writeInt32BE(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
        socket.write(length);
        for (const chunk of chunks) socket.write(chunk);
      },
      cut: () => socket.destroy(),
    };
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) this.#fake.onRequest(nodeId, connection, frame);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
