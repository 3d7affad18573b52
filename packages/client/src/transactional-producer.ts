/** A producer with transactions, with promises. */
import { AppError } from '@hapax/base';
import { AdmissionLine } from './admission-line.ts';
import {
  isCommittedNonetheless,
  isFatal,
  isOutcomeUnknown,
  TransactionalProducerMachine,
  type Cluster,
  type ConsumerGroupMetadata,
  type Delivery,
  type OffsetToCommit,
  type ProducerOptions,
  type TransactionOptions,
  type TransactionState,
} from './machines/index.ts';
import { recordOf, type Message } from './message.ts';
import { outcomeOf } from './promise.ts';

/** What can be done within a transaction. */
export interface OpenTransaction {
  send(message: Message): Promise<Delivery>;
  sendAll(messages: readonly Message[]): Promise<Delivery[]>;
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<null>;
}

/**
 * Sends records, and positions of consumers, in transactions: all of one become visible together or not at all. Made
 * by `HapaxClient.producer` with a `transactionalId`.
 *
 * Calls reject with `AppError`. What to do about it:
 *
 * - {@link isAbortable}: abort; then begin another transaction. `transaction-aborted`; `cause` says what failed.
 * - {@link isFatal}: close this producer; all later calls reject alike. `producer-fenced`: another producer with the
 *   same `transactionalId` has begun, or a transaction was open for too long. `protocol-error` such as
 *   `TRANSACTIONAL_ID_AUTHORIZATION_FAILED`, `INVALID_PRODUCER_ID_MAPPING`, `INVALID_TRANSACTION_TIMEOUT`;
 *   `unsupported-version`.
 * - {@link isOutcomeUnknown}: from commit; it may have happened. Commit again until there is an answer, or abort, which
 *   rejects ({@link isCommittedNonetheless}) if it had happened. From abort: it cannot be learned any more (version 1).
 * - `retriable`: make the same call again.
 * - `usage`: the call does not fit the state; nothing has changed.
 */
export class TransactionalProducer implements OpenTransaction {
  readonly #machine: TransactionalProducerMachine;
  readonly #line: AdmissionLine;

  constructor(cluster: Cluster, options: ProducerOptions, transactions: TransactionOptions, lane: string) {
    this.#machine = new TransactionalProducerMachine(cluster, options, transactions, lane);
    this.#line = new AdmissionLine(this.#machine);
  }

  /** Where the producer is. */
  get state(): TransactionState {
    return this.#machine.state;
  }

  /** Bytes of records that wait for their outcome. */
  get bufferedBytes(): number {
    return this.#machine.bufferedBytes;
  }

  /** Fences predecessors with this `transactionalId` and ends what they left open. {@link begin} does it too. */
  init(): Promise<null> {
    return outcomeOf((done) => this.#machine.init(done));
  }

  /** Opens a transaction. Rejects with `usage` while another is open. */
  begin(): Promise<null> {
    return outcomeOf((done) => this.#machine.begin(done));
  }

  /**
   * Sends a record within the transaction, and resolves when the cluster has it. There is no need to wait: commit
   * does, and rejects if one was not delivered. That one rejects too, so do not leave it without a handler.
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

  /**
   * Commits positions of a consumer with the transaction. `offset` is that of the next record to be read; `group` comes
   * from `consumer.groupMetadata()`. Rejects as abortable with `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID` or
   * `FENCED_INSTANCE_ID` in `details.errorName` when the group has moved on without the consumer.
   */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<null> {
    return outcomeOf((done) => this.#machine.sendOffsets(offsets, group, done));
  }

  /** Sends what waits, without lingering, and waits until every record has its outcome. Never rejects. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.#machine.flush(resolve));
  }

  /** Waits for every record and commits them all. Resolves only when they are committed for good. */
  async commit(): Promise<null> {
    await this.#line.whenEmpty();
    return outcomeOf((done) => this.#machine.commit(done));
  }

  /** Aborts; records that have not left reject as `transaction-aborted`. Resolves when none will ever be seen. */
  async abort(): Promise<null> {
    const aborted = outcomeOf<null>((done) => this.#machine.abort(done));
    await Promise.allSettled([aborted, this.#line.whenEmpty()]);
    return aborted;
  }

  /**
   * Runs a transaction: begins, commits when `body` has resolved, and aborts when it has rejected. Rejects with what
   * the body rejected with, or with what kept the transaction from being committed: then it certainly was not, unless
   * {@link isOutcomeUnknown}. Whether a commit took effect whose answer was lost is found out by aborting.
   */
  async transaction<T>(body: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    await this.begin();
    let result: T;
    try {
      result = await body(this);
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
    try {
      await this.commit();
    } catch (error) {
      if (isFatal(error)) throw error;
      const outcome = await this.#giveUp();
      if (outcome === 'aborted' && isOutcomeUnknown(error)) throw abortedAfterAll(error);
      if (outcome !== 'committed') throw error;
    }
    return result;
  }

  /** Aborts an open transaction, flushes and stops. Later calls reject with `closed`. */
  async close(): Promise<void> {
    const isOpen = ['in-transaction', 'abortable-error'].includes(this.#machine.state);
    if (isOpen) await this.abort().catch(() => null);
    this.#machine.close();
  }

  /** Stops at once, as a crash would: an open transaction is left to its timeout, or to the next of this id. */
  abandon(): void {
    this.#machine.close();
  }

  /** Aborts, and tells what became of the transaction. What else fails shows with the next call. */
  async #giveUp(): Promise<'aborted' | 'committed' | 'unknown'> {
    try {
      await this.abort();
      return 'aborted';
    } catch (error) {
      return isCommittedNonetheless(error) ? 'committed' : 'unknown';
    }
  }
}

/** The failure of a transaction whose commit got no answer, and which was then aborted for certain. */
function abortedAfterAll(cause: unknown): AppError {
  const message = 'the transaction was aborted, because its commit got no answer in time; run it again';
  return new AppError('transaction-aborted', message, { retriable: true, definite: true, cause });
}
