/** The cluster as a client sees it: finds brokers, leaders and coordinators, and keeps that knowledge fresh. */
import { AppError, ErrorCode, type Endpoint } from '@hapax/base';
import { metadata, type Fields, type ResponseOf } from '@hapax/wire';
import { Alarm } from './alarm.ts';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import type { Answer, RequestPlan } from './request-plan.ts';
import type { ClientPorts } from './client-ports.ts';
import { ClusterFeatures } from './cluster-features.ts';
import { ConnectionPool, type Place } from './connection-pool.ts';
import { Coordinators } from './coordinators.ts';
import { MetadataCache, type BrokerNode } from './metadata-cache.ts';
import { failure, success, type Done, type Outcome } from './outcome.ts';
import { patienceAfter } from './patience.ts';
import { isRetriable, protocolFailure } from './protocol-failure.ts';

/** Bounds and names that every part of a client shares. All times in milliseconds. */
export interface ClusterOptions {
  /** Brokers to ask first; any one that answers is enough. */
  readonly bootstrap: readonly Endpoint[];
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Unanswered requests on one connection. */
  readonly inFlightMax: number;
  readonly metadataMaxAgeMs: number;
  readonly retryBackoff: BackoffOptions;
  readonly reconnectBackoff: BackoffOptions;
}

/** Who a request is for. Key type 0 is a group, 1 a transactional id. */
export type Target =
  | { readonly kind: 'any' }
  | { readonly kind: 'node'; readonly nodeId: number }
  | { readonly kind: 'controller' }
  | { readonly kind: 'leader'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'coordinator'; readonly keyType: 0 | 1; readonly key: string };

/** The lane of metadata and coordinator look-ups. */
const METADATA_LANE = 'metadata';
/** While a broker is silent metadata is read again after a sixteenth of the silence so far, within these bounds. */
const SILENCE_SHARE = 16;
const SILENT_REFRESH_MIN_MS = 100;
const SILENT_REFRESH_MAX_MS = 2000;

/**
 * Metadata, coordinators and connections of one client. Owners use topics by {@link track}, ask for {@link refresh}
 * when an answer showed that something moved, and hear of news by {@link onUpdate}.
 */
export class Cluster {
  readonly cache = new MetadataCache();
  readonly features = new ClusterFeatures();
  readonly options: ClusterOptions;
  readonly ports: ClientPorts;
  readonly #pool: ConnectionPool;
  readonly #tracked = new Map<string, { users: number; autoCreate: boolean }>();
  readonly #coordinators: Coordinators;
  readonly #listeners = new Set<() => void>();
  readonly #alarm: Alarm;
  #refreshing = false;
  #refreshAgain = false;
  #failures = 0;
  /** Reads of metadata in a row that were not answered in time. */
  #timeouts = 0;
  #lastRefreshMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #nextBootstrap: number;

  constructor(ports: ClientPorts, options: ClusterOptions) {
    this.ports = ports;
    this.options = options;
    this.#pool = new ConnectionPool(ports, options, {
      onReady: ({ host, port }, features) => this.features.learn(`${host}:${port}`, features),
      onLost: () => this.refresh(),
      onSilent: () => this.#onSilent(),
    });
    this.#coordinators = new Coordinators(this, METADATA_LANE, () => this.#pool.abandonMoved());
    this.#alarm = new Alarm(ports, () => this.#startRefresh());
    this.#nextBootstrap = ports.random.nextInt(Math.max(1, options.bootstrap.length));
    this.refresh();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Keeps a topic's metadata fresh until as many calls of {@link untrack} were made. `autoCreate` lets brokers
   * make it.
   */
  track(topic: string, autoCreate = false): void {
    const entry = this.#tracked.get(topic);
    if (entry === undefined) this.#tracked.set(topic, { users: 1, autoCreate });
    else {
      entry.users += 1;
      entry.autoCreate ||= autoCreate;
    }
    if (!this.cache.topics.has(topic)) this.#refreshNow();
  }

  /** Takes one {@link track} back. */
  untrack(topic: string): void {
    const entry = this.#tracked.get(topic);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#tracked.delete(topic);
    this.cache.topics.delete(topic);
  }

  /** Hears of every new metadata, until the returned function is called. */
  onUpdate(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for new metadata soon: at once if the last is old enough, else after the backoff. */
  refresh(): void {
    if (this.#closed) return;
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    const { retryBackoff } = this.options;
    const waitMs = backoffMs(retryBackoff, Math.max(1, this.#failures), this.ports.random);
    this.#alarm.setNoLaterThan(Math.max(this.ports.clock.nowMs(), this.#lastRefreshMs + waitMs));
  }

  /** Forgets who coordinates; the next request asks. */
  forgetCoordinator(keyType: 0 | 1, key: string): void {
    this.#coordinators.forget(keyType, key);
  }

  /** The broker that coordinates, as far as it was asked for. */
  coordinatorOf(target: Extract<Target, { kind: 'coordinator' }>): number | undefined {
    return this.#coordinators.known(target);
  }

  /** The place of a target, as far as it is known now; fails (definite, retriable) where it is not. */
  locate(target: Exclude<Target, { kind: 'coordinator' }>): Outcome<Place> {
    switch (target.kind) {
      case 'any':
        return this.#locateAny();
      case 'node':
        return this.#locateNode(target.nodeId, `broker ${target.nodeId}`);
      case 'controller':
        // Every broker passes such requests on to the controller, so an unknown one is no obstacle. [KIP-590]
        return this.cache.brokers.has(this.cache.controllerId)
          ? this.#locateNode(this.cache.controllerId, 'the controller')
          : this.#locateAny();
      case 'leader': {
        return this.#locateLeader(target.topic, target.partition);
      }
    }
  }

  /**
   * Makes one attempt to send a request and hears its outcome. Where `to` is unknown, fails definitely and
   * refreshes.
   */
  send<Request extends Fields, Response extends Fields>(
    target: Target,
    lane: string,
    plan: RequestPlan<Request, Response>,
    done: Done<Answer<Response>>,
  ): void {
    this.#withPlace(target, (place) => {
      const connection = place.ok ? this.#pool.connection(place.value, lane) : undefined;
      const nodeId = place.ok ? place.value.nodeId : undefined;
      const belongsElsewhere = plan.belongsElsewhere ?? (() => this.#isElsewhere(target, nodeId));
      if (connection !== undefined) connection.request({ ...plan, belongsElsewhere }, done);
      else this.ports.scheduler.defer(() => done(place.ok ? failure(this.#unreachable(place.value)) : place));
    });
  }

  /** As {@link send}, for requests that brokers do not answer. */
  sendOneWay<Request extends Fields, Response extends Fields>(
    target: Exclude<Target, { kind: 'coordinator' }>,
    lane: string,
    plan: RequestPlan<Request, Response>,
    done: Done<null>,
  ): void {
    const place = this.locate(target);
    const connection = place.ok ? this.#pool.connection(place.value, lane) : undefined;
    if (connection !== undefined) connection.requestOneWay(plan, done);
    else this.ports.scheduler.defer(() => done(place.ok ? failure(this.#unreachable(place.value)) : place));
  }

  /** Closes an owner's connections. */
  closeLane(lane: string): void {
    this.#pool.closeLane(lane, closedError());
  }

  /** Closes all connections; everything outstanding fails with `closed`. */
  close(): void {
    this.#closed = true;
    this.#alarm.cancel();
    this.#listeners.clear();
    this.#pool.close(closedError());
  }

  #withPlace(target: Target, use: (place: Outcome<Place>) => void): void {
    if (target.kind !== 'coordinator') {
      use(this.locate(target));
      return;
    }
    const what = `the coordinator of ${target.key}`;
    const known = this.#coordinators.known(target);
    if (known !== undefined) use(this.#locateNode(known, what));
    else {
      this.#coordinators.find(target, (outcome) =>
        use(outcome.ok ? this.#locateNode(outcome.value, what) : outcome),
      );
    }
  }

  /** Whether what a target means is another broker than this one by now. What is not known is not elsewhere. */
  #isElsewhere(target: Target, nodeId: number | undefined): boolean {
    switch (target.kind) {
      case 'leader':
        return this.cache.isLedElsewhere(target.topic, target.partition, nodeId);
      case 'coordinator':
        return this.#coordinators.isElsewhere(target, nodeId);
      case 'controller':
        return this.cache.brokers.has(this.cache.controllerId) && this.cache.controllerId !== nodeId;
      default:
        return false;
    }
  }

  #locateLeader(topic: string, partition: number): Outcome<Place> {
    const known = this.cache.topics.get(topic);
    const exists = known === undefined || known.partitions.length === 0 || partition < known.partitions.length;
    const what = `the leader of ${topic}-${partition}`;
    if (exists) return this.#locateNode(this.cache.partition(topic, partition)?.leaderId ?? -1, what);
    this.refresh();
    const message = `${topic} has ${known.partitions.length} partitions`;
    const details = { topic, partition };
    return failure(protocolFailure(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { what, message, details }));
  }

  #locateNode(nodeId: number, what: string): Outcome<Place> {
    const broker = this.cache.brokers.get(nodeId);
    if (broker !== undefined) return success({ nodeId, endpoint: broker.endpoint });
    this.refresh();
    return failure(
      new AppError('not-leader', `${what} is not known yet; metadata is being refreshed`, {
        retriable: true,
        definite: true,
      }),
    );
  }

  /**
   * Any broker that did not just fail, those that are silent last; the bootstrap addresses where there is none.
   * [KIP-899]
   */
  #locateAny(): Outcome<Place> {
    const usable = [...this.cache.brokers.values()].filter((broker) => !this.#pool.isPaused(broker.endpoint));
    const trusted = usable.filter((broker) => !this.#pool.isSuspect(broker.endpoint));
    const place =
      this.#oneOf(trusted) ??
      this.#bootstrapPlace((endpoint) => !this.#pool.isPaused(endpoint) && !this.#pool.isSuspect(endpoint)) ??
      this.#oneOf(usable) ??
      this.#bootstrapPlace((endpoint) => !this.#pool.isPaused(endpoint));
    if (place !== undefined) return success(place);
    const { bootstrap } = this.options;
    const addresses = bootstrap.map((endpoint) => `${endpoint.host}:${endpoint.port}`).join(', ');
    return failure(
      new AppError('connection-lost', `no broker answers, nor does ${addresses}; is the cluster up?`, {
        retriable: true,
        definite: true,
      }),
    );
  }

  #oneOf(brokers: readonly BrokerNode[]): Place | undefined {
    return brokers.length === 0 ? undefined : brokers[this.ports.random.nextInt(brokers.length)];
  }

  #bootstrapPlace(isUsable: (endpoint: Endpoint) => boolean): Place | undefined {
    const { bootstrap } = this.options;
    for (let tried = 0; tried < bootstrap.length; tried++) {
      const endpoint = bootstrap[this.#nextBootstrap % bootstrap.length];
      this.#nextBootstrap += 1;
      if (endpoint !== undefined && isUsable(endpoint)) return { nodeId: undefined, endpoint };
    }
    return undefined;
  }

  #unreachable(place: Place): AppError {
    if (this.#closed) return closedError();
    const { host, port } = place.endpoint;
    this.refresh();
    return new AppError(
      'connection-lost',
      `${host}:${port} could not be reached a moment ago; it is tried again shortly`,
      { retriable: true, definite: true },
    );
  }

  /** What is known may tell already that requests belong elsewhere; if not, other brokers are asked until they do. */
  #onSilent(): void {
    this.#pool.abandonMoved();
    this.refresh();
  }

  /** Reads metadata again soon, while a broker is silent. */
  #watchSilence(): void {
    const silenceMs = this.#pool.silenceMs();
    if (silenceMs === undefined) return;
    const waitMs = Math.min(SILENT_REFRESH_MAX_MS, Math.max(SILENT_REFRESH_MIN_MS, silenceMs / SILENCE_SHARE));
    this.#alarm.setNoLaterThan(this.ports.clock.nowMs() + waitMs);
  }

  #refreshNow(): void {
    if (this.#refreshing) this.#refreshAgain = true;
    else if (!this.#closed)
      this.#alarm.setNoLaterThan(this.#failures > 0 ? this.#nextAttemptMs() : this.ports.clock.nowMs());
  }

  #nextAttemptMs(): number {
    return (
      this.ports.clock.nowMs() + backoffMs(this.options.retryBackoff, Math.max(1, this.#failures), this.ports.random)
    );
  }

  #startRefresh(): void {
    if (this.#refreshing || this.#closed) return;
    this.#refreshing = true;
    this.#refreshAgain = false;
    this.#coordinators.lookAgain(this.#pool.silentNodes());
    const names = [...this.#tracked.keys()];
    const autoCreate = [...this.#tracked.values()].some((entry) => entry.autoCreate);
    const plan = {
      api: metadata,
      minVersion: 1,
      maxVersion: 12,
      patienceMs: patienceAfter(this.#timeouts),
      belongsElsewhere: () => true,
      build: (version: number) => ({
        topics: names.map((name) => ({ name })),
        ...(version >= 4 ? { allowAutoTopicCreation: autoCreate } : {}),
      }),
    };
    this.send({ kind: 'any' }, METADATA_LANE, plan, (outcome) => this.#onMetadata(outcome));
  }

  #onMetadata(outcome: Outcome<{ readonly response: ResponseOf<typeof metadata> }>): void {
    this.#refreshing = false;
    if (this.#closed) return;
    const nowMs = this.ports.clock.nowMs();
    this.#lastRefreshMs = nowMs;
    if (!outcome.ok) {
      this.#failures += 1;
      if (outcome.error.code === 'timed-out') this.#timeouts += 1;
      this.ports.logger.debug(
        { code: outcome.error.code, reason: outcome.error.message },
        'metadata could not be read',
      );
      this.#alarm.setAt(this.#nextAttemptMs());
      return;
    }
    this.#timeouts = 0;
    this.cache.update(outcome.value.response);
    const brokers = [...this.cache.brokers.values()];
    this.features.keepOnly(new Set(brokers.map(({ endpoint: { host, port } }) => `${host}:${port}`)));
    for (const name of this.cache.topics.keys()) if (!this.#tracked.has(name)) this.cache.topics.delete(name);
    this.#failures = this.#isComplete() ? 0 : this.#failures + 1;
    if (this.#failures > 0) this.#alarm.setAt(this.#nextAttemptMs());
    else if (this.#refreshAgain) this.#alarm.setAt(nowMs + this.options.retryBackoff.initialMs);
    else this.#alarm.setAt(nowMs + this.options.metadataMaxAgeMs);
    this.#pool.abandonMoved();
    this.#watchSilence();
    for (const listener of Array.from(this.#listeners)) listener();
  }

  /** Whether every topic in use has a leader for every partition, or an error that waiting will not mend. */
  #isComplete(): boolean {
    for (const name of this.#tracked.keys()) {
      const topic = this.cache.topics.get(name);
      if (topic === undefined || isRetriable(topic.errorCode)) return false;
      if (topic.partitions.some((partition) => partition.leaderId < 0)) return false;
    }
    return true;
  }
}

/** The failure of everything that was asked of a client after it was closed, or was outstanding then. */
export function closedError(): AppError {
  return new AppError('closed', 'the client was closed; connect again', { retriable: false, definite: true });
}
