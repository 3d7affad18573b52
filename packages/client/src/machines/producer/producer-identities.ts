/** Where a producer's id comes from: asked for once, kept, and asked for again when it is of no more use. */
import { NONE, type AppError } from '@hapax/base';
import { initProducerId } from '@hapax/wire';
import { call } from '../call.ts';
import type { Cluster } from '../cluster.ts';
import type { ProducerIdentity } from './partition-queue.ts';
import type { ProducerSession } from './producer-session.ts';

/** Hears of a new id, or why there will be none. */
export interface ProducerIdentityEvents {
  readonly onIdentity: () => void;
  readonly onFailure: (error: AppError) => void;
}

/** The id of one idempotent producer without transactions. Any broker gives one. */
export class ProducerIdentities implements ProducerSession {
  readonly transactionalId = null;
  readonly produceVersions = { min: 0, max: 11 };
  readonly #cluster: Cluster;
  readonly #lane: string;
  readonly #events: ProducerIdentityEvents;
  #current: ProducerIdentity | undefined;
  #asking = false;
  #closed = false;

  constructor(cluster: Cluster, lane: string, events: ProducerIdentityEvents) {
    this.#cluster = cluster;
    this.#lane = lane;
    this.#events = events;
  }

  /** The id, if there is one; otherwise it is asked for, and an event follows. */
  current(): ProducerIdentity | undefined {
    if (this.#current === undefined) this.#ask();
    return this.#current;
  }

  /** Gives an id up, unless a newer one is here already. */
  discard(producerId: number): void {
    if (this.#current?.producerId === producerId) this.#current = undefined;
  }

  admits(): boolean {
    return true;
  }

  /** The other records go their way. */
  onRecordFailed(): void {}

  close(): void {
    this.#closed = true;
  }

  #ask(): void {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    call(
      this.#cluster,
      {
        api: initProducerId,
        target: { kind: 'any' },
        lane: this.#lane,
        what: 'InitProducerId',
        deadlineMs: this.#cluster.options.requestTimeoutMs,
        build: () => ({ transactionalId: null, transactionTimeoutMs: 0, producerId: NONE, producerEpoch: NONE }),
        // An id that nobody heard of is wasted, nothing more: a silent broker is left for another.
        belongsElsewhere: () => true,
        errorOf: (response) => response.errorCode,
        isCancelled: () => this.#closed,
      },
      (outcome) => {
        this.#asking = false;
        if (outcome.ok) {
          const { producerId, producerEpoch } = outcome.value.response;
          this.#current = { producerId, producerEpoch };
          this.#events.onIdentity();
        } else if (outcome.error.retriable) {
          this.#ask();
        } else {
          this.#events.onFailure(outcome.error);
        }
      },
    );
  }
}
