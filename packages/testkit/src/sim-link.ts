/** One connection of the simulated network, with its two ends. */
import type { Connection, ConnectionHandler, Endpoint } from '@hapax/base';
import type { Host } from './host.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a connection must know of the network that it is part of. */
export interface LinkRules {
  isCut(from: Host, to: Host): boolean;
  isMuted(from: Host, to: Host): boolean;
  delayMs(): number;
  extraDelayMs(from: Host, to: Host, sizeBytes: number): number;
  onSent(from: Host, to: Host, sent: SentMessage): void;
  forget(link: SimLink): void;
}

/** A message as it is sent, and what can be done to it and to its connection. */
export interface SentMessage {
  /** What will arrive; may be written to, which changes it on its way. */
  readonly bytes: Uint8Array;
  /** The message is lost, and all that follows it in its direction; after a while the connection breaks. */
  loseFromHere(breakAfterMs: number): void;
  /** Both ends hear at once that the connection is gone, with all that was under way. */
  reset(): void;
  /** The sender hears at once that the connection is gone. What it has sent still arrives, but not before `lateMs`. */
  breakBehind(lateMs: number): void;
}

type Accept = (connection: Connection) => ConnectionHandler;

/** One direction of a connection. */
interface Pipe {
  readonly queue: (Uint8Array | 'open' | 'close')[];
  bufferedBytes: number;
  /** Not before this is the next message delivered: order is kept whatever the delays are. */
  notBeforeMs: number;
  /** What is sent from now on is lost. */
  isLost: boolean;
}

interface End {
  readonly host: Host;
  /** Runs what concerns this end in the process that opened it, and in no later one. */
  readonly run: (callback: () => void) => void;
  handler: ConnectionHandler | undefined;
  isPaused: boolean;
  isTold: boolean;
  /** It takes the connection for gone, while the other one does not know yet. */
  isBroken: boolean;
  readonly out: Pipe;
}

/** A connection with its two ends. */
export class SimLink {
  isClosed = false;
  private readonly network: LinkRules;
  private readonly time: VirtualTime;
  private dialler: End | undefined;
  private acceptor: End | undefined;
  private endpoint: Endpoint = { host: '', port: 0 };

  constructor(network: LinkRules, time: VirtualTime) {
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
        if (link.isClosed || end.isBroken || end.out.isLost) return;
        const message = joinBytes(chunks);
        const other = end === link.dialler ? link.acceptor : link.dialler;
        end.out.bufferedBytes += message.length;
        link.schedule(end, message);
        if (other !== undefined) link.network.onSent(end.host, other.host, link.sentMessage(end, message));
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
      close: () => {
        if (!end.out.isLost && !end.isBroken) link.schedule(end, 'close');
      },
    };
  }

  /** Puts a message on its way. Messages of one direction never overtake each other. */
  private schedule(from: End, message: Uint8Array | 'open' | 'close'): void {
    from.out.queue.push(message);
    const to = from === this.dialler ? this.acceptor : this.dialler;
    const size = typeof message === 'string' ? 0 : message.length;
    const extraMs = to === undefined ? 0 : this.network.extraDelayMs(from.host, to.host, size);
    from.out.notBeforeMs = Math.max(from.out.notBeforeMs, this.time.nowMs + this.network.delayMs() + extraMs);
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
    if (from.out.queue[0] !== 'open' && this.network.isMuted(from.host, to.host)) return;
    if (from.isBroken && this.time.nowMs < from.out.notBeforeMs) return;
    const message = from.out.queue.shift();
    if (message === undefined) return;
    if (message === 'close') return this.reset('closed by peer');
    const { handler } = to;
    if (message === 'open') {
      to.run(() => handler.onOpen?.());
    } else {
      from.out.bufferedBytes -= message.length;
      to.run(() => {
        if (!to.isTold && !to.isBroken) handler.onMessage(message);
      });
      if (from.out.bufferedBytes === 0) from.run(() => from.handler?.onDrain?.());
    }
    // What was held back by a cut or a pause follows at once; what is still on its way has an event of its own.
    if (from.out.queue.length > 0) this.time.after(0, () => this.pump(from));
  }

  private sentMessage(end: End, bytes: Uint8Array): SentMessage {
    return {
      bytes,
      loseFromHere: (breakAfterMs) => {
        end.out.queue.splice(end.out.queue.indexOf(bytes));
        end.out.bufferedBytes -= bytes.length;
        end.out.isLost = true;
        this.time.after(breakAfterMs, () => this.reset('connection timed out'));
      },
      reset: () => this.reset('connection reset'),
      breakBehind: (lateMs) => {
        if (this.isClosed) return;
        end.isBroken = true;
        end.out.queue.push('close');
        end.out.notBeforeMs = Math.max(end.out.notBeforeMs, this.time.nowMs + lateMs);
        this.time.at(end.out.notBeforeMs, () => this.pump(end));
        this.tell(end, 'connection reset');
      },
    };
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
  const out = { queue: [], bufferedBytes: 0, notBeforeMs: 0, isLost: false };
  return { host, run: host.runnerOfThisLife(), handler, isPaused: false, isTold: false, isBroken: false, out };
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
