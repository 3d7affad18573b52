/** The simulated network, of which every message is recorded as it is sent and as it arrives; nothing else differs. */
import type { ClientDialer, ClientListener, Connection, ConnectionHandler, PeerNetwork } from '@hapax/base';
import { SimNetwork, type Host, type SentMessage } from '@hapax/testkit';
import type { RecordedEnd } from './message-label.ts';

/** Hears of messages; those that a connection has taken and that never arrive are only sent. */
export interface MessageListener {
  onSent(end: RecordedEnd, from: Host, to: Host, bytes: Uint8Array): void;
  onArrived(end: RecordedEnd, bytes: Uint8Array): void;
}

/** A network for a run that is recorded. */
export class RecordedNetwork extends SimNetwork {
  private readonly listener: MessageListener;
  /** Who sends in this call: the network below does not know what a connection is for. */
  private sending: RecordedEnd | undefined;

  constructor(listener: MessageListener, ...of: ConstructorParameters<typeof SimNetwork>) {
    super(...of);
    this.listener = listener;
  }

  override peersOf(...of: Parameters<SimNetwork['peersOf']>): PeerNetwork {
    const peers = super.peersOf(...of);
    return {
      connect: (to, lane, handler) =>
        this.dialled(lane, handler, (heard) => peers.connect(to, lane, heard)),
      listen: (lane, accept) => peers.listen(lane, (connection) => this.accepted(lane, connection, accept)),
    };
  }

  override listenerOf(...of: Parameters<SimNetwork['listenerOf']>): ClientListener {
    const listener = super.listenerOf(...of);
    return {
      listen: (accept) => listener.listen((connection) => this.accepted('kafka', connection, accept)),
    };
  }

  override dialerOf(host: Host): ClientDialer {
    const dialer = super.dialerOf(host);
    return { connect: (to, handler) => this.dialled('kafka', handler, (heard) => dialer.connect(to, heard)) };
  }

  override onSent(from: Host, to: Host, sent: SentMessage): void {
    // Before a fault may change what is on its way.
    if (this.sending !== undefined) this.listener.onSent(this.sending, from, to, sent.bytes);
    super.onSent(from, to, sent);
  }

  private dialled(
    lane: RecordedEnd['lane'], handler: ConnectionHandler, dial: (handler: ConnectionHandler) => Connection,
  ): Connection {
    const end: RecordedEnd = { lane, hasDialled: true, isFirst: true, memory: new Map() };
    return this.recorded(end, dial(this.heard(end, handler)));
  }

  private accepted(
    lane: RecordedEnd['lane'], connection: Connection, accept: (connection: Connection) => ConnectionHandler,
  ): ConnectionHandler {
    const end: RecordedEnd = { lane, hasDialled: false, isFirst: true, memory: new Map() };
    return this.heard(end, accept(this.recorded(end, connection)));
  }

  private heard(end: RecordedEnd, handler: ConnectionHandler): ConnectionHandler {
    return {
      onOpen: () => handler.onOpen?.(),
      onMessage: (message) => {
        this.listener.onArrived(end, message);
        handler.onMessage(message);
      },
      onDrain: () => handler.onDrain?.(),
      onClose: (reason) => handler.onClose(reason),
    };
  }

  private recorded(end: RecordedEnd, connection: Connection): Connection {
    return {
      send: (chunks) => {
        this.sending = end;
        connection.send(chunks);
        this.sending = undefined;
        end.isFirst = false;
      },
      get bufferedBytes() {
        return connection.bufferedBytes;
      },
      get remoteAddress() {
        return connection.remoteAddress;
      },
      get localAddress() {
        return connection.localAddress;
      },
      setPaused: (isPaused) => connection.setPaused(isPaused),
      close: (reason) => connection.close(reason),
    };
  }
}
