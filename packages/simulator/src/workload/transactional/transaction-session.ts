/** One transactional producer in use: every transaction is written down, and followed to its end. */
import { encodeText, type AppError } from '@hapax/base';
import type { OpenWork, Outcome } from '@hapax/history';
import {
  isAbortable, isCommittedNonetheless, isFatal, isOutcomeUnknown, TransactionalProducerMachine,
  type ConsumerGroupMetadata, type OffsetToCommit,
} from '@hapax/client/machines';
import type { WorkloadPlan } from '../../swarm.ts';
import type { SimClient } from '../sim-client.ts';
import type { TransactionBooks } from './transaction-books.ts';
import type { TransactionPlan } from './transaction-plan.ts';

/** How a transaction ended, as far as its client goes. `aborted`: it may be; `over`: the producer is of no more use. */
export type Ending = 'committed' | 'aborted' | 'over';

/** What a session is made of. */
export interface SessionOptions {
  /** The process, unique in a run. */
  readonly name: string;
  readonly transactionalId: string;
  readonly workload: WorkloadPlan;
  readonly transactions: TransactionPlan;
  readonly books: TransactionBooks;
}

interface OpenTransaction {
  readonly owner: string;
  readonly work: OpenWork;
  hasAskedCommit: boolean;
  /** A record was not taken, for want of room: the producer does not count it as part of the transaction. */
  hasFailed: boolean;
}

/** A producer with one transaction at a time. */
export class TransactionSession {
  readonly machine: TransactionalProducerMachine;
  /** Of no more use: fenced, or another failure that is fatal. */
  isOver = false;
  private readonly client: SimClient;
  private readonly options: SessionOptions;
  private open: OpenTransaction | undefined;
  private transactionCount = 0;
  private recordCount = 0;

  constructor(client: SimClient, options: SessionOptions) {
    this.client = client;
    this.options = options;
    const { workload, transactions, transactionalId } = options;
    const { transactionTimeoutMs, operationTimeoutMs } = transactions;
    this.machine = new TransactionalProducerMachine(
      client.cluster,
      {
        idempotent: true,
        acks: -1,
        compression: workload.compression,
        lingerMs: workload.lingerMs,
        batchBytes: workload.batchBytes,
        requestBytesMax: 1 << 20,
        inFlightPerPartitionMax: 5,
        inFlightPerBrokerMax: 5,
        bufferBytes: 96 << 10,
        deliveryTimeoutMs: workload.deliveryTimeoutMs,
        requestTimeoutMs: workload.requestTimeoutMs,
        autoCreateTopics: false,
      },
      { transactionalId, transactionTimeoutMs, operationTimeoutMs },
      'producer',
    );
  }

  /** Whether a transaction is open here. */
  get isOpen(): boolean {
    return this.open !== undefined;
  }

  /** The history's view of the open transaction. */
  get work(): OpenWork | undefined {
    return this.open?.work;
  }

  /** Begins, and tries again until it can or the producer is over. */
  begin(done: () => void): void {
    this.machine.begin((outcome) => {
      if (!outcome.ok) {
        if (isFatal(outcome.error)) this.becomeOver(outcome.error);
        if (this.isOver) return done();
        return this.later(() => this.begin(done));
      }
      const { name, transactionalId, books } = this.options;
      const { identity, version } = this.machine;
      const owner = `${name}#${this.transactionCount++}`;
      const { producerId = -1, producerEpoch = -1 } = identity ?? {};
      books.watch.transactions.clients.onBegun(owner, { transactionalId, version, producerId, producerEpoch });
      const work = books.history.begin({ process: name, isTransaction: true, isolation: 'read-committed' });
      this.open = { owner, work, hasAskedCommit: false, hasFailed: false };
      this.client.cluster.ports.logger.debug({ owner, version, producerId, producerEpoch }, 'begun');
      done();
    });
  }

  /** Sends a record; its text follows the name of the record and of the transaction in its value. */
  send(topic: string, partition: number, text: string): void {
    const { open } = this;
    if (open === undefined) return;
    const { name, books, workload } = this.options;
    const id = `${name}:${this.recordCount++}`;
    const value = `${id}:${open.owner}:${text}:`.padEnd(workload.valueBytes, '.');
    const sent = open.work.send(`${topic}-${partition}`, id);
    this.machine.send({ topic, partition, key: null, value: encodeText(value) }, (outcome) => {
      if (!outcome.ok) {
        open.hasFailed = true;
        return books.watch.producers.onFate(id, { kind: outcome.error.definite ? 'refused' : 'unknown' });
      }
      const { offset } = outcome.value;
      if (offset >= 0) sent.offset = offset;
      books.watch.transactions.clients.onAcked(open.owner);
      books.watch.producers.onFate(id, { kind: 'acked', place: `${topic}-${partition}@${offset}` });
    });
  }

  /** Makes offsets part of the transaction; where that fails, ending it will tell. */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata, done: () => void): void {
    const ledger = this.options.books.watch.transactions.offsets;
    const newest = ledger.generationOf(group.groupId);
    this.machine.sendOffsets(offsets, group, (outcome) => {
      if (outcome.ok) ledger.onAccepted(group.groupId, group.generation, newest);
      done();
    });
  }

  /** Commits or aborts, and goes on until it is known what happened, or never will be. */
  end(wish: 'commit' | 'abort', done: (ending: Ending) => void): void {
    if (wish === 'commit') this.commit(done);
    else this.abort(done);
  }

  /** Leaves an open transaction to its timeout, or to the next producer. */
  close(): void {
    this.isOver = true;
    this.machine.close();
    this.finish(this.open?.hasAskedCommit === true ? 'unknown' : 'fail');
  }

  private commit(done: (ending: Ending) => void): void {
    const { open } = this;
    if (open === undefined) return done(this.isOver ? 'over' : 'aborted');
    if (open.hasFailed && !open.hasAskedCommit) return this.abort(done);
    this.clients.onAsked(open.owner, 'commit');
    open.hasAskedCommit = true;
    this.machine.commit((outcome) => {
      if (outcome.ok) return this.tell('commit', () => done('committed'));
      const { error } = outcome;
      if (isAbortable(error)) return this.abort(done);
      if (isFatal(error)) return this.failFor(error, error.definite, done);
      const isGivenUp = isOutcomeUnknown(error) && this.client.random.nextInt(2) === 0;
      this.later(() => (isGivenUp ? this.abort(done) : this.commit(done)));
    });
  }

  private abort(done: (ending: Ending) => void): void {
    const { open } = this;
    if (open === undefined) return done(this.isOver ? 'over' : 'aborted');
    this.clients.onAsked(open.owner, 'abort');
    this.machine.abort((outcome) => {
      if (outcome.ok) return this.tell('abort', () => done('aborted'));
      const { error } = outcome;
      if (isCommittedNonetheless(error)) return this.tell('commit', () => done('committed'));
      if (isFatal(error)) return this.failFor(error, error.definite || !open.hasAskedCommit, done);
      if (isOutcomeUnknown(error)) {
        // It has ended, one way or the other, and the producer goes on: who needs to know looks for its records.
        this.finish('unknown');
        return done('aborted');
      }
      this.later(() => this.abort(done));
    });
  }

  /** The producer is over; certain is at most that the transaction was not committed. */
  private failFor(error: AppError, isCertain: boolean, done: (ending: Ending) => void): void {
    this.becomeOver(error);
    if (isCertain) return this.tell('abort', () => done('over'));
    this.finish('unknown');
    done('over');
  }

  private tell(outcome: 'commit' | 'abort', done: () => void): void {
    if (this.open !== undefined) this.clients.onTold(this.open.owner, outcome);
    this.finish(outcome === 'commit' ? 'ok' : 'fail');
    done();
  }

  /** Of a transaction that a delayed EndTxn has hit, nothing is certain. [KAFKA-17754] */
  private finish(outcome: Outcome): void {
    const { open } = this;
    if (open === undefined) return;
    const isHit = this.clients.find(open.owner)?.isHitByDelayedEnd === true;
    if (outcome === 'unknown') this.options.books.unknownCount += 1;
    open.work.end(isHit ? 'unknown' : outcome);
    this.client.cluster.ports.logger.debug({ owner: open.owner, outcome }, 'ended');
    this.open = undefined;
  }

  private becomeOver(error: AppError): void {
    this.isOver = true;
    if (error.code === 'producer-fenced') this.options.books.fencedCount += 1;
  }

  private get clients() {
    return this.options.books.watch.transactions.clients;
  }

  private later(callback: () => void): void {
    this.client.host.after(this.client.drawMs(RETRY_MS), () => {
      if (this.isOver) callback = () => {};
      callback();
    });
  }
}

const RETRY_MS = 50;
