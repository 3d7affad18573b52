/** The peer network over gRPC: the dialler of a connection is the gRPC client. The one server also serves tools. */
import {
  assert, type Connection, type ConnectionHandler, type Endpoint, type Logger, type PeerLane, type PeerNetwork,
} from '@hapax/base';
import {
  Client, credentials, logVerbosity, Metadata, Server, ServerCredentials, setLogVerbosity, status,
  type ServerDuplexStream, type ServiceError,
} from '@grpc/grpc-js';
import { cannotListen } from './client-listener.ts';
import {
  channelOptions, CLUSTER_ID_HEADER, encodeForClient, lanePath, LANES, methodName, passThrough, peerService,
  serverOptions,
  type KeepaliveOptions, type OutgoingMessage,
} from './grpc-lanes.ts';
import { GrpcStream } from './grpc-stream.ts';

export interface GrpcPeerNetworkOptions extends KeepaliveOptions {
  /** The address to listen on; `0.0.0.0` for all. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Streams of another cluster are refused. */
  readonly clusterId: string;
  /** How long a dialled stream may take until the peer accepts it. */
  readonly connectTimeoutMs: number;
  readonly logger: Logger;
}

/** How long a stop waits for calls of tools that are still running. */
const SHUTDOWN_GRACE_MS = 500;

type Accept = (connection: Connection) => ConnectionHandler;

/**
 * Connections between nodes.
 *
 * Each dialled connection is a stream on a channel and a TCP connection of its own: lanes never wait for one another,
 * a broken one is dialled anew at once (no backoff but the caller's), and what is lost is lost together.
 */
export class GrpcPeerNetwork implements PeerNetwork {
  /** Where further services are added, before {@link open}. */
  readonly server: Server;
  private readonly options: GrpcPeerNetworkOptions;
  private readonly accepting = new Map<PeerLane, Accept>();
  private readonly streams = new Set<GrpcStream>();
  private port: number;

  constructor(options: GrpcPeerNetworkOptions) {
    // What fails is reported to its owner; grpc-js would write to standard error besides.
    setLogVerbosity(logVerbosity.NONE);
    this.options = options;
    this.port = options.port;
    this.server = new Server(serverOptions(options));
    const handlers = LANES.map((lane) => [
      methodName(lane),
      (call: ServerDuplexStream<Buffer, OutgoingMessage>) => this.onCall(lane, call),
    ]);
    this.server.addService(peerService(), Object.fromEntries(handlers));
  }

  /** Begins to accept; gives the port. Throws `config-invalid` where the address is taken or is not this host's. */
  open(): Promise<number> {
    const { host, port } = this.options;
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
      this.server.bindAsync(address, ServerCredentials.createInsecure(), (cause, bound) => {
        if (cause !== null) return reject(cannotListen({ host, port }, cause));
        this.port = bound;
        resolve(bound);
      });
    });
  }

  /**
   * Stops accepting, closes every connection, dialled or accepted, and waits (a moment at most) until they are gone.
   */
  close(): Promise<void> {
    for (const stream of this.streams) stream.close('the node stops');
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.server.forceShutdown(), SHUTDOWN_GRACE_MS);
      this.server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  listen(lane: PeerLane, accept: Accept): void {
    assert(!this.accepting.has(lane), `the lane ${lane} has two owners`);
    this.accepting.set(lane, accept);
  }

  connect(to: Endpoint, lane: PeerLane, handler: ConnectionHandler): Connection {
    const target = `${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`;
    const client = new Client(target, credentials.createInsecure(), channelOptions(this.options));
    const metadata = new Metadata();
    metadata.set(CLUSTER_ID_HEADER, this.options.clusterId);
    const call = client.makeBidiStreamRequest(lanePath(lane), encodeForClient, passThrough, metadata);
    const { logger } = this.options;
    const localAddress = { host: this.options.host, port: this.port };
    const stream = new GrpcStream({ call, remoteAddress: to, localAddress, logger, cut: () => call.cancel() });
    const end = (reason: string): void => {
      clearTimeout(timer);
      this.streams.delete(stream);
      client.close();
      stream.ended(reason);
    };
    const { connectTimeoutMs } = this.options;
    const timer = setTimeout(() => {
      call.cancel();
      end(`${target} did not accept the stream within ${connectTimeoutMs} ms`);
    }, connectTimeoutMs);
    this.streams.add(stream);
    stream.start(handler);
    call.on('metadata', () => {
      clearTimeout(timer);
      stream.opened();
    });
    call.on('error', ({ details, message }: ServiceError) => end(`${target}: ${details === '' ? message : details}`));
    call.on('end', () => {
      call.end();
      end(`${target} closed the stream`);
    });
    return stream;
  }

  private onCall(lane: PeerLane, call: ServerDuplexStream<Buffer, OutgoingMessage>): void {
    const refuse = (code: status, details: string): void => {
      this.options.logger.warn({ lane, peer: call.getPeer(), details }, 'a stream was refused');
      call.emit('error', { code, details });
    };
    const accept = this.accepting.get(lane);
    if (accept === undefined) return refuse(status.UNAVAILABLE, `this node does not serve the lane ${lane} yet`);
    const clusterId = call.metadata.get(CLUSTER_ID_HEADER)[0];
    if (clusterId !== this.options.clusterId) {
      const details = `this node belongs to cluster ${this.options.clusterId}, not to ${String(clusterId)}`;
      return refuse(status.FAILED_PRECONDITION, details);
    }
    call.sendMetadata(new Metadata());
    const cut = (reason: string): void => {
      call.emit('error', { code: status.ABORTED, details: reason });
    };
    const remoteAddress = endpointOf(call.getPeer());
    const localAddress = { host: this.options.host, port: this.port };
    const stream = new GrpcStream({ call, remoteAddress, localAddress, logger: this.options.logger, cut });
    const end = (reason: string): void => {
      this.streams.delete(stream);
      stream.ended(reason);
    };
    this.streams.add(stream);
    call.on('cancelled', () => end('the connection to the dialler was lost'));
    call.on('error', (cause: Error) => end(cause.message));
    call.on('end', () => {
      call.end();
      end('the dialler closed the stream');
    });
    stream.start(accept(stream));
  }
}

/** The endpoint in grpc-js's writing of a peer: `10.0.0.1:5000` or `[::1]:5000`. */
function endpointOf(peer: string): Endpoint {
  const at = peer.lastIndexOf(':');
  const host = peer.slice(0, at).replace(/^\[|\]$/gu, '');
  return { host, port: Number(peer.slice(at + 1)) };
}
