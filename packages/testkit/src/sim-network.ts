/**
 * The simulated network: ordered connections with delays, cuts and resets.
 *
 * A connection is never lossy: as with TCP, loss shows as delay, and then as a close. A cut link holds messages back;
 * when the link is cut for longer than the keepalive, the connection closes on both sides.
 */
import type {
  ClientDialer,
  ClientListener,
  Connection,
  ConnectionHandler,
  Endpoint,
  PeerLane,
  PeerNetwork,
  Random,
} from '@hapax/base';
import type { Host } from './host.ts';
import type { VirtualTime } from './virtual-time.ts';

type Accept = (connection: Connection) => ConnectionHandler;

/** How the network behaves, drawn anew for each seed. */
export interface NetworkWeather {
  readonly minDelayMs: number;
  readonly meanDelayMs: number;
  /** How often a message is held up, from 0 to 1, and for how long on average. */
  readonly hiccupProbability: number;
  readonly hiccupMs: number;
  /** How long a silent connection lives. */
  readonly keepaliveMs: number;
}

/** All hosts and what lies between them. */
export class SimNetwork {
  private readonly time: VirtualTime;
  private readonly random: Random;
  weather: NetworkWeather;
  private readonly listeners = new Map<string, { readonly host: Host; readonly accept: Accept }>();
  private readonly links = new Set<Link>();
  /** Directed pairs of host names between which nothing passes. */
  private readonly cuts = new Set<string>();

  constructor(time: VirtualTime, random: Random, weather: NetworkWeather) {
    this.time = time;
    this.random = random;
    this.weather = weather;
  }

  peersOf(host: Host, own: Endpoint): PeerNetwork {
    return {
      connect: (to, lane, handler) => this.connect(host, addressOf(to, lane), to, handler),
      listen: (lane, accept) => this.listeners.set(addressOf(own, lane), { host, accept }),
    };
  }

  listenerOf(host: Host, own: Endpoint): ClientListener {
    return { listen: (accept) => this.listeners.set(addressOf(own, 'kafka'), { host, accept }) };
  }

  dialerOf(host: Host): ClientDialer {
    return { connect: (to, handler) => this.connect(host, addressOf(to, 'kafka'), to, handler) };
  }

  /** Nothing passes from one host to another until it is healed. Messages on their way wait. */
  cut(from: Host, to: Host): void {
    this.cuts.add(pairOf(from, to));
    const keepalive = (): void => {
      if (!this.cuts.has(pairOf(from, to))) return;
      for (const link of [...this.links]) if (link.joins(from, to)) link.reset('keepalive timed out');
    };
    this.time.after(this.weather.keepaliveMs, keepalive);
  }

  heal(from: Host, to: Host): void {
    if (!this.cuts.delete(pairOf(from, to))) return;
    for (const link of this.links) link.flush();
  }

  healAll(): void {
    this.cuts.clear();
    for (const link of [...this.links]) link.flush();
  }

  isCut(from: Host, to: Host): boolean {
    return this.cuts.has(pairOf(from, to));
  }

  /** Resets every connection between two hosts. */
  resetBetween(a: Host, b: Host): void {
    for (const link of [...this.links]) if (link.joins(a, b)) link.reset('connection reset');
  }

  /** A process is gone: its listeners too. With `isSilent` (loss of power) its peers notice only by keepalive. */
  onDeath(host: Host, options: { readonly isSilent: boolean }): void {
    for (const [address, listener] of this.listeners) if (listener.host === host) this.listeners.delete(address);
    for (const link of [...this.links]) {
      if (!link.touches(host)) continue;
      if (!options.isSilent) link.reset('connection reset by peer');
      else this.time.after(this.weather.keepaliveMs, () => link.reset('keepalive timed out'));
    }
  }

  /** How long the next message takes. */
  delayMs(): number {
    const { minDelayMs, meanDelayMs, hiccupProbability, hiccupMs } = this.weather;
    const usual = minDelayMs - Math.log(1 - this.random.nextFloat()) * meanDelayMs;
    if (this.random.nextFloat() >= hiccupProbability) return usual;
    return usual - Math.log(1 - this.random.nextFloat()) * hiccupMs;
  }

  forget(link: Link): void {
    this.links.delete(link);
  }

  private connect(from: Host, address: string, to: Endpoint, handler: ConnectionHandler): Connection {
    const link = new Link(this, this.time);
    const dialled = link.dial(from, to, handler);
    this.links.add(link);
    this.time.after(this.delayMs(), () => {
      const listener = this.listeners.get(address);
      if (link.isClosed) return;
      if (listener === undefined) return link.reset('connection refused');
      link.accept(listener.host, listener.accept);
    });
    return dialled;
  }
}

/** One direction of a connection. */
interface Pipe {
  readonly queue: (Uint8Array | 'open' | 'close')[];
  bufferedBytes: number;
  /** Not before this is the next message delivered: order is kept whatever the delays are. */
  notBeforeMs: number;
}

interface End {
  readonly host: Host;
  /** Runs what concerns this end in the process that opened it, and in no later one. */
  readonly run: (callback: () => void) => void;
  handler: ConnectionHandler | undefined;
  isPaused: boolean;
  isTold: boolean;
  readonly out: Pipe;
}

/** A connection with its two ends. */
class Link {
  isClosed = false;
  private readonly network: SimNetwork;
  private readonly time: VirtualTime;
  private dialler: End | undefined;
  private acceptor: End | undefined;
  private endpoint: Endpoint = { host: '', port: 0 };

  constructor(network: SimNetwork, time: VirtualTime) {
    this.network = network;
    this.time = time;
  }

  dial(host: Host, to: Endpoint, handler: ConnectionHandler): Connection {
    this.endpoint = to;
    this.dialler = newEnd(host, handler);
    return this.connectionOf(this.dialler);
  }

  accept(host: Host, accept: Accept): void {
    const end = newEnd(host, undefined);
    this.acceptor = end;
    end.run(() => {
      end.handler = accept(this.connectionOf(end));
      this.schedule(end, 'open');
      this.pumpAll();
    });
  }

  joins(a: Host, b: Host): boolean {
    return this.touches(a) && this.touches(b);
  }

  touches(host: Host): boolean {
    return this.dialler?.host === host || this.acceptor?.host === host;
  }

  /** Both ends hear of the close; what was on its way is lost. */
  reset(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.network.forget(this);
    for (const end of [this.dialler, this.acceptor]) if (end !== undefined) this.tell(end, reason);
  }

  /** The way is free again. */
  flush(): void {
    this.pumpAll();
  }

  private connectionOf(end: End): Connection {
    const link = this;
    return {
      send: (chunks) => {
        if (link.isClosed) return;
        const message = joinBytes(chunks);
        end.out.bufferedBytes += message.length;
        link.schedule(end, message);
      },
      get bufferedBytes() {
        return end.out.bufferedBytes;
      },
      get remoteAddress() {
        const other = end === link.dialler ? link.acceptor : link.dialler;
        return { host: other?.host.name ?? link.endpoint.host, port: 1 };
      },
      localAddress: this.endpoint,
      setPaused: (isPaused) => {
        end.isPaused = isPaused;
        link.pumpAll();
      },
      close: () => link.schedule(end, 'close'),
    };
  }

  /** Puts a message on its way. Messages of one direction never overtake each other. */
  private schedule(from: End, message: Uint8Array | 'open' | 'close'): void {
    from.out.queue.push(message);
    from.out.notBeforeMs = Math.max(from.out.notBeforeMs, this.time.nowMs + this.network.delayMs());
    this.time.at(from.out.notBeforeMs, () => this.pump(from));
  }

  private pumpAll(): void {
    if (this.dialler !== undefined) this.pump(this.dialler);
    if (this.acceptor !== undefined) this.pump(this.acceptor);
  }

  /** Delivers the next message if nothing holds it back. */
  private pump(from: End): void {
    const to = from === this.dialler ? this.acceptor : this.dialler;
    if (this.isClosed || to?.handler === undefined || to.isPaused || from.out.queue.length === 0) return;
    if (this.network.isCut(from.host, to.host)) return;
    const message = from.out.queue.shift();
    if (message === undefined) return;
    if (message === 'close') return this.reset('closed by peer');
    const { handler } = to;
    if (message === 'open') {
      to.run(() => handler.onOpen?.());
    } else {
      from.out.bufferedBytes -= message.length;
      to.run(() => {
        if (!to.isTold) handler.onMessage(message);
      });
      if (from.out.bufferedBytes === 0) from.run(() => from.handler?.onDrain?.());
    }
    // What was held back by a cut or a pause follows at once; what is still on its way has an event of its own.
    if (from.out.queue.length > 0) this.time.after(0, () => this.pump(from));
  }

  private tell(end: End, reason: string): void {
    const hear = (): void => {
      if (end.isTold) return;
      end.isTold = true;
      end.handler?.onClose(reason);
    };
    this.time.after(0, () => end.run(hear));
  }
}

function newEnd(host: Host, handler: ConnectionHandler | undefined): End {
  const out = { queue: [], bufferedBytes: 0, notBeforeMs: 0 };
  return { host, run: host.runnerOfThisLife(), handler, isPaused: false, isTold: false, out };
}

/** Always a copy: the receiver must never see what the sender writes later. */
function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function addressOf(endpoint: Endpoint, lane: PeerLane | 'kafka'): string {
  return `${endpoint.host}:${endpoint.port}/${lane}`;
}

function pairOf(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
