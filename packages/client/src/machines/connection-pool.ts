/** The open connections of a client: one for each place and lane, with a growing pause after failures to connect. */
import { AppError, type Endpoint } from '@hapax/base';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import { BrokerConnection, type BrokerFeatures } from './broker-connection.ts';
import type { ClientPorts } from './client-ports.ts';

/** Where a request goes: a broker by its node id, or an address whose node id is not known yet. */
export interface Place {
  readonly nodeId: number | undefined;
  readonly endpoint: Endpoint;
}

/** What all connections of a client share. */
export interface ConnectionPoolOptions {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly inFlightMax: number;
  readonly reconnectBackoff: BackoffOptions;
}

interface Slot {
  connection: BrokerConnection;
  readonly endpoint: Endpoint;
  readonly nodeId: number | undefined;
}

/** How long a broker that was silent is asked last, where any would do. */
const SUSPICION_MS = 5000;

/** What the owner of a pool hears. */
export interface ConnectionPoolEvents {
  /** A broker has told what it can do. */
  readonly onReady: (endpoint: Endpoint, features: BrokerFeatures) => void;
  /** A connection was lost or could not be opened: metadata may be out of date. */
  readonly onLost: () => void;
  /** A broker leaves requests unanswered. */
  readonly onSilent: () => void;
}

interface Pause {
  failures: number;
  untilMs: number;
}

/**
 * Connections by place and lane. A lane is a conversation that must not wait behind another: brokers answer a
 * connection's requests in order, so a heartbeat on the lane of a long fetch would come too late.
 */
export class ConnectionPool {
  readonly #ports: ClientPorts;
  readonly #options: ConnectionPoolOptions;
  readonly #events: ConnectionPoolEvents;
  readonly #slots = new Map<string, Slot>();
  readonly #pauses = new Map<string, Pause>();
  readonly #suspectUntilMs = new Map<string, number>();
  #closed = false;

  constructor(ports: ClientPorts, options: ConnectionPoolOptions, events: ConnectionPoolEvents) {
    this.#ports = ports;
    this.#options = options;
    this.#events = events;
  }

  /** The connection to a place, dialled if need be; undefined while the place is paused after a failure. */
  connection(place: Place, lane: string): BrokerConnection | undefined {
    if (this.#closed) return undefined;
    const key = `${place.nodeId ?? addressOf(place.endpoint)}/${lane}`;
    const slot = this.#slots.get(key);
    if (slot !== undefined && !slot.connection.isClosed && isSame(slot.endpoint, place.endpoint))
      return slot.connection;
    if (slot !== undefined && !slot.connection.isClosed) slot.connection.close(moved(place.endpoint));
    if (this.isPaused(place.endpoint)) return undefined;
    const { endpoint, nodeId } = place;
    const options = { ...this.#options, endpoint };
    const connection = new BrokerConnection(this.#ports, options, {
      onReady: (features) => this.#events.onReady(endpoint, features),
      onSilent: () => {
        this.#ports.logger.debug({ ...endpoint, lane }, 'a broker leaves requests unanswered');
        this.#suspectUntilMs.set(addressOf(endpoint), this.#ports.clock.nowMs() + SUSPICION_MS);
        this.#events.onSilent();
      },
      onClosed: (error, ready) => {
        if (this.#slots.get(key)?.connection === connection) this.#slots.delete(key);
        this.#onConnectionClosed(endpoint, error, ready);
      },
    });
    this.#slots.set(key, { connection, endpoint, nodeId });
    return connection;
  }

  /** Whether a place failed a moment ago and is left alone for now. */
  isPaused(endpoint: Endpoint): boolean {
    const pause = this.#pauses.get(addressOf(endpoint));
    return pause !== undefined && this.#ports.clock.nowMs() < pause.untilMs;
  }

  /** Whether a place is silent, or was a moment ago: others are better asked first. */
  isSuspect(endpoint: Endpoint): boolean {
    if (this.#ports.clock.nowMs() < (this.#suspectUntilMs.get(addressOf(endpoint)) ?? 0)) return true;
    for (const slot of this.#slots.values())
      if (isSame(slot.endpoint, endpoint) && slot.connection.silenceMs !== undefined) return true;
    return false;
  }

  /** The longest silence of a broker that owes answers now; undefined where there is none. */
  silenceMs(): number | undefined {
    let longestMs: number | undefined;
    for (const { connection } of this.#slots.values()) {
      const { silenceMs } = connection;
      if (silenceMs !== undefined) longestMs = Math.max(silenceMs, longestMs ?? 0);
    }
    return longestMs;
  }

  /** The brokers that owe answers and are silent. */
  silentNodes(): Set<number> {
    const nodes = new Set<number>();
    for (const { connection, nodeId } of this.#slots.values())
      if (nodeId !== undefined && connection.silenceMs !== undefined) nodes.add(nodeId);
    return nodes;
  }

  /** Closes silent connections with requests that belong elsewhere by now. */
  abandonMoved(): void {
    for (const { connection } of this.#slots.values()) connection.abandonIfElsewhere();
  }

  /** Closes the connections of one lane. */
  closeLane(lane: string, error: AppError): void {
    for (const [key, slot] of this.#slots) if (key.endsWith(`/${lane}`)) slot.connection.close(error);
  }

  /** Closes everything; nothing is dialled any more. */
  close(error: AppError): void {
    this.#closed = true;
    for (const slot of this.#slots.values()) slot.connection.close(error);
  }

  #onConnectionClosed(endpoint: Endpoint, error: AppError, wasReady: boolean): void {
    if (this.#closed) return;
    const address = addressOf(endpoint);
    if (wasReady) {
      this.#pauses.delete(address);
    } else {
      const failures = (this.#pauses.get(address)?.failures ?? 0) + 1;
      const waitMs = backoffMs(this.#options.reconnectBackoff, failures, this.#ports.random);
      this.#pauses.set(address, { failures, untilMs: this.#ports.clock.nowMs() + waitMs });
    }
    this.#ports.logger.debug({ ...endpoint, code: error.code, wasReady }, 'a connection to a broker is gone');
    this.#events.onLost();
  }
}

function addressOf(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port;
}

function moved(endpoint: Endpoint): AppError {
  return new AppError('connection-lost', `the broker moved to ${addressOf(endpoint)}`, {
    retriable: true,
    definite: false,
  });
}
