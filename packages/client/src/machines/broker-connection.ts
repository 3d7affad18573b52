/**
 * One connection to a broker: versions are agreed on, requests go out in order, and answers come back in that
 * order.
 */
import { AppError, Deadlines, ErrorCode, type Connection, type Endpoint } from '@hapax/base';
import {
  apiVersions,
  decodeResponseFrame,
  encodeRequestFrame,
  peekCorrelationId,
  type Api,
  type Fields,
} from '@hapax/wire';
import { Alarm } from './alarm.ts';
import type { ClientPorts } from './client-ports.ts';
import { sent, unsent } from './definite.ts';
import { failure, success, type Done, type Outcome } from './outcome.ts';
import { SILENCE_MS } from './patience.ts';
import type { Answer, RequestPlan } from './request-plan.ts';

/** What a connection is made with; all of them bounds. */
export interface BrokerConnectionOptions {
  readonly endpoint: Endpoint;
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Requests without an answer, waiting ones included; one more is refused as `overloaded`. */
  readonly inFlightMax: number;
}

/** A range of versions, and finalized features, as the broker told. */
export interface BrokerFeatures {
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  readonly finalizedFeatures: ReadonlyMap<string, number>;
  /** Of which state of the features this tells; −1 where the broker does not say. */
  readonly finalizedFeaturesEpoch: number;
}

/** What the owner of a connection hears. */
export interface BrokerConnectionEvents {
  /** The broker has told what it can do; heard once, before the first request leaves. */
  readonly onReady: (features: BrokerFeatures) => void;
  /** Requests have been left unanswered for {@link SILENCE_MS}; heard once, until the broker speaks again. */
  readonly onSilent: () => void;
  /** Called once, after all requests have failed. */
  readonly onClosed: (error: AppError, wasReady: boolean) => void;
}

type BelongsElsewhere = (() => boolean) | undefined;

interface Waiting {
  readonly patienceMs: number;
  readonly belongsElsewhere: BelongsElsewhere;
  readonly send: () => void;
  readonly fail: (error: AppError) => void;
}

interface InFlight {
  readonly correlationId: number;
  readonly patienceMs: number;
  readonly belongsElsewhere: BelongsElsewhere;
  readonly onFrame: (frame: Uint8Array) => void;
  readonly fail: (error: AppError) => void;
}

/** The version of ApiVersions that is tried first; brokers before 2.4 refuse it and name theirs. [KIP-511] */
const API_VERSIONS_FIRST = 3;

/**
 * A connection from dialling to its end. Every request is answered or failed exactly once. A request that times out
 * closes the connection, since no later answer could be told apart from its own being late.
 */
export class BrokerConnection {
  readonly #ports: ClientPorts;
  readonly #options: BrokerConnectionOptions;
  readonly #events: BrokerConnectionEvents;
  readonly #connection: Connection;
  readonly #inFlight: InFlight[] = [];
  readonly #deadlines = new Deadlines<number>();
  readonly #alarm: Alarm;
  readonly #openedMs: number;
  #waiting: Waiting[] = [];
  #features: BrokerFeatures | undefined;
  #nextCorrelationId = 1;
  #closeError: AppError | undefined;
  #finished = false;
  /** When the broker spoke last, or was first asked after it owed nothing. */
  #quietSinceMs: number;
  #silent = false;

  /** Dials at once. */
  constructor(ports: ClientPorts, options: BrokerConnectionOptions, events: BrokerConnectionEvents) {
    this.#ports = ports;
    this.#options = options;
    this.#events = events;
    this.#openedMs = ports.clock.nowMs();
    this.#quietSinceMs = this.#openedMs;
    this.#alarm = new Alarm(ports, () => this.#onAlarm());
    this.#alarm.setAt(this.#openedMs + options.connectTimeoutMs);
    this.#connection = ports.dialer.connect(options.endpoint, {
      onMessage: (frame) => this.#onFrame(frame),
      onClose: (reason) => this.#onClose(reason),
    });
    this.#negotiate(API_VERSIONS_FIRST);
  }

  get isClosed(): boolean {
    return this.#closeError !== undefined;
  }

  /** What the broker can do; undefined until it has told. */
  get features(): BrokerFeatures | undefined {
    return this.#features;
  }

  /** Requests without an answer. */
  get pending(): number {
    return this.#inFlight.length + this.#waiting.length;
  }

  /** How long the broker has left requests unanswered, once that is longer than it should; undefined otherwise. */
  get silenceMs(): number | undefined {
    return this.#silent && !this.isClosed ? this.#ports.clock.nowMs() - this.#quietSinceMs : undefined;
  }

  /**
   * Closes a silent connection if a request on it belongs elsewhere. All its requests then end as after a lost
   * connection, so that late answers cannot be taken for answers to what is sent elsewhere.
   */
  abandonIfElsewhere(): void {
    const { silenceMs } = this;
    if (silenceMs === undefined) return;
    if (![...this.#inFlight, ...this.#waiting].some((request) => request.belongsElsewhere?.() === true)) return;
    const message = `${this.#name} has said nothing for ${Math.round(silenceMs)} ms; others are asked instead`;
    this.close(new AppError('timed-out', message, { retriable: true, definite: false }));
  }

  /**
   * Sends a request when versions are agreed on, behind all earlier ones. Fails with `connection-lost`, `timed-out`
   * (both definite only if the request was never sent), `unsupported-version`, `overloaded` or `frame-malformed`.
   */
  request<Request extends Fields, Response extends Fields>(
    plan: RequestPlan<Request, Response>,
    done: Done<Answer<Response>>,
  ): void {
    this.#enqueue(plan, done, (correlationId, version) => {
      this.#inFlight.push({
        correlationId,
        patienceMs: plan.patienceMs ?? 0,
        belongsElsewhere: plan.belongsElsewhere,
        onFrame: (bytes) => {
          const { value } = decodeResponseFrame(plan.api, version, bytes);
          done(success({ version, response: value }));
        },
        fail: (error) => done(failure(error)),
      });
    });
  }

  /** As {@link request}, where the broker sends no answer: `done` hears that the request went out. */
  requestOneWay<Request extends Fields, Response extends Fields>(
    plan: RequestPlan<Request, Response>,
    done: Done<null>,
  ): void {
    this.#enqueue(plan, done, (correlationId) => {
      this.#deadlines.cancel(correlationId);
      this.#ports.scheduler.defer(() => done(success(null)));
    });
  }

  /** Closes; requests without an answer fail with this error's code. */
  close(error: AppError): void {
    if (this.#closeError !== undefined) return;
    this.#closeError = error;
    this.#connection.close(error.message);
    this.#ports.scheduler.defer(() => this.#finish(error));
  }

  #enqueue<Request extends Fields, Response extends Fields>(
    plan: RequestPlan<Request, Response>,
    done: (outcome: { readonly ok: false; readonly error: AppError }) => void,
    onSent: (correlationId: number, version: number) => void,
  ): void {
    const refused = this.#refusal();
    if (refused !== undefined) {
      this.#ports.scheduler.defer(() => done(failure(refused)));
      return;
    }
    if (this.pending === 0) this.#quietSinceMs = this.#ports.clock.nowMs();
    const correlationId = this.#takeCorrelationId();
    const timeoutMs = plan.timeoutMs ?? this.#options.requestTimeoutMs;
    this.#deadlines.set(correlationId, this.#ports.clock.nowMs() + timeoutMs);
    const waiting: Waiting = {
      patienceMs: plan.patienceMs ?? 0,
      belongsElsewhere: plan.belongsElsewhere,
      send: () => {
        const sentAs = this.#send(correlationId, plan);
        if (sentAs.ok) {
          onSent(correlationId, sentAs.value);
          return;
        }
        this.#deadlines.cancel(correlationId);
        this.#ports.scheduler.defer(() => done(sentAs));
      },
      fail: (error) => done(failure(unsent(error))),
    };
    if (this.#features === undefined) this.#waiting.push(waiting);
    else waiting.send();
    this.#armAlarm();
  }

  #refusal(): AppError | undefined {
    if (this.#closeError !== undefined) return unsent(this.#closeError);
    if (this.pending < this.#options.inFlightMax) return undefined;
    const message = `${this.pending} requests to ${this.#name} wait for answers, the limit; try later`;
    return new AppError('overloaded', message, { retriable: true, definite: true });
  }

  /** Writes the request out and tells its version; a failure here means that nothing was sent. */
  #send<Request extends Fields, Response extends Fields>(
    correlationId: number,
    plan: RequestPlan<Request, Response>,
  ): Outcome<number> {
    const agreed = this.#agreeVersion(plan);
    if (!agreed.ok) return agreed;
    try {
      const request = plan.build(agreed.value);
      this.#connection.send(encodeRequestFrame(plan.api, agreed.value, correlationId, this.#options.clientId, request));
      return agreed;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return failure(error);
    }
  }

  /** The highest version that both sides know and the plan allows. */
  #agreeVersion(plan: {
    readonly api: Pick<Api, 'key' | 'name' | 'minVersion' | 'maxVersion'>;
    readonly maxVersion?: number;
    readonly minVersion?: number;
  }): Outcome<number> {
    const { api } = plan;
    const theirs = this.#features?.versions.get(api.key);
    const max = Math.min(plan.maxVersion ?? api.maxVersion, theirs?.max ?? -1);
    const min = Math.max(plan.minVersion ?? api.minVersion, api.minVersion, theirs?.min ?? 0);
    if (max >= min) return success(max);
    const has = theirs === undefined ? 'none' : `${theirs.min} to ${theirs.max}`;
    const needs = `${plan.minVersion ?? api.minVersion} to ${plan.maxVersion ?? api.maxVersion}`;
    return failure(
      new AppError(
        'unsupported-version',
        `${this.#name} supports ${api.name} versions ${has}, needed is one of ${needs}; use a newer broker`,
        { retriable: false, definite: true, details: { api: api.name } },
      ),
    );
  }

  #negotiate(version: number): void {
    const correlationId = this.#takeCorrelationId();
    this.#inFlight.push({
      correlationId,
      patienceMs: 0, // That of the first request that waits for the versions counts.
      belongsElsewhere: undefined,
      onFrame: (bytes) => this.#onApiVersions(version, bytes),
      fail: () => {},
    });
    this.#connection.send(
      encodeRequestFrame(apiVersions, version, correlationId, this.#options.clientId, {
        clientSoftwareName: 'hapax',
        clientSoftwareVersion: '0.1.0',
      }),
    );
  }

  #onApiVersions(version: number, frame: Uint8Array): void {
    // An unsupported version is answered in version 0, whatever was asked. The header is four bytes in all versions.
    const errorCode = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getInt16(4);
    const readable = errorCode === ErrorCode.UNSUPPORTED_VERSION ? 0 : version;
    const response = apiVersions.decodeResponse(readable, frame, 4);
    const versions = new Map(response.apiKeys.map((api) => [api.apiKey, { min: api.minVersion, max: api.maxVersion }]));
    if (errorCode === ErrorCode.UNSUPPORTED_VERSION && version > 0) {
      const theirs = versions.get(apiVersions.key)?.max ?? 0;
      this.#negotiate(Math.min(theirs, version - 1));
      return;
    }
    if (errorCode !== ErrorCode.NONE) {
      this.close(this.#lost(`it answered ApiVersions with error ${errorCode}`));
      return;
    }
    const finalizedFeatures = new Map(
      response.finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel]),
    );
    this.#features = { versions, finalizedFeatures, finalizedFeaturesEpoch: response.finalizedFeaturesEpoch };
    this.#events.onReady(this.#features);
    this.#armAlarm();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) request.send();
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#closeError !== undefined) return;
    this.#quietSinceMs = this.#ports.clock.nowMs();
    this.#silent = false;
    const head = this.#inFlight[0];
    try {
      const correlationId = peekCorrelationId(frame);
      if (head === undefined || head.correlationId !== correlationId) {
        const expected = head === undefined ? 'none' : `${head.correlationId}`;
        throw new AppError('frame-malformed', `${this.#name} answered request ${correlationId}, expected ${expected}`, {
          retriable: true,
          definite: false,
        });
      }
      this.#deadlines.cancel(correlationId);
      this.#inFlight.shift();
      head.onFrame(frame);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'frame-malformed') throw error;
      const lost = new AppError('frame-malformed', error.message, { retriable: true, definite: false, cause: error });
      if (head !== undefined && this.#inFlight[0] !== head) head.fail(lost);
      this.close(lost);
    }
  }

  #onClose(reason: string): void {
    this.#closeError ??= this.#lost(reason);
    this.#finish(this.#closeError);
  }

  /** Fails what is left, once: by our own close or by theirs, whichever is heard of first. */
  #finish(error: AppError): void {
    if (this.#finished) return;
    this.#finished = true;
    const wasReady = this.#features !== undefined;
    this.#alarm.cancel();
    const inFlight = this.#inFlight.splice(0);
    const waiting = this.#waiting.splice(0);
    for (const request of inFlight) request.fail(sent(error));
    for (const request of waiting) request.fail(error);
    this.#events.onClosed(error, wasReady);
  }

  #onAlarm(): void {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#features === undefined && nowMs >= this.#openedMs + this.#options.connectTimeoutMs) {
      const message = `${this.#name} did not answer within ${this.#options.connectTimeoutMs} ms of dialling; is it up?`;
      this.close(new AppError('timed-out', message, { retriable: true, definite: true }));
      return;
    }
    const due = this.#deadlines.takeDue(nowMs);
    if (due.length > 0) {
      const message = `${this.#name} did not answer a request in time; the connection is closed`;
      this.close(new AppError('timed-out', message, { retriable: true, definite: false }));
      return;
    }
    if (nowMs >= this.#silenceDueMs()) {
      this.#silent = true;
      this.#events.onSilent();
    }
    this.#armAlarm();
  }

  #armAlarm(): void {
    if (this.isClosed) return;
    const forever = Number.POSITIVE_INFINITY;
    const connectDueMs = this.#features === undefined ? this.#openedMs + this.#options.connectTimeoutMs : forever;
    const dueMs = Math.min(this.#deadlines.nextDueMs() ?? forever, connectDueMs, this.#silenceDueMs());
    // Most requests are answered long before: an alarm that rings for nothing now and then costs less than moving it.
    if (dueMs < forever) this.#alarm.setNoLaterThan(dueMs);
  }

  /** When the broker will have been silent for too long; never while it owes nothing, or is known to be silent. */
  #silenceDueMs(): number {
    if (this.#silent || this.pending === 0) return Number.POSITIVE_INFINITY;
    const next = this.#features === undefined ? this.#waiting[0] : this.#inFlight[0];
    return this.#quietSinceMs + SILENCE_MS + (next?.patienceMs ?? 0);
  }

  #takeCorrelationId(): number {
    const id = this.#nextCorrelationId;
    this.#nextCorrelationId = id === 0x7fffffff ? 1 : id + 1;
    return id;
  }

  get #name(): string {
    return `broker ${this.#options.endpoint.host}:${this.#options.endpoint.port}`;
  }

  #lost(reason: string): AppError {
    return new AppError('connection-lost', `the connection to ${this.#name} is gone: ${reason}`, {
      retriable: true,
      definite: false,
    });
  }
}
