/** A producer with transactions: records and offsets that become visible together, or not at all. */
import type { AppError } from '@hapax/base';
import type { Cluster } from '../cluster.ts';
import type { OffsetToCommit } from '../group-offsets.ts';
import { failure, type Done } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import type { Delivery, ProducerOptions, ProducerRecord } from '../producer/producer-options.ts';
import { ProducerMachine } from '../producer/producer.ts';
import type { ConsumerGroupMetadata, TransactionOptions } from './transaction-options.ts';
import type { TransactionState } from './transaction-state.ts';
import type { TransactionVersion } from './transaction-version.ts';
import { Transaction } from './transaction.ts';

/**
 * The machine of a transactional producer. Calls fail with `AppError`:
 *
 * - `transaction-aborted` (`details.severity` is `abortable`): the transaction can only be aborted; `cause` says why.
 * - `producer-fenced`, or any with `details.severity` `fatal`: the producer is over; every later call fails alike.
 * - `outcome-unknown`, from commit: it may have happened. Commit again, or abort. From abort, where requests were lost
 *   under version 1: it cannot be learned any more, and the producer goes on.
 * - `timed-out`, `connection-lost`, and `protocol-error` with `retriable`: the same call may be made again.
 * - `usage`: the call does not fit the state; nothing has changed.
 * - `closed`.
 */
export class TransactionalProducerMachine {
  readonly #cluster: Cluster;
  readonly #transaction: Transaction;
  readonly #producer: ProducerMachine;

  /** `lane` names its connections; no other machine of the client may use it. The options must be idempotent. */
  constructor(cluster: Cluster, options: ProducerOptions, transactions: TransactionOptions, lane: string) {
    this.#cluster = cluster;
    this.#transaction = new Transaction(cluster, transactions, `${lane}-transactions`, {
      wake: () => this.#producer.wake(),
      flush: (done) => this.#producer.flush(done),
      discard: (error) => this.#producer.discard(error),
      drain: (error, done) => this.#producer.drain(error, done),
      resume: () => this.#producer.resume(),
      fail: (error) => this.#producer.fail(error),
    });
    this.#producer = new ProducerMachine(cluster, options, lane, this.#transaction);
  }

  get state(): TransactionState {
    return this.#transaction.state;
  }

  /** The protocol of the transaction that is open, or was last. */
  get version(): TransactionVersion {
    return this.#transaction.version;
  }

  /** Id and epoch; undefined before the first begin. */
  get identity(): ProducerIdentity | undefined {
    return this.#transaction.current();
  }

  get bufferedBytes(): number {
    return this.#producer.bufferedBytes;
  }

  get hasRoom(): boolean {
    return this.#producer.hasRoom;
  }

  /** Calls once when there is room again. */
  onRoom(callback: () => void): void {
    this.#producer.onRoom(callback);
  }

  /** Gets id and epoch, fences predecessors and ends what they left open. Begins do this by themselves. */
  init(done: Done<null>): void {
    this.#transaction.init(done);
  }

  /** Opens a transaction. Fails with `usage` while another is open. */
  begin(done: Done<null>): void {
    this.#transaction.begin(done);
  }

  /** Takes a record into the open transaction; see {@link ProducerMachine.send}. A failure leaves only aborting. */
  send(record: ProducerRecord, done: Done<Delivery>): void {
    const refused: AppError | undefined = this.#transaction.refusal('send');
    if (refused === undefined) this.#producer.send(record, done);
    else this.#cluster.ports.scheduler.defer(() => done(failure(refused)));
  }

  /**
   * Makes positions of a consumer part of the transaction. Fails as abortable with `ILLEGAL_GENERATION`,
   * `UNKNOWN_MEMBER_ID` or `FENCED_INSTANCE_ID` in `details.errorName` when the group moved on without the member.
   */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata, done: Done<null>): void {
    this.#transaction.sendOffsets(offsets, group, done);
  }

  /** Sends what waits, without lingering, and calls when every record has its outcome. */
  flush(done: () => void): void {
    this.#producer.flush(done);
  }

  /** Waits for every record and commits. Succeeds only if all of them were delivered. */
  commit(done: Done<null>): void {
    this.#transaction.commit(done);
  }

  /**
   * Aborts. Fails as `protocol-error` with `details.outcome` `committed` where an earlier commit, whose outcome was not
   * known, turns out to have happened.
   */
  abort(done: Done<null>): void {
    this.#transaction.abort(done);
  }

  /** Stops at once. An open transaction is left to its timeout, or to the next producer of this id: abort before. */
  close(): void {
    this.#producer.close();
  }
}
