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
  type Decoded,
  type Encodable,
  type Fields,
} from '@hapax/wire';
import { Alarm } from './alarm.ts';
import type { ClientPorts } from './client-ports.ts';
import { failure, success, type Done, type Outcome } from './outcome.ts';

/** An answer, with the version that was agreed on. */
export interface Answer<Response extends Fields> {
  readonly version: number;
  readonly response: Decoded<Response>;
}

/** A request before its version is known. */
export interface RequestPlan<Request extends Fields, Response extends Fields> {
  readonly api: Api<Request, Response>;
  /** The highest version this request wants; the table's highest where it is left out. */
  readonly maxVersion?: number;
  /** The lowest version that can say what this request means. */
  readonly minVersion?: number;
  /** Writes the request for the version that was agreed on. */
  readonly build: (version: number) => Encodable<Request>;
  /** How long to wait for the answer, from the moment of the call. */
  readonly timeoutMs?: number;
}

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
}

interface Waiting {
  readonly send: () => void;
  readonly fail: (error: AppError) => void;
}

interface InFlight {
  readonly correlationId: number;
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
  readonly #onClosed: (error: AppError, wasReady: boolean) => void;
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

  /** Dials at once. `onClosed` is called once, after all requests have failed. */
  constructor(
    ports: ClientPorts,
    options: BrokerConnectionOptions,
    onClosed: (error: AppError, wasReady: boolean) => void,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#openedMs = ports.clock.nowMs();
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
    const correlationId = this.#takeCorrelationId();
    this.#setDeadline(correlationId, plan.timeoutMs ?? this.#options.requestTimeoutMs);
    const waiting: Waiting = {
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
    this.#inFlight.push({ correlationId, onFrame: (bytes) => this.#onApiVersions(version, bytes), fail: () => {} });
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
    this.#features = { versions, finalizedFeatures };
    this.#armAlarm();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) request.send();
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#closeError !== undefined) return;
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
    this.#onClosed(error, wasReady);
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
    this.#armAlarm();
  }

  #setDeadline(correlationId: number, timeoutMs: number): void {
    this.#deadlines.set(correlationId, this.#ports.clock.nowMs() + timeoutMs);
    this.#armAlarm();
  }

  #armAlarm(): void {
    const dueMs = this.#deadlines.nextDueMs();
    const connectDueMs = this.#features === undefined ? this.#openedMs + this.#options.connectTimeoutMs : undefined;
    if (dueMs !== undefined && connectDueMs !== undefined) this.#alarm.setAt(Math.min(dueMs, connectDueMs));
    else this.#alarm.setAt(dueMs ?? connectDueMs);
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

/** The failure of a request that never left: it certainly did not happen. */
function unsent(error: AppError): AppError {
  return withDefinite(error, true);
}

/** The failure of a request that left and was not answered: nobody here knows whether it happened. */
function sent(error: AppError): AppError {
  return withDefinite(error, false);
}

function withDefinite(error: AppError, definite: boolean): AppError {
  if (error.definite === definite) return error;
  const { code, message, retriable, details } = error;
  return new AppError(code, message, { retriable, definite, details, cause: error });
}
