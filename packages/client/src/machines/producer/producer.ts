/** The producer: takes records, puts them into batches of partitions, and tells for each record what became of it. */
import { AppError, assert, ErrorCode } from '@hapax/base';
import { Alarm } from '../alarm.ts';
import { closedError, type Cluster } from '../cluster.ts';
import { failure, type Done } from '../outcome.ts';
import { isRetriable, protocolFailure } from '../protocol-failure.ts';
import { PartitionQueue } from './partition-queue.ts';
import { partitionOfKey, StickyPartitioner } from './partitioner.ts';
import { ProduceAnswers } from './produce-answers.ts';
import { pendingRecord, type PendingRecord, type ProduceBatch } from './produce-batch.ts';
import { ProduceSender } from './produce-sender.ts';
import { ProducerIdentities } from './producer-identities.ts';
import type { Delivery, ProducerOptions, ProducerRecord } from './producer-options.ts';
import type { ProducerSession } from './producer-session.ts';

interface Unplaced {
  readonly pending: PendingRecord;
  readonly partition: number | undefined;
}

/**
 * A producer: without transactions, or the sending half of one with them. Every record that {@link send} takes gets
 * exactly one outcome, at the latest when its delivery timeout passes. Idempotent, it writes each record at most once,
 * and the records of a partition in the order of the calls; a failed record leaves the order of the others as it is.
 */
export class ProducerMachine {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #lane: string;
  readonly #sender: ProduceSender;
  readonly #answers: ProduceAnswers;
  readonly #session: ProducerSession;
  readonly #partitioner: StickyPartitioner;
  readonly #alarm: Alarm;
  readonly #stopListening: () => void;
  /** Every queue that was ever used, and those that are not empty. */
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #active = new Set<PartitionQueue>();
  /** Records of topics whose partitions are not known yet. */
  readonly #unplaced = new Map<string, Unplaced[]>();
  readonly #topics = new Set<string>();
  #bufferedBytes = 0;
  #outstanding = 0;
  #roomWaiters: (() => void)[] = [];
  #flushWaiters: (() => void)[] = [];
  #drainWaiters: (() => void)[] = [];
  #pumpDeferred = false;
  #closed = false;
  #fatal: AppError | undefined;
  /** Nothing more leaves: what is not on the way fails with this. */
  #discarding: AppError | undefined;

  /**
   * `lane` names this producer's connections; no other machine of the client may use it. Without a session it asks for
   * an id of its own.
   */
  constructor(cluster: Cluster, options: ProducerOptions, lane: string, session?: ProducerSession) {
    assert(!options.idempotent || options.acks === -1, `an idempotent producer needs acks -1, not ${options.acks}`);
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#session =
      session ??
      new ProducerIdentities(cluster, lane, {
        onIdentity: () => this.wake(),
        onFailure: (error) => this.fail(error),
      });
    const outcomes = {
      succeed: (batch: ProduceBatch, baseOffset: number, logAppendTimeMs: number) => {
        batch.succeed(baseOffset, logAppendTimeMs);
        this.#free(batch.recordBytes, batch.records.length);
      },
      fail: (batch: ProduceBatch, error: AppError) => this.#failBatch(batch, error),
    };
    this.#answers = new ProduceAnswers(cluster, outcomes, this.#session.transactionalId !== null);
    this.#sender = new ProduceSender(cluster, options, lane, this.#session, this.#answers, () => this.wake());
    this.#partitioner = new StickyPartitioner(cluster.ports.random.fork(`partitioner ${lane}`), options.batchBytes);
    this.#alarm = new Alarm(cluster.ports, () => this.#pump());
    this.#stopListening = cluster.onUpdate(() => this.#onMetadata());
  }

  /** Bytes of records that wait for their outcome. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether {@link send} takes a record now rather than refusing it as `overloaded`. */
  get hasRoom(): boolean {
    return this.#bufferedBytes < this.#options.bufferBytes;
  }

  /** Calls once when there is room again. */
  onRoom(callback: () => void): void {
    if (this.hasRoom) this.#cluster.ports.scheduler.defer(callback);
    else this.#roomWaiters.push(callback);
  }

  /**
   * Takes a record. `done` hears where it lies, or why it failed: `overloaded` or `closed` at once (definite);
   * `timed-out`, `protocol-error`, `connection-lost` later. Where `definite` is false, the record may be in the log.
   */
  send(record: ProducerRecord, done: Done<Delivery>): void {
    const refused = this.#refusal();
    if (refused !== undefined) {
      // A transaction must not commit without a record that its owner took to be in it.
      this.#session.onRecordFailed(refused);
      this.#cluster.ports.scheduler.defer(() => done(failure(refused)));
      return;
    }
    const { clock } = this.#cluster.ports;
    const nowMs = clock.nowMs();
    const { key = null, value, headers = [], timestampMs = clock.wallMs() } = record;
    const pending = pendingRecord({ key, value, headers, timestampMs }, nowMs + this.#options.deliveryTimeoutMs, done);
    this.#bufferedBytes += pending.sizeBytes;
    this.#outstanding += 1;
    if (!this.#topics.has(record.topic)) {
      this.#topics.add(record.topic);
      this.#cluster.track(record.topic, this.#options.autoCreateTopics);
    }
    const waiting = this.#unplaced.get(record.topic);
    const unplaced = { pending, partition: record.partition };
    if (waiting !== undefined) waiting.push(unplaced);
    else if (!this.#place(record.topic, unplaced, nowMs)) this.#unplaced.set(record.topic, [unplaced]);
    this.wake();
  }

  /** Sends what is there without lingering, and calls when everything that was taken so far has its outcome. */
  flush(done: () => void): void {
    if (this.#closed || this.#fatal !== undefined) {
      this.#cluster.ports.scheduler.defer(done);
      return;
    }
    this.#flushWaiters.push(done);
    this.wake();
  }

  /** Fails all that is not on the way, now and until {@link resume}, and calls when nothing is on the way any more. */
  drain(error: AppError, done: () => void): void {
    this.discard(error);
    this.#drainWaiters.push(done);
  }

  /** Fails all that is not on the way, now and until {@link resume}: what must be tried again is not. */
  discard(error: AppError): void {
    this.#discarding = error;
    this.wake();
  }

  /** Records leave again after {@link discard}. */
  resume(): void {
    this.#discarding = undefined;
  }

  /** Fails everything with an error, as every later call. */
  fail(error: AppError): void {
    this.#fatal = error;
    this.#failAll(error);
    this.#wakeWaiters();
  }

  /** Soon looks at what may leave. Records that come in one turn leave together. */
  wake(): void {
    if (this.#pumpDeferred || this.#closed) return;
    this.#pumpDeferred = true;
    this.#cluster.ports.scheduler.defer(() => {
      this.#pumpDeferred = false;
      this.#pump();
    });
  }

  /** Fails what has no outcome yet and stops. Call {@link flush} before, to lose nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failAll(closedError());
    this.#alarm.cancel();
    this.#session.close();
    this.#stopListening();
    for (const topic of this.#topics) this.#cluster.untrack(topic);
    this.#cluster.closeLane(this.#lane);
    this.#wakeWaiters();
  }

  #refusal(): AppError | undefined {
    if (this.#closed) return closedError();
    if (this.#fatal !== undefined) return this.#fatal;
    if (this.hasRoom) return undefined;
    const { bufferBytes } = this.#options;
    const message = `${this.#bufferedBytes} bytes wait for delivery, the limit is ${bufferBytes}; wait for room`;
    return new AppError('overloaded', message, { retriable: true, definite: true });
  }

  /** Puts a record into its partition's queue; false while the partitions are not known. */
  #place(topic: string, { pending, partition: wanted }: Unplaced, nowMs: number): boolean {
    const known = this.#cluster.cache.topics.get(topic);
    if (known === undefined || isRetriable(known.errorCode)) return false;
    const { partitions, errorCode } = known;
    if (errorCode === ErrorCode.NONE && partitions.length === 0) return false;
    const partition = wanted ?? this.#choosePartition(topic, pending);
    if (errorCode !== ErrorCode.NONE || partition < 0 || partition >= partitions.length) {
      const code = errorCode === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : errorCode;
      const what = `Produce to ${topic}-${partition} (of ${partitions.length} partitions)`;
      const error = protocolFailure(code, { what, definite: true, details: { topic, partition } });
      this.#cluster.ports.scheduler.defer(() => this.#failRecord(pending, error));
      return true;
    }
    const queue = this.#queue(topic, partition);
    queue.append(pending, nowMs);
    this.#active.add(queue);
    return true;
  }

  #choosePartition(topic: string, pending: PendingRecord): number {
    const partitions = this.#cluster.cache.topics.get(topic)?.partitions ?? [];
    if (partitions.length === 0) return -1;
    if (pending.record.key !== null) return partitionOfKey(pending.record.key, partitions.length);
    const led = partitions.filter((one) => one.leaderId >= 0);
    const available = (led.length > 0 ? led : partitions).map((one) => one.partition);
    return this.#partitioner.choose(topic, available, pending.sizeBytes);
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const key = `${topic}-${partition}`;
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const { idempotent, batchBytes, lingerMs, inFlightPerPartitionMax } = this.#options;
    const queue = new PartitionQueue(topic, partition, {
      idempotent,
      batchBytes,
      lingerMs,
      inFlightMax: inFlightPerPartitionMax,
    });
    this.#queues.set(key, queue);
    return queue;
  }

  #onMetadata(): void {
    const nowMs = this.#cluster.ports.clock.nowMs();
    for (const [topic, waiting] of this.#unplaced) {
      const left = waiting.filter((one) => !this.#place(topic, one, nowMs));
      if (left.length === 0) this.#unplaced.delete(topic);
      else this.#unplaced.set(topic, left);
    }
    this.wake();
  }

  #pump(): void {
    if (this.#closed || this.#fatal !== undefined) {
      this.#wakeWaiters();
      return;
    }
    const nowMs = this.#cluster.ports.clock.nowMs();
    this.#expire(nowMs);
    if (this.#discarding !== undefined) this.#discardUnsent(this.#discarding);
    for (const queue of this.#active) {
      const recovered = queue.maybeRecover();
      if (recovered !== undefined) this.#onRecovered(queue, recovered);
      this.#identify(queue);
      if (queue.isEmpty) this.#active.delete(queue);
    }
    this.#sender.send(this.#active, nowMs, this.#flushWaiters.length > 0 || !this.hasRoom);
    this.#armAlarm(nowMs);
    this.#wakeWaiters();
  }

  /** Transactions end with nothing numbered, so that the id of the next one can be taken at once. */
  #identify(queue: PartitionQueue): void {
    const isTransactional = this.#session.transactionalId !== null;
    if (!queue.needsIdentity && !isTransactional) return;
    const identity = this.#session.current();
    if (identity === undefined || queue.isEmpty) return;
    if (isTransactional) queue.renew(identity);
    else queue.adopt(identity);
  }

  #onRecovered(
    queue: PartitionQueue,
    recovered: { readonly unsafe: readonly ProduceBatch[]; readonly error: AppError },
  ): void {
    const usedId = recovered.error.details['producerId'];
    if (queue.identity === undefined && typeof usedId === 'number') this.#session.discard(usedId);
    for (const batch of recovered.unsafe) {
      const message = `${recovered.error.message}; an earlier attempt may be in the log, so it is not sent again`;
      const { code, details } = recovered.error;
      this.#failBatch(
        batch,
        new AppError(code, message, { retriable: false, definite: false, details, cause: recovered.error }),
      );
    }
  }

  #expire(nowMs: number): void {
    for (const queue of this.#active) {
      for (const batch of queue.takeExpired(nowMs)) {
        this.#failBatch(
          batch,
          this.#timeout(batch.topic, batch.partition, !batch.mayHaveHappened && !batch.inFlight, batch.lastError),
        );
      }
    }
    for (const [topic, waiting] of this.#unplaced) {
      const due = waiting.filter((one) => one.pending.deadlineMs <= nowMs);
      if (due.length === 0) continue;
      const left = waiting.filter((one) => one.pending.deadlineMs > nowMs);
      if (left.length === 0) this.#unplaced.delete(topic);
      else this.#unplaced.set(topic, left);
      for (const { pending } of due) this.#failRecord(pending, this.#unknownTopic(topic));
    }
  }

  #unknownTopic(topic: string): AppError {
    const code = this.#cluster.cache.topics.get(topic)?.errorCode ?? ErrorCode.NONE;
    if (code === ErrorCode.NONE) return this.#timeout(topic, undefined, true, undefined);
    const what = `Produce to ${topic}, for ${this.#options.deliveryTimeoutMs} ms,`;
    return protocolFailure(code, { what, definite: true, details: { topic } });
  }

  #timeout(topic: string, partition: number | undefined, definite: boolean, cause: AppError | undefined): AppError {
    const where = partition === undefined ? topic : `${topic}-${partition}`;
    const last = cause === undefined ? 'no broker answered' : cause.message;
    const truth = definite ? 'it is certainly not in the log' : 'it may be in the log';
    const { deliveryTimeoutMs } = this.#options;
    const message = `a record for ${where} was not acknowledged within ${deliveryTimeoutMs} ms (${last}); ${truth}`;
    return new AppError('timed-out', message, { retriable: true, definite, cause, details: { topic, partition } });
  }

  #armAlarm(nowMs: number): void {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#active) dueMs = Math.min(dueMs, queue.nextDueMs(nowMs));
    for (const waiting of this.#unplaced.values()) dueMs = Math.min(dueMs, waiting[0]?.pending.deadlineMs ?? dueMs);
    this.#alarm.setAt(dueMs === Number.POSITIVE_INFINITY ? undefined : dueMs);
  }

  #failAll(error: AppError): void {
    for (const queue of this.#active) for (const batch of queue.takeAll()) this.#failHonestly(batch, error);
    this.#failUnplaced(error);
  }

  #discardUnsent(error: AppError): void {
    for (const queue of this.#active) for (const batch of queue.takeUnsent()) this.#failHonestly(batch, error);
    this.#failUnplaced(error);
  }

  #failUnplaced(error: AppError): void {
    for (const waiting of this.#unplaced.values()) for (const { pending } of waiting) this.#failRecord(pending, error);
    this.#unplaced.clear();
  }

  /** Fails a batch for a reason that does not lie in it: whether it is in the log depends on its attempts. */
  #failHonestly(batch: ProduceBatch, error: AppError): void {
    const { code, message, retriable, details } = error;
    const definite = !batch.mayHaveHappened && !batch.inFlight;
    const isTrue = definite === error.definite;
    const honest = isTrue ? error : new AppError(code, message, { retriable, definite, details, cause: error });
    this.#failBatch(batch, honest);
  }

  #failBatch(batch: ProduceBatch, error: AppError): void {
    batch.fail(error);
    this.#session.onRecordFailed(error);
    this.#free(batch.recordBytes, batch.records.length);
  }

  #failRecord(pending: PendingRecord, error: AppError): void {
    pending.done(failure(error));
    this.#session.onRecordFailed(error);
    this.#free(pending.sizeBytes, 1);
  }

  #free(sizeBytes: number, records: number): void {
    this.#bufferedBytes -= sizeBytes;
    this.#outstanding -= records;
    assert(
      this.#bufferedBytes >= 0 && this.#outstanding >= 0,
      () => `${this.#outstanding} records, ${this.#bufferedBytes} bytes`,
    );
    this.wake();
  }

  #wakeWaiters(): void {
    if (this.hasRoom || this.#closed) for (const callback of this.#roomWaiters.splice(0)) callback();
    if (this.#outstanding > 0) return;
    for (const callback of this.#flushWaiters.splice(0)) callback();
    // Also a request whose records have their outcome may yet be taken: its answer, or its loss, is awaited.
    const isDrained = this.#sender.inFlight === 0 || this.#closed || this.#fatal !== undefined;
    if (isDrained) for (const callback of this.#drainWaiters.splice(0)) callback();
  }
}
