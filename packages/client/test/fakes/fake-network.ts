/** Connections in memory: ordered, with a latency, and cut when a test says so. */
import type { ClientDialer, Connection, ConnectionHandler, Endpoint } from '@hapax/base';
import type { VirtualTime } from './virtual-time.ts';

/** The broker's side of a connection. */
export interface ServerConnection {
  readonly endpoint: Endpoint;
  respond(chunks: readonly Uint8Array[]): void;
  cut(reason: string): void;
  readonly isOpen: boolean;
}

/** Who answers at an address. */
export interface Server {
  onRequest(connection: ServerConnection, frame: Uint8Array): void;
  onClosed?(connection: ServerConnection): void;
}

/** A network of named servers. */
export class FakeNetwork implements ClientDialer {
  readonly #time: VirtualTime;
  readonly #servers = new Map<string, Server>();
  readonly #open = new Set<FakeConnection>();
  readonly down = new Set<string>();
  /** Servers that do nothing for now, with what they will do when they are resumed. */
  readonly #paused = new Map<string, (() => void)[]>();
  latencyMs = 1;
  /** Connections that were dialled so far. */
  dialled = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  listen(endpoint: Endpoint, server: Server): void {
    this.#servers.set(nameOf(endpoint), server);
  }

  connect(to: Endpoint, handler: ConnectionHandler): Connection {
    this.dialled += 1;
    const server = this.down.has(nameOf(to)) ? undefined : this.#servers.get(nameOf(to));
    const connection = new FakeConnection(this.#time, this, to, handler, server);
    this.#open.add(connection);
    if (server === undefined) this.#time.after(this.latencyMs, () => connection.cut('connection refused'));
    else this.#time.after(this.latencyMs, () => connection.isOpen && handler.onOpen?.());
    return connection;
  }

  /** Cuts every connection to an address. */
  cutAll(endpoint: Endpoint, reason = 'reset by test'): void {
    for (const connection of this.#open)
      if (nameOf(connection.endpoint) === nameOf(endpoint)) connection.cut(reason);
  }

  /** Stops a server in the middle of what it does, as SIGSTOP would: connections stay open, and nothing is answered. */
  pause(endpoint: Endpoint): void {
    this.#paused.set(nameOf(endpoint), []);
  }

  /** A paused server goes on, first with what came in meanwhile. */
  resume(endpoint: Endpoint): void {
    const held = this.#paused.get(nameOf(endpoint)) ?? [];
    this.#paused.delete(nameOf(endpoint));
    for (const act of held) act();
  }

  /** Lets a server act: now, or when it is resumed. */
  act(endpoint: Endpoint, action: () => void): void {
    const held = this.#paused.get(nameOf(endpoint));
    if (held === undefined) action();
    else held.push(action);
  }

  forget(connection: FakeConnection): void {
    this.#open.delete(connection);
  }
}

class FakeConnection implements Connection, ServerConnection {
  readonly endpoint: Endpoint;
  readonly bufferedBytes = 0;
  readonly localAddress: Endpoint = { host: 'client', port: 1 };
  readonly #time: VirtualTime;
  readonly #network: FakeNetwork;
  readonly #handler: ConnectionHandler;
  readonly #server: Server | undefined;
  isOpen = true;

  constructor(
    time: VirtualTime,
    network: FakeNetwork,
    endpoint: Endpoint,
    handler: ConnectionHandler,
    server: Server | undefined,
  ) {
    this.#time = time;
    this.#network = network;
    this.endpoint = endpoint;
    this.#handler = handler;
    this.#server = server;
  }

  get remoteAddress(): Endpoint {
    return this.endpoint;
  }

  send(chunks: readonly Uint8Array[]): void {
    const frame = joined(chunks);
    this.#time.after(this.#network.latencyMs, () => {
      // What a paused server has received it works on later, whether or not the client has gone.
      if (this.isOpen) this.#network.act(this.endpoint, () => this.#server?.onRequest(this, frame));
    });
  }

  respond(chunks: readonly Uint8Array[]): void {
    const frame = joined(chunks);
    this.#network.act(this.endpoint, () =>
      this.#time.after(this.#network.latencyMs, () => {
        if (this.isOpen) this.#handler.onMessage(frame);
      }),
    );
  }

  setPaused(): void {}

  close(reason = 'closed by client'): void {
    this.cut(reason);
  }

  cut(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#network.forget(this);
    this.#server?.onClosed?.(this);
    this.#time.defer(() => this.#handler.onClose(reason));
  }
}

function nameOf(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const frame = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    frame.set(chunk, at);
    at += chunk.length;
  }
  return frame;
}
