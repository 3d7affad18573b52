/**
 * The simulated network: ordered connections with delays, cuts and resets.
 *
 * A connection is never lossy: as with TCP, loss shows as delay, and then as a close. A cut link holds messages back;
 * when the link is cut for longer than the keepalive, the connection closes on both sides.
 */
import type {
  ClientDialer, ClientListener, Connection, ConnectionHandler, Endpoint, PeerLane, PeerNetwork, Random,
} from '@hapax/base';
import type { Host } from './host.ts';
import { SimLink, type LinkRules, type SentMessage } from './sim-link.ts';
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

/** Hears of the next message from one host to another as it is sent; may change it, or break its connection. */
export type Trap = (sent: SentMessage) => void;

/** Milliseconds that a message of so many bytes takes longer than usual. */
export type Shaper = (sizeBytes: number) => number;

/** All hosts and what lies between them. */
export class SimNetwork implements LinkRules {
  private readonly time: VirtualTime;
  private readonly random: Random;
  weather: NetworkWeather;
  private readonly listeners = new Map<string, { readonly host: Host; readonly accept: Accept }>();
  private readonly links = new Set<SimLink>();
  /** Directed pairs of host names between which nothing passes, and how many faults want that. */
  private readonly cuts = new Map<string, number>();
  /** Directed pairs between which connections open, and no message passes. */
  private readonly mutes = new Map<string, number>();
  private readonly traps = new Map<string, Trap[]>();
  private readonly shapers = new Map<string, Set<Shaper>>();

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

  /** Nothing passes from one host to another until every cut of the two is healed. Messages on their way wait. */
  cut(from: Host, to: Host): void {
    const pair = pairOf(from, to);
    raise(this.cuts, pair);
    const keepalive = (): void => {
      if (!this.cuts.has(pair)) return;
      for (const link of [...this.links]) if (link.joins(from, to)) link.reset('keepalive timed out');
    };
    this.time.after(this.weather.keepaliveMs, keepalive);
  }

  heal(from: Host, to: Host): void {
    if (lower(this.cuts, pairOf(from, to))) this.flush();
  }

  /** Connections from one host to another open and stay, but no message passes: the process there does not read. */
  mute(from: Host, to: Host): void {
    raise(this.mutes, pairOf(from, to));
  }

  unmute(from: Host, to: Host): void {
    if (lower(this.mutes, pairOf(from, to))) this.flush();
  }

  /** Does something to the next message that one host sends to another, until the returned function is called. */
  trapNext(from: Host, to: Host, trap: Trap): () => void {
    const pair = pairOf(from, to);
    const traps = this.traps.get(pair) ?? [];
    traps.push(trap);
    this.traps.set(pair, traps);
    return () => {
      const left = (this.traps.get(pair) ?? []).filter((one) => one !== trap);
      if (left.length > 0) this.traps.set(pair, left);
      else this.traps.delete(pair);
    };
  }

  /** Makes messages from one host to another take longer, until the returned function is called. */
  shape(from: Host, to: Host, shaper: Shaper): () => void {
    const pair = pairOf(from, to);
    const shapers = this.shapers.get(pair) ?? new Set();
    shapers.add(shaper);
    this.shapers.set(pair, shapers);
    return () => {
      shapers.delete(shaper);
      if (shapers.size === 0 && this.shapers.get(pair) === shapers) this.shapers.delete(pair);
    };
  }

  healAll(): void {
    this.cuts.clear();
    this.mutes.clear();
    this.traps.clear();
    this.shapers.clear();
    this.flush();
  }

  isCut(from: Host, to: Host): boolean {
    return this.cuts.size > 0 && this.cuts.has(pairOf(from, to));
  }

  isMuted(from: Host, to: Host): boolean {
    return this.mutes.size > 0 && this.mutes.has(pairOf(from, to));
  }

  /** Resets every connection between two hosts. Returns how many there were. */
  resetBetween(a: Host, b: Host): number {
    const between = [...this.links].filter((link) => link.joins(a, b));
    for (const link of between) link.reset('connection reset');
    return between.length;
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

  extraDelayMs(from: Host, to: Host, sizeBytes: number): number {
    if (this.shapers.size === 0) return 0;
    let sum = 0;
    for (const shaper of this.shapers.get(pairOf(from, to)) ?? []) sum += shaper(sizeBytes);
    return sum;
  }

  onSent(from: Host, to: Host, sent: SentMessage): void {
    if (this.traps.size === 0) return;
    const pair = pairOf(from, to);
    const traps = this.traps.get(pair);
    const trap = traps?.shift();
    if (traps?.length === 0) this.traps.delete(pair);
    trap?.(sent);
  }

  forget(link: SimLink): void {
    this.links.delete(link);
  }

  private flush(): void {
    for (const link of [...this.links]) link.flush();
  }

  private connect(from: Host, address: string, to: Endpoint, handler: ConnectionHandler): Connection {
    const link = new SimLink(this, this.time);
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

function raise(counts: Map<string, number>, pair: string): void {
  counts.set(pair, (counts.get(pair) ?? 0) + 1);
}

/** Whether nobody wants it any more. */
function lower(counts: Map<string, number>, pair: string): boolean {
  const left = (counts.get(pair) ?? 0) - 1;
  if (left > 0) counts.set(pair, left);
  else counts.delete(pair);
  return left === 0;
}

function addressOf(endpoint: Endpoint, lane: PeerLane | 'kafka'): string {
  return `${endpoint.host}:${endpoint.port}/${lane}`;
}

function pairOf(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
