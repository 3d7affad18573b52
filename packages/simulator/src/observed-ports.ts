/** Ports that pass everything on and let the run see what passes: nothing in a broker knows that it is watched. */
import type {
  ClientListener, Connection, ConnectionHandler, KeyValueChange, KeyValuePair, KeyValueStore, PeerLane, PeerNetwork,
} from '@hapax/base';
import { joinChunks } from '@hapax/wire';

/** Hears what a node sends. */
export type SendWatcher = (lane: PeerLane | 'kafka', message: Uint8Array, isFirst: boolean) => void;

/** Hears what a node is given, of what was sent to it; not who it is that calls. */
export type ReceiveWatcher = (lane: PeerLane, message: Uint8Array) => void;

/** The network of a node, with every message to and from other nodes told as it is sent, or given to the node. */
export function observedPeers(peers: PeerNetwork, watch: SendWatcher, heard: ReceiveWatcher): PeerNetwork {
  return {
    connect: (to, lane, handler) => new ObservedConnection(peers.connect(to, lane, handler), lane, watch, true),
    listen: (lane, accept) =>
      peers.listen(lane, (connection) => {
        const handler = accept(new ObservedConnection(connection, lane, watch, false));
        return observedHandler(handler, (message) => heard(lane, message));
      }),
  };
}

function observedHandler(handler: ConnectionHandler, heard: (message: Uint8Array) => void): ConnectionHandler {
  let isGreeted = false;
  const onMessage = handler.onMessage.bind(handler);
  handler.onMessage = (message) => {
    if (isGreeted) heard(message);
    isGreeted = true;
    onMessage(message);
  };
  return handler;
}

/** The listener of a node, with every answer to clients told to `watch`. */
export function observedListener(listener: ClientListener, watch: SendWatcher): ClientListener {
  return {
    listen: (accept: (connection: Connection) => ConnectionHandler) =>
      listener.listen((connection) => accept(new ObservedConnection(connection, 'kafka', watch, true))),
  };
}

/** Hears what a store gives back at a start, which batches it is given, and which it says are done. */
export interface StoreWatcher {
  onLoaded(pairs: readonly KeyValuePair[]): void;
  onWriting(changes: readonly KeyValueChange[]): void;
  onDone(changes: readonly KeyValueChange[], isSynced: boolean): void;
}

/** A store that is watched. */
export function observedStore(store: KeyValueStore, watch: StoreWatcher): KeyValueStore {
  return {
    readRange: (from, to, done) =>
      store.readRange(from, to, (error, pairs) => {
        if (error === undefined) watch.onLoaded(pairs);
        done(error, pairs);
      }),
    write: (changes, options, done) => {
      watch.onWriting(changes);
      store.write(changes, options, (error) => {
        if (error === undefined) watch.onDone(changes, options.sync);
        done(error);
      });
    },
  };
}

class ObservedConnection implements Connection {
  private readonly connection: Connection;
  private readonly lane: PeerLane | 'kafka';
  private readonly watch: SendWatcher;
  /** Who opens a connection between nodes says first who it is. */
  private isFirst: boolean;

  constructor(connection: Connection, lane: PeerLane | 'kafka', watch: SendWatcher, isFirst: boolean) {
    this.connection = connection;
    this.lane = lane;
    this.watch = watch;
    this.isFirst = isFirst;
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  get remoteAddress() {
    return this.connection.remoteAddress;
  }

  get localAddress() {
    return this.connection.localAddress;
  }

  send(chunks: readonly Uint8Array[]): void {
    // How a message lies in memory is nobody's business: it is watched as one piece.
    this.watch(this.lane, joinChunks(chunks), this.isFirst);
    this.isFirst = false;
    this.connection.send(chunks);
  }

  setPaused(paused: boolean): void {
    this.connection.setPaused(paused);
  }

  close(reason?: string): void {
    this.connection.close(reason);
  }
}
