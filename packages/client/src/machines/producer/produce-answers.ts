/** What the answer to a produce request means for each of its batches. */
import { AppError, ErrorCode } from '@hapax/base';
import { backoffMs, CONCURRENT_BACKOFF } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { isDefiniteForProduce, isRetriable, protocolFailure } from '../protocol-failure.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProduceBatch } from './produce-batch.ts';

/** A batch on the way, with the queue it belongs to. */
export interface SentBatch {
  readonly queue: PartitionQueue;
  readonly batch: ProduceBatch;
}

/** The part of an answer that is about one batch. */
export interface PartitionAnswer {
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly logAppendTimeMs: number;
  readonly errorMessage: string | null;
}

/** Who gives batches their outcome and counts the memory that becomes free. */
export interface BatchOutcomes {
  readonly succeed: (batch: ProduceBatch, baseOffset: number, logAppendTimeMs: number) => void;
  readonly fail: (batch: ProduceBatch, error: AppError) => void;
}

/** Applies answers and losses to batches and their queues. */
export class ProduceAnswers {
  readonly #cluster: Cluster;
  readonly #outcomes: BatchOutcomes;
  readonly #transactional: boolean;

  constructor(cluster: Cluster, outcomes: BatchOutcomes, transactional: boolean) {
    this.#cluster = cluster;
    this.#transactional = transactional;
    this.#outcomes = outcomes;
  }

  /** The broker answered. */
  onAnswer(sent: SentBatch, answer: PartitionAnswer): void {
    const { queue, batch } = sent;
    queue.markAnswered(batch);
    // A batch whose time ran out has had its outcome: what is heard now comes too late.
    if (batch.isSettled) return;
    switch (answer.errorCode) {
      case ErrorCode.NONE:
        this.#succeed(sent, answer.baseOffset, answer.logAppendTimeMs);
        return;
      case ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
        // It is in the log, so far back that the broker has forgotten its offset.
        this.#succeed(sent, -1, -1);
        return;
      case ErrorCode.MESSAGE_TOO_LARGE:
        this.#onTooLarge(sent, answer);
        return;
      case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
      case ErrorCode.UNKNOWN_PRODUCER_ID:
      case ErrorCode.INVALID_PRODUCER_EPOCH:
      case ErrorCode.INVALID_PRODUCER_ID_MAPPING:
        this.#onBrokenSequence(sent, answer);
        return;
      default:
        this.#onOtherError(sent, answer);
    }
  }

  /** The request has no answer and will have none. */
  onLost(sent: SentBatch, error: AppError): void {
    const { queue, batch } = sent;
    queue.markAnswered(batch);
    if (batch.isSettled) return;
    batch.mayHaveHappened ||= !error.definite;
    if (error.retriable) this.#retryLater(batch, error);
    else this.#fail(sent, error);
  }

  #succeed({ queue, batch }: SentBatch, baseOffset: number, logAppendTimeMs: number): void {
    queue.acknowledge(batch);
    this.#outcomes.succeed(batch, baseOffset, logAppendTimeMs);
  }

  #onTooLarge(sent: SentBatch, answer: PartitionAnswer): void {
    const halves = sent.batch.split();
    if (halves === undefined) this.#fail(sent, this.#failureOf(sent.batch, answer));
    else sent.queue.replace(sent.batch, halves);
  }

  /**
   * Behind a batch that is sent again this is what the others get; they only wait. For the first batch it means that
   * the broker's idea of the sequence is not ours, and waiting mends nothing.
   */
  #onBrokenSequence(sent: SentBatch, answer: PartitionAnswer): void {
    const { queue, batch } = sent;
    const error = this.#failureOf(batch, answer);
    batch.lastError = error;
    const isOutOfOrder = answer.errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (isOutOfOrder && !queue.isHead(batch)) {
      batch.retryAtMs = this.#cluster.ports.clock.nowMs();
      return;
    }
    // In a transaction nothing is numbered anew: it is aborted, and the coordinator gives the next epoch.
    if (queue.identity === undefined || this.#transactional) {
      this.#fail(sent, error);
      return;
    }
    const freshId = !isOutOfOrder && answer.errorCode !== ErrorCode.UNKNOWN_PRODUCER_ID;
    const { topic, partition } = queue;
    this.#cluster.ports.logger.warn(
      { topic, partition, ...batch.identity, errorCode: answer.errorCode },
      'sequences are renewed',
    );
    queue.startRecovery(error, freshId);
  }

  #onOtherError(sent: SentBatch, answer: PartitionAnswer): void {
    const { batch } = sent;
    const error = this.#failureOf(batch, answer);
    batch.mayHaveHappened ||= !isDefiniteForProduce(answer.errorCode);
    if (!isRetriable(answer.errorCode)) {
      this.#fail(sent, error);
      return;
    }
    if (answer.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS) {
      // The markers of the transaction before are on their way: a matter of milliseconds, and of no other leader.
      this.#retryLater(batch, error, CONCURRENT_BACKOFF);
      return;
    }
    this.#retryLater(batch, error);
    this.#cluster.refresh();
  }

  #retryLater(batch: ProduceBatch, error: AppError, backoff = this.#cluster.options.retryBackoff): void {
    const { ports } = this.#cluster;
    batch.lastError = error;
    batch.retryAtMs = ports.clock.nowMs() + backoffMs(backoff, batch.attempts, ports.random);
  }

  #fail({ queue, batch }: SentBatch, error: AppError): void {
    queue.abandon(batch, !batch.mayHaveHappened);
    this.#outcomes.fail(batch, error);
  }

  #failureOf(batch: ProduceBatch, answer: PartitionAnswer): AppError {
    const { topic, partition } = batch;
    return protocolFailure(answer.errorCode, {
      what: `Produce to ${topic}-${partition}`,
      message: answer.errorMessage,
      definite: !batch.mayHaveHappened && isDefiniteForProduce(answer.errorCode),
      details: { topic, partition, records: batch.records.length, ...batch.identity },
    });
  }
}
