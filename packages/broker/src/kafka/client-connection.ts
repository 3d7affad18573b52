/** One client's connection: frames in, responses out in their order; garbage ends it and harms nobody else. */
import { AppError, type Connection, type ConnectionHandler, type Logger } from '@hapax/base';
import { decodeRequestHeader, encodeResponseFrame, type Api, type Fields, type RequestHeader } from '@hapax/wire';
import { EndOfTurn } from '../end-of-turn.ts';
import { unsupportedApiVersions } from '../handlers/api-versions.ts';
import type { Services } from '../services.ts';
import { servedApi } from './dispatch.ts';
import type { RequestContext, ServedApi } from './served-api.ts';

/** A request whose answer is awaited, or is ready but waits for those before it. */
interface Slot {
  chunks: readonly Uint8Array[] | undefined;
  isDone: boolean;
  /** Called should the connection go before the answer is there. */
  onGone: (() => void) | undefined;
}

/** Reads requests and writes their answers in order. */
export class ClientConnection implements ConnectionHandler {
  private readonly services: Services;
  private readonly connection: Connection;
  private readonly connectionId: number;
  private readonly logger: Logger;
  private readonly onClosed: () => void;
  private readonly writing: EndOfTurn;
  private slots: Slot[] = [];
  private isClosed = false;
  private isPaused = false;

  constructor(services: Services, connection: Connection, connectionId: number, onClosed: () => void) {
    this.services = services;
    this.connection = connection;
    this.connectionId = connectionId;
    this.onClosed = onClosed;
    this.logger = services.ports.logger.child({ component: 'client-connection' });
    this.writing = new EndOfTurn(services.ports.scheduler, () => this.write());
  }

  onMessage(frame: Uint8Array): void {
    if (this.isClosed) return;
    try {
      this.receive(frame);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.refuse(error);
    }
  }

  onDrain(): void {
    this.applyBackPressure();
  }

  onClose(): void {
    this.isClosed = true;
    const { slots } = this;
    this.slots = [];
    for (const slot of slots) if (!slot.isDone) slot.onGone?.();
    this.onClosed();
  }

  private receive(frame: Uint8Array): void {
    const header = this.readHeader(frame);
    if (header === undefined) return;
    const served = servedApi(header.apiKey);
    const { apiVersion } = header;
    if (served === undefined || apiVersion < served.servedFrom || apiVersion > served.advertised[1]) {
      const range = served === undefined ? 'not served' : `served in ${served.servedFrom}–${served.advertised[1]}`;
      throw new AppError('unsupported-version', `API ${header.apiKey} version ${apiVersion} is ${range}`, {
        retriable: false,
        definite: true,
      });
    }
    const api = served.api as unknown as Api<Fields, Fields>;
    const request = api.decodeRequest(apiVersion, frame, header.bodyOffset);
    this.run(served, api, request, header);
  }

  /** ApiVersions of a version that is too new is answered in version 0, for the client to choose another [KIP-511]. */
  private readHeader(frame: Uint8Array): RequestHeader | undefined {
    try {
      return decodeRequestHeader(frame);
    } catch (error) {
      const answer = error instanceof AppError ? unsupportedApiVersions(error, this.services.servedApis) : undefined;
      if (answer === undefined) throw error;
      const slot = this.openSlot();
      this.finish(slot, answer);
      return undefined;
    }
  }

  private run(served: ServedApi, api: Api<Fields, Fields>, request: object, header: RequestHeader): void {
    const { services } = this;
    const { apiVersion, correlationId, clientId } = header;
    const receivedMs = services.ports.clock.nowMs();
    const slot = this.openSlot();
    const context: RequestContext = {
      apiVersion,
      clientId: clientId ?? '',
      connection: this.connection,
      connectionId: this.connectionId,
      principal: 'User:ANONYMOUS',
      receivedMs,
      onGone: (then) => {
        slot.onGone = then;
      },
    };
    served.handle(services, request, context, (response) => {
      services.metrics.onRequest(api.name, services.ports.clock.nowMs() - receivedMs);
      if (this.isClosed || slot.isDone) return;
      if (response === 'none') return this.finish(slot, []);
      try {
        this.finish(slot, encodeResponseFrame(api, apiVersion, correlationId, response));
      } catch (error) {
        // An answer that its version cannot say is a mistake of this broker: it costs this connection, never the node.
        if (!(error instanceof AppError)) throw error;
        this.refuse(error);
      }
    });
  }

  private openSlot(): Slot {
    const slot: Slot = { chunks: undefined, isDone: false, onGone: undefined };
    this.slots.push(slot);
    this.applyBackPressure();
    return slot;
  }

  private finish(slot: Slot, chunks: readonly Uint8Array[]): void {
    slot.chunks = chunks;
    slot.isDone = true;
    this.writing.ask();
  }

  /** Sends every answer that is ready and has none before it that is not. */
  private write(): void {
    if (this.isClosed) return;
    let count = 0;
    for (const slot of this.slots) {
      if (!slot.isDone) break;
      if (slot.chunks !== undefined && slot.chunks.length > 0) this.connection.send(slot.chunks);
      count += 1;
    }
    if (count === 0) return;
    this.slots = this.slots.slice(count);
    this.applyBackPressure();
  }

  /** A client that asks faster than it reads, or than it is answered, is not read from until it has caught up. */
  private applyBackPressure(): void {
    const { requestsInFlightPerConnection } = this.services.options.limits;
    const isTooMuch =
      this.slots.length >= requestsInFlightPerConnection || this.connection.bufferedBytes > MAX_BUFFERED_BYTES;
    if (isTooMuch === this.isPaused) return;
    this.isPaused = isTooMuch;
    this.connection.setPaused(isTooMuch);
  }

  private refuse(error: AppError): void {
    const { host, port } = this.connection.remoteAddress;
    const fields = { client: `${host}:${port}`, code: error.code, reason: error.message };
    this.logger.warn(fields, 'a client connection is closed');
    this.isClosed = true;
    this.connection.close(error.message);
  }
}

const MAX_BUFFERED_BYTES = 64 << 20;
