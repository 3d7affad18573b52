/** The front door of Kafka clients: TCP, cut into frames. */
import {
  AppError, type ClientListener, type Connection, type ConnectionHandler, type Endpoint, type Logger,
} from '@hapax/base';
import { createServer, type Server, type Socket } from 'node:net';
import { FramedSocket } from './framed-socket.ts';

export interface TcpClientListenerOptions {
  /** The address to listen on; `0.0.0.0` for all. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** A longer frame closes its connection. */
  readonly maxFrameBytes: number;
  /** Further connections are closed at once. */
  readonly maxConnections: number;
  /** A connection without traffic for this long is closed; 0 for never. */
  readonly idleTimeoutMs: number;
  readonly logger: Logger;
}

/** Accepts Kafka clients. `listen` says who serves them, `open` begins to accept. */
export class TcpClientListener implements ClientListener {
  private readonly options: TcpClientListenerOptions;
  private readonly server: Server;
  private readonly sockets = new Set<FramedSocket>();
  private accept: ((connection: Connection) => ConnectionHandler) | undefined;

  constructor(options: TcpClientListenerOptions) {
    this.options = options;
    this.server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.onSocket(socket));
    this.server.maxConnections = options.maxConnections;
    this.server.on('drop', (dropped) => {
      const fields = { remote: dropped?.remoteAddress, connections: this.sockets.size };
      options.logger.warn(fields, 'a client was turned away: limits.connections is reached');
    });
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.sockets.size;
  }

  listen(accept: (connection: Connection) => ConnectionHandler): void {
    this.accept = accept;
  }

  /** Begins to accept; gives the port. Throws `config-invalid` where the address is taken or is not this host's. */
  open(): Promise<number> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause) => reject(cannotListen({ host, port }, cause)));
      this.server.listen({ host, port }, () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Stops accepting, closes every connection after what is queued on it, and waits until they are gone. */
  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.close('the node stops');
    await Promise.all([stopped, ...[...this.sockets].map((socket) => socket.closed)]);
  }

  private onSocket(socket: Socket): void {
    if (this.accept === undefined) {
      socket.destroy();
      return;
    }
    const { maxFrameBytes, idleTimeoutMs, logger } = this.options;
    const framed = new FramedSocket(socket, { maxFrameBytes, idleTimeoutMs, logger });
    this.sockets.add(framed);
    socket.once('close', () => this.sockets.delete(framed));
    framed.start(this.accept(framed));
  }
}

/** Why nothing can listen at an endpoint. */
export function cannotListen(at: Endpoint, cause: Error): AppError {
  const message = `cannot listen on ${at.host}:${at.port}: ${cause.message}; choose another host or port`;
  return new AppError('config-invalid', message, { retriable: true, definite: true, cause });
}
