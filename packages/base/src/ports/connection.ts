/**
 * Ordered, message-framed connections: the one shape of network that drivers know.
 *
 * Between nodes a connection is a gRPC stream; from Kafka clients it is a TCP connection cut into frames; in the
 * simulator it is a queue. On each of them messages arrive in order and whole, or the connection closes.
 */

/** One end of an open connection. */
export interface Connection {
  /**
   * Queues one message, given as chunks that are sent back to back. The chunks belong to the connection from here on
   * and must not be written to again. After {@link close} or a loss it does nothing: the close is reported instead.
   */
  send(chunks: readonly Uint8Array[]): void;
  /**
   * Bytes queued here and not yet taken by the network. Senders hold back by this; see {@link
   * ConnectionHandler.onDrain}.
   */
  readonly bufferedBytes: number;
  /** Who is at the other end, for logs and for `advertised=auto`. */
  readonly remoteAddress: Endpoint;
  /** The address of this end: what the client dialled. */
  readonly localAddress: Endpoint;
  /** Stops (or resumes) reading: back-pressure towards the peer. Messages already read are still delivered. */
  setPaused(paused: boolean): void;
  /** Closes after what was queued is sent; `onClose` is still called, once. */
  close(reason?: string): void;
}

/** What the owner of a connection hears. All calls come from the event loop, never from within `send`. */
export interface ConnectionHandler {
  /** A dialled connection is ready. Messages may be sent before this; they wait. Not called on accepted connections. */
  onOpen?(): void;
  /** One whole message. The bytes are the handler's to keep; they are never written to again. */
  onMessage(message: Uint8Array): void;
  /** What was queued has gone down below the low-water mark. */
  onDrain?(): void;
  /** The connection is gone, by either side or by a failure to open; called exactly once. */
  onClose(reason: string): void;
}

/** Where something listens. `host` is a name or an IP address. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Which conversation of two nodes a connection carries. Raft and heartbeats never share a connection with bulk data.
 */
export type PeerLane = 'raft' | 'controller' | 'replication' | 'transactions' | 'admin';

/** Connections between nodes. */
export interface PeerNetwork {
  /** Opens a connection to a node. A failure to open is a call of `onClose`. */
  connect(to: Endpoint, lane: PeerLane, handler: ConnectionHandler): Connection;
  /** Accepts connections of a lane; `accept` returns who handles each one. */
  listen(lane: PeerLane, accept: (connection: Connection) => ConnectionHandler): void;
}

/** Frames from Kafka clients: 4 length bytes in front of each message on the wire, none here. */
export interface ClientListener {
  /** Accepts client connections; `accept` returns who handles each one. */
  listen(accept: (connection: Connection) => ConnectionHandler): void;
}

/** How a Kafka client reaches brokers: the same frames, from the other side. */
export interface ClientDialer {
  /** Opens a connection to a broker. A failure to open is a call of `onClose`. */
  connect(to: Endpoint, handler: ConnectionHandler): Connection;
}
