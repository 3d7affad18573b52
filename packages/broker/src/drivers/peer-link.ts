/** A connection to another node that comes back after every loss, with growing pauses in between. */
import type {
  Connection, Endpoint, Logger, PeerLane, PeerNetwork, Random, ScheduledCall, Scheduler,
} from '@hapax/base';

export interface PeerLinkOptions {
  readonly peers: PeerNetwork;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly lane: PeerLane;
  readonly to: Endpoint;
  /** Sent first on every new connection: who we are. */
  readonly hello: () => Uint8Array;
  /** Beyond this many bytes in the send queue, {@link PeerLink.send} refuses. */
  readonly maxBufferedBytes: number;
  onMessage(message: Uint8Array): void;
  /** A new connection is open (after `hello` was queued on it). */
  onUp?(): void;
  /** The connection was lost, or could not be opened. */
  onDown(wasUp: boolean): void;
  onDrain?(): void;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * Keeps one connection to a peer. What is sent while there is none is dropped: the protocols above it repeat
 * themselves.
 */
export class PeerLink {
  private readonly options: PeerLinkOptions;
  private connection: Connection | undefined;
  private isOpen = false;
  private pauseMs = FIRST_PAUSE_MS;
  private retry: ScheduledCall | undefined;
  private isClosed = false;

  constructor(options: PeerLinkOptions) {
    this.options = options;
    this.dial();
  }

  get isUp(): boolean {
    return this.isOpen;
  }

  get to(): Endpoint {
    return this.options.to;
  }

  get bufferedBytes(): number {
    return this.connection?.bufferedBytes ?? 0;
  }

  /** Sends a message, or answers false where there is no connection or its queue is full. */
  send(message: Uint8Array): boolean {
    if (this.connection === undefined || !this.isOpen) return false;
    if (this.connection.bufferedBytes > this.options.maxBufferedBytes) return false;
    this.connection.send([message]);
    return true;
  }

  /** Closes for good. `onDown` is not called any more. */
  close(): void {
    this.isClosed = true;
    this.retry?.cancel();
    this.connection?.close('link closed');
    this.connection = undefined;
    this.isOpen = false;
  }

  private dial(): void {
    const { options } = this;
    let mine: Connection | undefined;
    const isCurrent = (): boolean => !this.isClosed && mine !== undefined && this.connection === mine;
    mine = options.peers.connect(options.to, options.lane, {
      onOpen: () => {
        if (!isCurrent()) return;
        this.isOpen = true;
        this.pauseMs = FIRST_PAUSE_MS;
        this.connection?.send([options.hello()]);
        options.logger.debug({ lane: options.lane, to: options.to }, 'a peer link is up');
        options.onUp?.();
      },
      onMessage: (message) => {
        if (isCurrent()) options.onMessage(message);
      },
      onDrain: () => {
        if (isCurrent()) options.onDrain?.();
      },
      onClose: (reason) => {
        if (isCurrent()) this.onLost(reason);
      },
    });
    this.connection = mine;
  }

  private onLost(reason: string): void {
    const wasUp = this.isOpen;
    this.options.logger.debug({ lane: this.options.lane, to: this.options.to, wasUp, reason }, 'a peer link is down');
    this.connection = undefined;
    this.isOpen = false;
    const pauseMs = this.pauseMs * (0.5 + this.options.random.nextFloat());
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.retry = this.options.scheduler.after(pauseMs, () => this.dial());
    this.options.onDown(wasUp);
  }
}
