/** A producer with promises. */
import { encodeText } from '@hapax/base';
import type { RecordHeader } from '@hapax/wire/records';
import {
  ProducerMachine,
  type Cluster,
  type Delivery,
  type ProducerOptions,
  type ProducerRecord,
} from './machines/index.ts';
import { outcomeOf } from './promise.ts';

/** Bytes, or a text that is sent as UTF-8. */
export type Content = Uint8Array | string;

/** A record to send. */
export interface Message {
  readonly topic: string;
  /** Left out, the key decides. */
  readonly partition?: number | undefined;
  /** Records with the same key go to the same partition, in order. */
  readonly key?: Content | null | undefined;
  /** Null deletes the key from a compacted topic. */
  readonly value: Content | null;
  readonly headers?: Readonly<Record<string, Content | null>> | undefined;
  /** Milliseconds since 1970. Default: now. */
  readonly timestampMs?: number | undefined;
}

/** Sends records. Made by `HapaxClient.producer`. */
export class Producer {
  readonly #machine: ProducerMachine;
  /** Calls that wait for memory, first come first served: none may be overtaken by one that finds memory free. */
  readonly #line: (() => void)[] = [];

  constructor(cluster: Cluster, options: ProducerOptions, lane: string) {
    this.#machine = new ProducerMachine(cluster, options, lane);
  }

  /** Bytes of records that wait for their outcome. */
  get bufferedBytes(): number {
    return this.#machine.bufferedBytes;
  }

  /**
   * Sends a record and waits until the cluster has it. Records are sent in the order of the calls, many at a time: do
   * not wait for one before the next, but for all at the end. Waits for memory when `bufferBytes` are used up.
   *
   * Rejects with `AppError`: `timed-out` (not acknowledged in time), `protocol-error` (refused; see
   * `details.errorName`), `connection-lost`, `unsupported-version`, `compression-failed`, `closed`. Where `definite` is
   * true the record is certainly not in the log; otherwise it may be.
   */
  async send(message: Message): Promise<Delivery> {
    const record = recordOf(message);
    const send = (): Promise<Delivery> => outcomeOf((done) => this.#machine.send(record, done));
    if (this.#line.length === 0 && this.#machine.hasRoom) return send();
    return new Promise((resolve) => {
      this.#line.push(() => resolve(send()));
      if (this.#line.length === 1) this.#machine.onRoom(() => this.#admit());
    });
  }

  /** Sends records and waits for all of them. Rejects with the first failure, once every record has its outcome. */
  async sendAll(messages: readonly Message[]): Promise<Delivery[]> {
    const outcomes = await Promise.allSettled(messages.map((message) => this.send(message)));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  /** Sends what waits, without lingering, and waits until every record has its outcome. Never rejects. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.#machine.flush(resolve));
  }

  /** Flushes and stops. Later calls of {@link send} reject with `closed`. */
  async close(): Promise<void> {
    await this.flush();
    this.#machine.close();
  }

  /** Stops at once; what has no outcome yet rejects with `closed`. */
  abandon(): void {
    this.#machine.close();
  }

  /** Lets calls that wait go on, in their order, as far as the memory goes. */
  #admit(): void {
    let admitted = 0;
    while (admitted < this.#line.length && this.#machine.hasRoom) this.#line[admitted++]?.();
    this.#line.splice(0, admitted);
    if (this.#line.length > 0) this.#machine.onRoom(() => this.#admit());
  }
}

function recordOf(message: Message): ProducerRecord {
  const { topic, partition, key, value, headers, timestampMs } = message;
  return {
    topic,
    partition,
    key: bytesOf(key ?? null),
    value: bytesOf(value),
    headers: headersOf(headers),
    timestampMs,
  };
}

function headersOf(headers: Message['headers']): RecordHeader[] {
  return Object.entries(headers ?? {}).map(([key, value]) => ({ key, value: bytesOf(value) }));
}

function bytesOf(content: Content | null): Uint8Array | null {
  return typeof content === 'string' ? encodeText(content) : content;
}
