/** A transactional producer's transactions, one after another: begun, filled, and committed or aborted. */
import { AppError, assert, ErrorCode } from '@hapax/base';
import { endTxn, produce, txnOffsetCommit } from '@hapax/wire';
import { closedError, type Cluster } from '../cluster.ts';
import type { OffsetToCommit } from '../group-offsets.ts';
import { failure, success, type Done, type Outcome } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import type { ProducerSession } from '../producer/producer-session.ts';
import { Enlistment } from './enlistment.ts';
import {
  abortableFailure,
  discardedFailure,
  errorCodeOf,
  fatalFailure,
  misuse,
  severityAtCoordinator,
  severityElsewhere,
  unknownOutcome,
  wasCommitted,
} from './transaction-failure.ts';
import type { ConsumerGroupMetadata, TransactionOptions } from './transaction-options.ts';
import {
  addOffsets,
  addPartitions,
  askIdentity,
  commitOffsetsInTransaction,
  endTransaction,
  VERSION_2,
  type Lossy,
  type RequestContext,
  type TransactionVersion,
} from './transaction-requests.ts';
import { NEXT_TRANSACTION_STATES, type TransactionState } from './transaction-state.ts';
import { Turns } from './turns.ts';

/** The producer whose records are in the transactions. */
export interface SendingHalf {
  /** More may leave now. */
  readonly wake: () => void;
  /** Calls when every record has its outcome. */
  readonly flush: (done: () => void) => void;
  /** Fails what is not on the way, now and later. */
  readonly discard: (error: AppError) => void;
  /** As discard, and calls when nothing is on the way. */
  readonly drain: (error: AppError, done: () => void) => void;
  readonly resume: () => void;
  /** Fails everything, for good. */
  readonly fail: (error: AppError) => void;
}

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 };

/**
 * The states of {@link TransactionState}. Requests about a transaction are made one at a time, and the last of them only
 * when nothing of the transaction is on the way any more: what came late would be part of the next one.
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
  #state: TransactionState = 'uninitialized';
  #identity: ProducerIdentity | undefined;
  #version: TransactionVersion = 1;
  #enlistment: Enlistment | undefined;
  /** Groups whose offsets are part of the transaction. Version 1 only. */
  #groups = new Set<string>();
  /** The coordinator may know of this transaction. */
  #started = false;
  /** The epoch must be raised before the next transaction. */
  #needsEpoch = false;
  /** The coordinator was asked to commit, and it is not known what came of it. */
  #commitMayHaveHappened = false;
  /** A commit or an abort is under way: calls must wait for it. */
  #busy = false;
  /** Why the transaction can only be aborted, or why all is over. */
  #failure: AppError | undefined;
  #waiting: Done<null>[] = [];
  /** Calls that have no outcome yet. */
  readonly #pending = new Set<Done<null>>();
  #closed = false;

  constructor(cluster: Cluster, options: TransactionOptions, lane: string, half: SendingHalf) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#half = half;
    this.#turns = new Turns((callback) => cluster.ports.scheduler.defer(callback));
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
    if (this.#state !== 'in-transaction' && this.#state !== 'committing') return false;
    this.#started = true;
    return this.#version === 2 || this.#enlistment?.admits(topic, partition) === true;
  }

  onRecordFailed(error: AppError): void {
    if (this.#started) this.#needsEpoch ||= this.#version === 1;
    if (this.#state !== 'in-transaction' && this.#state !== 'committing') return;
    if (severityElsewhere(error) === 'fatal') this.#becomeFatal(error);
    else this.#becomeAbortable(error);
  }

  close(): void {
    this.#closed = true;
    this.#enlistment?.close();
    const mayHaveHappened = this.#state === 'committing' || this.#commitMayHaveHappened;
    const closed = failure(honest(closedError(), mayHaveHappened));
    for (const done of this.#pending) this.#answer(done, closed);
    this.#cluster.closeLane(this.#lane);
  }

  /** Why a record or offsets cannot be taken now; undefined where they can. */
  refusal(what: string): AppError | undefined {
    if (this.#closed) return closedError();
    if (this.#state === 'in-transaction') return undefined;
    if (this.#failure !== undefined) return this.#failure;
    return misuse(`${what} needs an open transaction, this one is ${this.#state}; begin first`);
  }

  /** Gets id and epoch, and ends what a predecessor left open; begins do this by themselves. */
  init(done: Done<null>): void {
    if (this.#refuseIfOver(done)) return;
    if (this.#state !== 'uninitialized' && this.#state !== 'initializing') this.#answer(done, success(null));
    else {
      this.#waiting.push(this.#expect(done));
      if (this.#state === 'uninitialized') this.#initialize();
    }
  }

  /** Opens a transaction. */
  begin(done: Done<null>): void {
    if (this.#refuseIfOver(done)) return;
    if (this.#state === 'uninitialized' || this.#state === 'initializing') {
      this.init((outcome) => {
        if (outcome.ok) this.begin(done);
        else done(outcome);
      });
      return;
    }
    if (this.#state !== 'ready') {
      this.#answer(done, failure(misuse(`a transaction is ${this.#state}; commit or abort it before the next`)));
      return;
    }
    const version = this.#currentVersion();
    if (this.#needsEpoch || (this.#started && version !== this.#version)) {
      this.#initialize();
      this.begin(done);
      return;
    }
    this.#version = version;
    this.#open();
    this.#answer(done, success(null));
  }

  /** Makes offsets of a group part of the transaction. */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata, whenDone: Done<null>): void {
    const refused = this.refusal('sendOffsets');
    if (refused !== undefined || offsets.length === 0) {
      this.#answer(whenDone, refused === undefined ? success(null) : failure(refused));
      return;
    }
    const done = this.#expect(whenDone);
    const finish = (leave: () => void, outcome: Outcome<Lossy>, severity: typeof severityElsewhere): void => {
      if (outcome.ok) this.#onLossy(outcome.value);
      else this.#onOffsetsFailed(outcome.error, severity);
      leave();
      done(outcome.ok ? success(null) : failure(this.#failure ?? outcome.error));
    };
    this.#turns.enter((leave) => {
      const identity = this.#identity ?? NOBODY;
      if (!this.#isOpen()) {
        leave();
        this.#answer(done, failure(this.#failure ?? discardedFailure(this.transactionalId)));
        return;
      }
      this.#started = true;
      const write = (): void =>
        commitOffsetsInTransaction(this.#context(), identity, this.#version, group, offsets, (outcome) =>
          finish(leave, outcome, severityElsewhere),
        );
      if (this.#version === 2 || this.#groups.has(group.groupId)) {
        write();
        return;
      }
      addOffsets(this.#context(), identity, group.groupId, (outcome) => {
        if (!outcome.ok) {
          finish(leave, outcome, severityAtCoordinator);
          return;
        }
        this.#onLossy(outcome.value);
        this.#groups.add(group.groupId);
        write();
      });
    });
  }

  /** Delivers what was taken, and commits it all. */
  commit(whenDone: Done<null>): void {
    if (this.#refuseIfOver(whenDone)) return;
    const isRepeated = this.#state === 'committing' && !this.#busy;
    if (this.#state !== 'in-transaction' && !isRepeated) {
      const refused = this.#state === 'abortable-error' ? this.#failure : undefined;
      const wrong = misuse(`commit needs an open transaction, this one is ${this.#state}`);
      this.#answer(whenDone, failure(refused ?? wrong));
      return;
    }
    const done = this.#expect(whenDone);
    if (!isRepeated) this.#become('committing');
    this.#busy = true;
    this.#half.flush(() =>
      this.#turns.whenIdle(() => {
        if (this.#closed) return;
        if (this.#state !== 'committing') done(failure(this.#failure ?? discardedFailure(this.transactionalId)));
        else if (!this.#started) this.#finish(done);
        else this.#end(true, done);
      }),
    );
  }

  /** Drops what is not on the way, waits for what is, and aborts it all. */
  abort(whenDone: Done<null>): void {
    if (this.#refuseIfOver(whenDone)) return;
    const isResting = this.#state === 'committing' || this.#state === 'aborting';
    if ((this.#state !== 'in-transaction' && this.#state !== 'abortable-error' && !isResting) || this.#busy) {
      const what = this.#busy ? `${this.#state} already` : this.#state;
      this.#answer(whenDone, failure(misuse(`abort needs an open transaction, this one is ${what}`)));
      return;
    }
    const done = this.#expect(whenDone);
    if (this.#state !== 'aborting') this.#become('aborting');
    this.#busy = true;
    this.#enlistment?.close();
    this.#half.drain(this.#failure ?? discardedFailure(this.transactionalId), () =>
      this.#turns.whenIdle(() => {
        if (this.#closed) return;
        if (this.#state !== 'aborting') done(failure(this.#failure ?? discardedFailure(this.transactionalId)));
        else if (!this.#started) this.#finish(done);
        else this.#end(false, done);
      }),
    );
  }

  #become(state: TransactionState): void {
    assert(
      NEXT_TRANSACTION_STATES[this.#state].includes(state),
      () => `invalid transition [${this.#state} -> ${state}] of ${this.transactionalId}`,
    );
    this.#state = state;
  }

  #isOpen(): boolean {
    return !this.#closed && (this.#state === 'in-transaction' || this.#state === 'committing');
  }

  #open(): void {
    this.#become('in-transaction');
    this.#started = false;
    this.#commitMayHaveHappened = false;
    this.#failure = undefined;
    this.#groups = new Set();
    this.#enlistment = new Enlistment(
      (turn) => this.#turns.enter(turn),
      (partitions, done) => addPartitions(this.#context(), this.#identity ?? NOBODY, partitions, done),
      {
        onAdded: (lossy) => {
          this.#onLossy(lossy);
          this.#half.wake();
        },
        onFailed: (error) => this.#onCoordinatorFailed(error),
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
        this.#settleWaiting(success(null));
      } else if (outcome.error.retriable) {
        this.#become('uninitialized');
        this.#settleWaiting(outcome);
      } else {
        this.#becomeFatal(outcome.error);
        this.#settleWaiting(failure(this.#failure ?? outcome.error));
      }
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
      this.#finish(done);
    });
  }

  #finish(done: Done<null>): void {
    this.#busy = false;
    this.#enlistment?.close();
    this.#failure = undefined;
    this.#become('ready');
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
      this.#becomeFatal(honest(error, this.#commitMayHaveHappened));
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
      this.#becomeFatal(honest(error, this.#commitMayHaveHappened));
      done(failure(this.#failure ?? error));
    } else {
      this.#needsEpoch ||= this.#version === 1;
      done(failure(error));
    }
  }

  /** Partitions or a group could not be added: what is retriable is asked for again by the records that wait. */
  #onCoordinatorFailed(error: AppError): void {
    this.#needsEpoch ||= this.#version === 1;
    if (!this.#isOpen()) {
      if (!error.retriable && severityAtCoordinator(error) === 'fatal') this.#becomeFatal(error);
    } else if (error.retriable) this.#half.wake();
    else if (severityAtCoordinator(error) === 'fatal') this.#becomeFatal(error);
    else this.#becomeAbortable(error);
  }

  #onOffsetsFailed(error: AppError, severity: typeof severityElsewhere): void {
    this.#needsEpoch ||= this.#version === 1;
    if (severity(error) === 'fatal') this.#becomeFatal(error);
    else if (this.#isOpen()) this.#becomeAbortable(error);
  }

  /** What was lost on the way may arrive in the next transaction, unless that has another epoch. */
  #onLossy({ wasLost }: Lossy): void {
    this.#needsEpoch ||= wasLost && this.#version === 1;
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
    const { producerId, producerEpoch } = this.#identity ?? NOBODY;
    const { transactionalId, transactionTimeoutMs } = this.#options;
    this.#failure = fatalFailure(error, { transactionalId, transactionTimeoutMs, producerId, producerEpoch });
    this.#cluster.ports.logger.warn({ transactionalId, reason: error.message }, 'a transactional producer is over');
    this.#half.fail(this.#failure);
  }

  /** Version 2 where the cluster has decided so, and all brokers that were met know its requests. [KIP-890, D3] */
  #currentVersion(): TransactionVersion {
    const { features } = this.#cluster;
    const isDecided = features.finalizedLevel('transaction.version') >= 2;
    const isKnown =
      features.allHave(endTxn.key, VERSION_2.endTxn) &&
      features.allHave(produce.key, VERSION_2.produce) &&
      features.allHave(txnOffsetCommit.key, VERSION_2.txnOffsetCommit);
    return isDecided && isKnown ? 2 : 1;
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
    if (refused !== undefined) this.#answer(done, failure(refused));
    return refused !== undefined;
  }

  /** A call that gets its outcome once, also when the producer is closed meanwhile. */
  #expect(whenDone: Done<null>): Done<null> {
    const done: Done<null> = (outcome) => {
      if (this.#pending.delete(done)) whenDone(outcome);
    };
    this.#pending.add(done);
    return done;
  }

  #settleWaiting(outcome: Outcome<null>): void {
    for (const done of this.#waiting.splice(0)) this.#answer(done, outcome);
  }

  #answer(done: Done<null>, outcome: Outcome<null>): void {
    this.#cluster.ports.scheduler.defer(() => done(outcome));
  }
}

/** An answer that says "no" says nothing of an earlier attempt whose answer was lost. */
function honest(error: AppError, mayHaveHappened: boolean): AppError {
  if (!mayHaveHappened || !error.definite) return error;
  const { code, message, retriable, details } = error;
  return new AppError(code, message, { retriable, definite: false, details, cause: error });
}
