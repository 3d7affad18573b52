/** A transactional producer's transactions, one after another: begun, filled, and committed or aborted. */
import { assert, ErrorCode, type AppError } from '@hapax/base';
import { closedError, type Cluster } from '../cluster.ts';
import { sent } from '../definite.ts';
import type { OffsetToCommit } from '../group-offsets.ts';
import { failure, success, type Done } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import type { ProducerSession } from '../producer/producer-session.ts';
import { Enlistment } from './enlistment.ts';
import { GroupEnlistment, type SeverityOf } from './group-enlistment.ts';
import { PendingCalls } from './pending-calls.ts';
import type { SendingHalf } from './sending-half.ts';
import {
  abortableFailure,
  discardedFailure,
  errorCodeOf,
  fatalFailure,
  misuse,
  neverKnown,
  severityAtCoordinator,
  severityElsewhere,
  unknownOutcome,
  wasCommitted,
} from './transaction-failure.ts';
import type { ConsumerGroupMetadata, TransactionOptions } from './transaction-options.ts';
import {
  addPartitions,
  askIdentity,
  endTransaction,
  type Lossy,
  type RequestContext,
} from './transaction-requests.ts';
import { NEXT_TRANSACTION_STATES, type TransactionState } from './transaction-state.ts';
import { transactionVersionOf, VERSION_2, type TransactionVersion } from './transaction-version.ts';
import { Turns } from './turns.ts';

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 };

/**
 * The states of {@link TransactionState}. Requests about a transaction are made one at a time, and the last of them
 * only when nothing of the transaction is on the way any more: what came late would be part of the next one.
 *
 * Under version 1 successive transactions share an epoch, so that a request whose answer was lost could still arrive in
 * the next one. After such a loss the epoch is raised before the next transaction begins. [KAFKA-17754, KIP-360]
 */
export class Transaction implements ProducerSession {
  readonly #cluster: Cluster;
  readonly #options: TransactionOptions;
  readonly #lane: string;
  readonly #half: SendingHalf;
  readonly #turns: Turns;
  readonly #calls: PendingCalls;
  /** Those that wait for id and epoch. */
  readonly #starts: PendingCalls;
  #state: TransactionState = 'uninitialized';
  #identity: ProducerIdentity | undefined;
  #version: TransactionVersion = 1;
  #enlistment: Enlistment | undefined;
  #groups = new GroupEnlistment();
  /** The coordinator may know of this transaction. */
  #started = false;
  /** The epoch must be raised before the next transaction. */
  #needsEpoch = false;
  /** A request to add something was lost: coming late, it would open again what has ended. Version 1 only. */
  #addMayBeLate = false;
  /** The coordinator was asked to commit, and it is not known what came of it. */
  #commitMayHaveHappened = false;
  /** A commit or an abort is under way: calls must wait for it. */
  #busy = false;
  /** Why the transaction can only be aborted, or why all is over. */
  #failure: AppError | undefined;
  #closed = false;

  constructor(cluster: Cluster, options: TransactionOptions, lane: string, half: SendingHalf) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#half = half;
    const defer = (callback: () => void): void => cluster.ports.scheduler.defer(callback);
    this.#turns = new Turns(defer);
    this.#calls = new PendingCalls(defer);
    this.#starts = new PendingCalls(defer);
  }

  get state(): TransactionState {
    return this.#state;
  }

  /** The protocol of the transaction that is open, or was last. */
  get version(): TransactionVersion {
    return this.#version;
  }

  get transactionalId(): string {
    return this.#options.transactionalId;
  }

  get produceVersions(): { readonly min: number; readonly max: number } {
    const { produce: first } = VERSION_2;
    return this.#version === 2 ? { min: first, max: first } : { min: 3, max: first - 1 };
  }

  current(): ProducerIdentity | undefined {
    return this.#identity;
  }

  /** Ids are the coordinator's to give; what a leader thinks of one is found out when the transaction ends. */
  discard(): void {}

  admits(topic: string, partition: number): boolean {
    if (!this.#isOpen()) return false;
    this.#started = true;
    return this.#version === 2 || this.#enlistment?.admits(topic, partition) === true;
  }

  onRecordFailed(error: AppError): void {
    // What is discarded because of an earlier failure changes nothing but that it may have had a number.
    this.#onFailed(error, this.#isOpen() ? severityElsewhere : () => 'abortable');
  }

  close(): void {
    this.#closed = true;
    this.#enlistment?.close();
    const mayHaveHappened = this.#state === 'committing' || this.#commitMayHaveHappened;
    this.#calls.settleAll(failure(mayHaveHappened ? sent(closedError()) : closedError()));
    this.#starts.settleAll(failure(closedError()));
    this.#cluster.closeLane(this.#lane);
  }

  /** Why a record or offsets cannot be taken now; undefined where they can. */
  refusal(what: string): AppError | undefined {
    if (this.#closed) return closedError();
    if (this.#state === 'in-transaction') return undefined;
    const isEnding = this.#state === 'aborting' ? discardedFailure(this.transactionalId) : undefined;
    return this.#failure ?? isEnding ?? this.#misfit(what);
  }

  /** Gets id and epoch, and ends what a predecessor left open; begins do this by themselves. */
  init(done: Done<null>): void {
    if (this.#refuseIfOver(done)) return;
    if (this.#state !== 'uninitialized' && this.#state !== 'initializing') this.#calls.answer(done, success(null));
    else {
      this.#starts.expect(done);
      if (this.#state === 'uninitialized') this.#initialize();
    }
  }

  /** Opens a transaction. */
  begin(done: Done<null>): void {
    if (this.#refuseIfOver(done)) return;
    const isInitial = this.#state === 'uninitialized' || this.#state === 'initializing';
    if (!isInitial && this.#state !== 'ready') {
      this.#calls.answer(done, failure(misuse(`a transaction is ${this.#state}; end it before the next`)));
      return;
    }
    const version = transactionVersionOf(this.#cluster.features);
    if (isInitial || this.#needsEpoch || (this.#started && version !== this.#version)) {
      // What the version before has left on its way must not be taken for part of the next transaction.
      if (!isInitial) this.#initialize();
      this.init((outcome) => (outcome.ok ? this.begin(done) : done(outcome)));
      return;
    }
    this.#version = version;
    this.#open();
    this.#calls.answer(done, success(null));
  }

  /** Makes offsets of a group part of the transaction. */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata, whenDone: Done<null>): void {
    const refused = this.refusal('sendOffsets');
    if (refused !== undefined || offsets.length === 0) {
      this.#calls.answer(whenDone, refused === undefined ? success(null) : failure(refused));
      return;
    }
    const done = this.#calls.expect(whenDone);
    this.#turns.enter((leave) => {
      if (!this.#isOpen()) {
        leave();
        this.#calls.answer(done, failure(this.#failure ?? discardedFailure(this.transactionalId)));
        return;
      }
      this.#started = true;
      const sending = { identity: this.#identity ?? NOBODY, version: this.#version, group, offsets };
      const onLossy = (lossy: Lossy): void => this.#onLossy(lossy);
      this.#groups.send(this.#context(), sending, onLossy, (outcome, severityOf) => {
        if (outcome.ok) this.#onLossy(outcome.value);
        else {
          this.#onLossy({ wasLost: !outcome.error.definite });
          this.#onFailed(outcome.error, severityOf);
        }
        leave();
        done(outcome.ok ? success(null) : failure(this.#failure ?? outcome.error));
      });
    });
  }

  /** Delivers what was taken, and commits it all. */
  commit(whenDone: Done<null>): void {
    if (this.#refuseIfOver(whenDone)) return;
    const isRepeated = this.#state === 'committing' && !this.#busy;
    if (this.#state !== 'in-transaction' && !isRepeated) {
      const refused = this.#state === 'abortable-error' ? this.#failure : undefined;
      this.#calls.answer(whenDone, failure(refused ?? this.#misfit('commit')));
      return;
    }
    const done = this.#calls.expect(whenDone);
    if (!isRepeated) this.#become('committing');
    this.#busy = true;
    this.#half.flush(() => this.#endWhenQuiet(true, done));
  }

  /** Drops what is not on the way, waits for what is, and aborts it all. */
  abort(whenDone: Done<null>): void {
    if (this.#refuseIfOver(whenDone)) return;
    const isResting = this.#state === 'committing' || this.#state === 'aborting';
    if ((this.#state !== 'in-transaction' && this.#state !== 'abortable-error' && !isResting) || this.#busy) {
      this.#calls.answer(whenDone, failure(this.#misfit('abort')));
      return;
    }
    const done = this.#calls.expect(whenDone);
    if (this.#state !== 'aborting') this.#become('aborting');
    this.#busy = true;
    this.#enlistment?.close();
    this.#half.drain(this.#failure ?? discardedFailure(this.transactionalId), () => this.#endWhenQuiet(false, done));
  }

  #become(state: TransactionState): void {
    assert(
      NEXT_TRANSACTION_STATES[this.#state].includes(state),
      () => `invalid transition [${this.#state} -> ${state}] of ${this.transactionalId}`,
    );
    this.#state = state;
  }

  #misfit(what: string): AppError {
    return misuse(`${what} needs an open transaction, this one is ${this.#state}${this.#busy ? ' already' : ''}`);
  }

  #isOpen(): boolean {
    return !this.#closed && (this.#state === 'in-transaction' || this.#state === 'committing');
  }

  #open(): void {
    this.#become('in-transaction');
    this.#started = false;
    this.#commitMayHaveHappened = false;
    this.#addMayBeLate = false;
    this.#failure = undefined;
    this.#groups = new GroupEnlistment();
    this.#enlistment = new Enlistment(
      this.#turns,
      (partitions, done) => addPartitions(this.#context(), this.#identity ?? NOBODY, partitions, done),
      {
        onAdded: (lossy) => {
          this.#onLossy(lossy);
          this.#half.wake();
        },
        onFailed: (error) => this.#onAddFailed(error),
      },
    );
    this.#half.resume();
  }

  #initialize(): void {
    this.#become('initializing');
    askIdentity(this.#context(), this.#identity, (outcome) => {
      if (outcome.ok) {
        this.#identity = outcome.value;
        this.#needsEpoch = false;
        this.#started = false;
        this.#become('ready');
      } else if (outcome.error.retriable) this.#become('uninitialized');
      else this.#becomeFatal(outcome.error);
      this.#starts.settleAll(outcome.ok ? success(null) : failure(this.#failure ?? outcome.error));
    });
  }

  #endWhenQuiet(committed: boolean, done: Done<null>): void {
    this.#turns.whenIdle(() => {
      if (this.#closed) return;
      if (this.#state !== (committed ? 'committing' : 'aborting'))
        done(failure(this.#failure ?? discardedFailure(this.transactionalId)));
      else if (!this.#started) this.#finish(done);
      else this.#end(committed, done);
    });
  }

  #end(committed: boolean, done: Done<null>): void {
    const identity = this.#identity ?? NOBODY;
    endTransaction(this.#context(), identity, this.#version, committed, (outcome) => {
      if (!outcome.ok) {
        this.#busy = false;
        if (committed) this.#onCommitFailed(outcome.error, done);
        else this.#onAbortFailed(outcome.error, done);
        return;
      }
      const { next, wasLost } = outcome.value;
      if (next !== undefined) this.#identity = next;
      else if (this.#version === 2 || wasLost || this.#commitMayHaveHappened) this.#needsEpoch = true;
      // A request that came late may have opened the transaction anew after the commit, and that is what was aborted.
      const isAmbiguous = !committed && this.#commitMayHaveHappened && this.#addMayBeLate;
      this.#finish((ended) => done(isAmbiguous ? failure(neverKnown(this.transactionalId)) : ended));
    });
  }

  #finish(done: Done<null>): void {
    this.#busy = false;
    this.#enlistment?.close();
    this.#failure = undefined;
    this.#become('ready');
    // At once: what is late should find its epoch over.
    if (this.#needsEpoch) this.#initialize();
    done(success(null));
  }

  #onCommitFailed(error: AppError, done: Done<null>): void {
    const errorCode = errorCodeOf(error);
    if (errorCode === ErrorCode.INVALID_TXN_STATE || errorCode === ErrorCode.TRANSACTION_ABORTABLE) {
      // Had an attempt been taken, this would have been answered with success, or as fenced. [W2, N3]
      this.#commitMayHaveHappened = false;
      this.#needsEpoch ||= this.#version === 1;
      this.#becomeAbortable(error);
      done(failure(this.#failure ?? error));
    } else if (!error.retriable) {
      this.#becomeFatal(this.#commitMayHaveHappened ? sent(error) : error);
      done(failure(this.#failure ?? error));
    } else {
      this.#commitMayHaveHappened ||= !error.definite;
      done(failure(this.#commitMayHaveHappened ? unknownOutcome(error, this.transactionalId) : error));
    }
  }

  #onAbortFailed(error: AppError, done: Done<null>): void {
    if (errorCodeOf(error) === ErrorCode.INVALID_TXN_STATE) {
      // There was nothing to abort: the coordinator had never heard of this transaction, or an earlier commit, whose
      // answer was lost, has been taken. What may still arrive late is of an epoch that is over then.
      this.#needsEpoch = true;
      const late = this.#commitMayHaveHappened;
      this.#finish((outcome) => done(late ? failure(wasCommitted(error, this.transactionalId)) : outcome));
    } else if (!error.retriable) {
      this.#becomeFatal(this.#commitMayHaveHappened ? sent(error) : error);
      done(failure(this.#failure ?? error));
    } else {
      this.#needsEpoch ||= this.#version === 1;
      done(failure(error));
    }
  }

  /** Partitions could not be added: what is retriable is asked for again by the records that wait. */
  #onAddFailed(error: AppError): void {
    this.#onLossy({ wasLost: !error.definite });
    if (error.retriable) this.#half.wake();
    else this.#onFailed(error, severityAtCoordinator);
  }

  #onFailed(error: AppError, severityOf: SeverityOf): void {
    this.#needsEpoch ||= this.#started && this.#version === 1;
    if (severityOf(error) === 'fatal') this.#becomeFatal(error);
    else if (this.#isOpen()) this.#becomeAbortable(error);
  }

  /** What was lost on the way may arrive in the next transaction, unless that has another epoch. */
  #onLossy({ wasLost }: Lossy): void {
    this.#needsEpoch ||= wasLost && this.#version === 1;
    this.#addMayBeLate ||= wasLost && this.#version === 1;
  }

  #becomeAbortable(error: AppError): void {
    this.#become('abortable-error');
    this.#busy = false;
    this.#failure = abortableFailure(error, this.transactionalId);
    this.#half.discard(this.#failure);
  }

  #becomeFatal(error: AppError): void {
    if (this.#state === 'fatal') return;
    this.#become('fatal');
    this.#busy = false;
    this.#failure = fatalFailure(error, this.#options, this.#identity ?? NOBODY);
    const { transactionalId } = this;
    this.#cluster.ports.logger.warn({ transactionalId, reason: error.message }, 'a transactional producer is over');
    this.#half.fail(this.#failure);
  }

  #context(): RequestContext {
    return {
      cluster: this.#cluster,
      options: this.#options,
      lane: this.#lane,
      isCancelled: () => this.#closed,
      isStopped: () => !this.#isOpen(),
    };
  }

  #refuseIfOver(done: Done<null>): boolean {
    const refused = this.#closed ? closedError() : this.#state === 'fatal' ? this.#failure : undefined;
    if (refused !== undefined) this.#calls.answer(done, failure(refused));
    return refused !== undefined;
  }
}
