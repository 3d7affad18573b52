/** The simulated network, with every message told before it is delivered: it may be lost, repeated or held up. */
import type {
  ClientDialer, ClientListener, Connection, ConnectionHandler, Endpoint, PeerLane, PeerNetwork,
} from '@hapax/base';
import { SimNetwork, type Host } from '@hapax/testkit';
import { joinChunks } from '@hapax/wire';
import type { Mishap } from './fault-point.ts';

/** One end of a connection. */
export interface TappedEnd {
  readonly lane: PeerLane | 'kafka';
  readonly local: string;
  /** Who is at the other end, by the name of its host. */
  readonly remote: string;
  readonly hasDialled: boolean;
  /** Whether the message at hand is the first one that the dialler sends: it says who it is. */
  isHello: boolean;
  /** What a tap wants to know again: names by the numbers that requests or attachments have. */
  readonly memory: Map<number, string>;
}

/** Hears of messages. */
export interface MessageTap {
  onSent(end: TappedEnd, message: Uint8Array): void;
  /** A message is there for this end; says what becomes of it. */
  onArrived(end: TappedEnd, message: Uint8Array): Mishap | 'deliver';
  /** Takes a message that comes late: `deliver` is called when it shall arrive. */
  hold(deliver: () => void): void;
}

/** All hosts, and a tap on what lies between them. */
export class TappedNetwork extends SimNetwork {
  tap: MessageTap | undefined;

  override peersOf(host: Host, own: Endpoint): PeerNetwork {
    const peers = super.peersOf(host, own);
    return {
      connect: (to, lane, handler) =>
        this.dialled(lane, host, to, handler, (tapped) => peers.connect(to, lane, tapped)),
      listen: (lane, accept) =>
        peers.listen(lane, (connection) => this.accepted(lane, host, connection, accept)),
    };
  }

  override listenerOf(host: Host, own: Endpoint): ClientListener {
    const listener = super.listenerOf(host, own);
    return {
      listen: (accept) => listener.listen((connection) => this.accepted('kafka', host, connection, accept)),
    };
  }

  override dialerOf(host: Host): ClientDialer {
    const dialer = super.dialerOf(host);
    return {
      connect: (to, handler) => this.dialled('kafka', host, to, handler, (tapped) => dialer.connect(to, tapped)),
    };
  }

  private dialled(
    lane: TappedEnd['lane'], host: Host, to: Endpoint, handler: ConnectionHandler,
    dial: (handler: ConnectionHandler) => Connection,
  ): Connection {
    const end = newEnd(lane, host.name, to.host, true);
    const tapped = new TappedConnection(this, end, host);
    tapped.handler = handler;
    tapped.inner = dial(tapped.ears);
    return tapped;
  }

  private accepted(
    lane: TappedEnd['lane'], host: Host, connection: Connection, accept: (connection: Connection) => ConnectionHandler,
  ): ConnectionHandler {
    const end = newEnd(lane, host.name, connection.remoteAddress.host, false);
    const tapped = new TappedConnection(this, end, host);
    tapped.inner = connection;
    tapped.handler = accept(tapped);
    return tapped.ears;
  }
}

class TappedConnection implements Connection {
  inner: Connection | undefined;
  handler: ConnectionHandler | undefined;
  /** `severed`: nothing passes any more. `holding`: the other end is told of a close, this one is not yet. */
  private state: 'open' | 'severed' | 'holding' = 'open';
  private isInnerClosed = false;
  private isTold = false;
  private readonly network: TappedNetwork;
  private readonly end: TappedEnd;
  private readonly host: Host;

  constructor(network: TappedNetwork, end: TappedEnd, host: Host) {
    this.network = network;
    this.end = end;
    this.host = host;
  }

  /** What the real connection is given as its handler. */
  readonly ears: ConnectionHandler = {
    onOpen: () => this.handler?.onOpen?.(),
    onMessage: (message) => this.arrive(message),
    onDrain: () => this.handler?.onDrain?.(),
    onClose: (reason) => {
      this.isInnerClosed = true;
      if (this.state !== 'holding') this.tell(reason);
    },
  };

  get bufferedBytes(): number {
    return this.inner?.bufferedBytes ?? 0;
  }

  get remoteAddress(): Endpoint {
    return this.inner?.remoteAddress ?? { host: this.end.remote, port: 0 };
  }

  get localAddress(): Endpoint {
    return this.inner?.localAddress ?? { host: this.end.local, port: 0 };
  }

  send(chunks: readonly Uint8Array[]): void {
    if (this.state !== 'open') return;
    this.network.tap?.onSent(this.end, joinChunks(chunks));
    if (this.end.hasDialled) this.end.isHello = false;
    this.inner?.send(chunks);
  }

  setPaused(paused: boolean): void {
    this.inner?.setPaused(paused);
  }

  close(reason?: string): void {
    const wasHolding = this.state === 'holding';
    this.state = 'severed';
    this.inner?.close(reason);
    if (wasHolding && this.isInnerClosed) this.host.defer(() => this.tell('closed'));
  }

  private arrive(message: Uint8Array): void {
    if (this.state !== 'open') return;
    const verdict = this.network.tap?.onArrived(this.end, message) ?? 'deliver';
    if (!this.end.hasDialled) this.end.isHello = false;
    if (verdict === 'deliver') return this.handler?.onMessage(message);
    this.state = verdict === 'late' ? 'holding' : 'severed';
    if (verdict === 'repeat') this.handler?.onMessage(message);
    if (verdict === 'late') this.hold(message);
    this.inner?.close('the fault of a run');
  }

  /** For as long as the story takes to go on; but nobody believes in a connection for ever that is silent. */
  private hold(message: Uint8Array): void {
    const deliver = this.host.inThisLife(() => this.arriveLate(message));
    this.network.tap?.hold(deliver);
    this.host.after(HALF_OPEN_MAX_MS, deliver);
  }

  private arriveLate(message: Uint8Array): void {
    if (this.state !== 'holding') return;
    this.handler?.onMessage(message);
    this.state = 'severed';
    if (this.isInnerClosed) this.tell('the fault of a run');
  }

  private tell(reason: string): void {
    if (this.isTold) return;
    this.isTold = true;
    this.handler?.onClose(reason);
  }
}

function newEnd(lane: TappedEnd['lane'], local: string, remote: string, hasDialled: boolean): TappedEnd {
  return { lane, local, remote, hasDialled, isHello: lane !== 'kafka', memory: new Map() };
}

const HALF_OPEN_MAX_MS = 5000;
