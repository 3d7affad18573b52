/** A client's connection: real frames of the protocol, over the simulated network. */
import type { Connection, Endpoint } from '@hapax/base';
import { Host, type SimNetwork, type VirtualTime } from '@hapax/testkit';
import {
  type Api,
  decodeResponseFrame,
  encodeRequestFrame,
  type Fields,
  type RequestInput,
  type ResponseOf,
} from '@hapax/wire';

/** What a client needs of the cluster: its clock, and someone to let time pass. */
interface World {
  readonly time: VirtualTime;
  runUntil(what: string, holds: () => boolean): void;
}

let nextClient = 1;

/** Sends requests and waits for answers, all of them in order. */
export class WireClient {
  /** Answers that arrived and were not yet taken, oldest first. */
  readonly answers: Uint8Array[] = [];
  /** Why the connection closed; undefined while it is open. */
  closeReason: string | undefined;
  private readonly world: World;
  private readonly connection: Connection;
  private nextCorrelationId = 1;

  constructor(world: World, network: SimNetwork, to: Endpoint) {
    this.world = world;
    const host = new Host(`client-${nextClient++}`, world.time);
    this.connection = network.dialerOf(host).connect(to, {
      onMessage: (bytes) => {
        this.answers.push(bytes);
      },
      onClose: (reason) => {
        this.closeReason = reason;
      },
    });
  }

  get isOpen(): boolean {
    return this.closeReason === undefined;
  }

  /** Bytes that the broker has not taken yet. */
  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  /** Sends a request and returns its answer. Throws where the connection is closed instead. */
  call<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    request: RequestInput<Api<Request, Response>>,
  ): ResponseOf<Api<Request, Response>> {
    this.send(api, version, request);
    return this.take(api, version);
  }

  /** Sends a request and does not wait. Returns its correlation id. */
  send<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    request: RequestInput<Api<Request, Response>>,
  ): number {
    const correlationId = this.nextCorrelationId++;
    this.connection.send(encodeRequestFrame(api, version, correlationId, 'test', request as never));
    return correlationId;
  }

  sendBytes(frame: Uint8Array): void {
    this.connection.send([frame]);
  }

  /** Waits for the next answer and reads it. */
  take<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
  ): ResponseOf<Api<Request, Response>> {
    this.world.runUntil(`${api.name} version ${version} is answered`, () => this.answers.length > 0 || !this.isOpen);
    const bytes = this.answers.shift();
    if (bytes === undefined)
      throw new Error(`instead of an answer to ${api.name} version ${version}: ${this.closeReason}`);
    return decodeResponseFrame(api, version, bytes).value as ResponseOf<Api<Request, Response>>;
  }

  close(): void {
    this.connection.close();
  }
}
