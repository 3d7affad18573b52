/**
 * A network that keeps no order for Raft: what Raft says arrives late, twice, and on another connection than it was
 * sent on. TCP does none of that within a connection, but Raft promises to work without TCP.
 */
import type { Connection, PeerLane, PeerNetwork, Random, Scheduler } from '@hapax/base';

/** How much disorder there is; probabilities are from 0 to 1. */
export interface Disorder {
  readonly lateProbability: number;
  readonly twiceProbability: number;
  readonly meanLateMs: number;
}

/** What disorder needs of the node that sends. */
export interface DisorderContext {
  readonly disorder: Disorder;
  readonly random: Random;
  readonly scheduler: Scheduler;
}

/** The network of a node, with disorder in what it sends on the lane `raft`. */
export function disorderlyPeers(peers: PeerNetwork, context: DisorderContext): PeerNetwork {
  /** By address: the connection that what is late will take. */
  const newest = new Map<string, Connection>();
  return {
    connect: (to, lane: PeerLane, handler) => {
      const connection = peers.connect(to, lane, handler);
      if (lane !== 'raft') return connection;
      return new DisorderlyConnection(connection, context, `${to.host}:${to.port}`, newest);
    },
    listen: (lane, accept) => peers.listen(lane, accept),
  };
}

class DisorderlyConnection implements Connection {
  private readonly connection: Connection;
  private readonly context: DisorderContext;
  private readonly address: string;
  private readonly newest: Map<string, Connection>;
  private isGreeted = false;

  constructor(
    connection: Connection, context: DisorderContext, address: string, newest: Map<string, Connection>,
  ) {
    this.connection = connection;
    this.context = context;
    this.address = address;
    this.newest = newest;
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
    if (!this.isGreeted) {
      // The greeting comes first, or nothing after it would be understood.
      this.isGreeted = true;
      this.newest.set(this.address, this.connection);
      return this.connection.send(chunks);
    }
    const { random, disorder } = this.context;
    const draw = random.nextFloat();
    if (draw < disorder.lateProbability) return this.sendLate(chunks);
    this.connection.send(chunks);
    if (draw < disorder.lateProbability + disorder.twiceProbability) this.sendLate(chunks);
  }

  setPaused(paused: boolean): void {
    this.connection.setPaused(paused);
  }

  close(reason?: string): void {
    this.connection.close(reason);
  }

  private sendLate(chunks: readonly Uint8Array[]): void {
    const { random, disorder, scheduler } = this.context;
    const delayMs = -Math.log(1 - random.nextFloat()) * disorder.meanLateMs;
    scheduler.after(delayMs, () => this.newest.get(this.address)?.send(chunks));
  }
}
