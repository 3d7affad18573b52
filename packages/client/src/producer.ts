/** A producer with promises. */
import { AdmissionLine } from './admission-line.ts';
import { ProducerMachine, type Cluster, type Delivery, type ProducerOptions } from './machines/index.ts';
import { recordOf, type Message } from './message.ts';
import { outcomeOf } from './promise.ts';

/** Sends records. Made by `HapaxClient.producer`. */
export class Producer {
  readonly #machine: ProducerMachine;
  readonly #line: AdmissionLine;

  constructor(cluster: Cluster, options: ProducerOptions, lane: string) {
    this.#machine = new ProducerMachine(cluster, options, lane);
    this.#line = new AdmissionLine(this.#machine);
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
    return this.#line.enter(() => outcomeOf((done) => this.#machine.send(record, done)));
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
}
