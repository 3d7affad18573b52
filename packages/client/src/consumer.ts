/** A consumer with promises and async iteration. */
import { AppError } from '@hapax/base';
import {
  ConsumerMachine,
  type Cluster,
  type ConsumedBatch,
  type ConsumedRecord,
  type ConsumerGroupMetadata,
  type ConsumerOptions,
  type OffsetToCommit,
  type TopicPartition,
} from './machines/index.ts';
import { outcomeOf } from './promise.ts';

/** What an application wants to hear of its group. */
export interface GroupListener {
  /** Partitions are here now. */
  readonly onAssigned?: ((partitions: readonly TopicPartition[]) => void) | undefined;
  /** Partitions are about to go. What it returns is awaited: commit what has been done so far. */
  readonly onRevoking?: ((partitions: readonly TopicPartition[]) => void | Promise<void>) | undefined;
  /** Partitions are gone; others may have begun to read them. */
  readonly onLost?: ((partitions: readonly TopicPartition[]) => void) | undefined;
}

/** Records that are handed out at once, so that a rebalance need not wait for a large batch. */
const BATCH_RECORDS_MAX = 500;

/**
 * Reads records. Made by `HapaxClient.consumer`. Unless it is told otherwise, it shows nothing of transactions that are
 * open or were aborted; markers never show.
 */
export class Consumer {
  readonly #machine: ConsumerMachine;
  readonly #options: ConsumerOptions;
  /** Batches by the records in them that were handed out last, so that one can be told as processed. */
  readonly #batchOf = new WeakMap<ConsumedRecord, ConsumedBatch>();
  #wake: (() => void) | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(cluster: Cluster, options: ConsumerOptions, lane: string, listener: GroupListener) {
    this.#options = options;
    this.#machine = new ConsumerMachine(cluster, options, lane, {
      onReady: () => this.#wake?.(),
      onAssigned: (partitions) => listener.onAssigned?.(partitions),
      onRevoking: (partitions, done) => {
        Promise.resolve(listener.onRevoking?.(partitions)).then(done, (error: unknown) => {
          cluster.ports.logger.error({ error: String(error) }, 'onRevoking has thrown; the partitions go anyway');
          done();
        });
      },
      onLost: (partitions) => listener.onLost?.(partitions),
    });
  }

  /** Reads topics as a member of the group. Throws `usage` without a group. */
  subscribe(topics: readonly string[]): void {
    if (this.#options.groupId === null) throw usage('subscribe needs a groupId; or assign partitions by hand');
    this.#machine.subscribe(topics);
  }

  /** Reads these partitions, from `offset` on, or where the group has committed, or by `offsetReset`. */
  assign(partitions: readonly (TopicPartition & { readonly offset?: number })[]): void {
    this.#machine.assign(partitions);
  }

  /** The partitions that are here now. */
  assignment(): TopicPartition[] {
    return this.#machine.assignment();
  }

  /**
   * Records one by one, for ever. A record counts as processed when the loop asks for the next one; call
   * {@link processed} before leaving the loop, or the last record is read again. Throws `AppError`:
   * `protocol-error` (`OFFSET_OUT_OF_RANGE` where `offsetReset` is `none`, `FENCED_INSTANCE_ID`, …), `batch-malformed`,
   * `compression-failed`. Ends when the consumer is closed.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumedRecord, void, undefined> {
    for await (const batch of this.batches()) {
      for (const record of batch.records) {
        if (!this.#machine.isCurrent(batch)) break;
        this.#batchOf.set(record, batch);
        yield record;
        this.processed(record);
        this.#machine.touch();
      }
    }
  }

  /**
   * Records in batches of one partition each, for ever. A batch counts as processed when the loop asks for the next
   * one. Throws like the iteration of records.
   */
  async *batches(): AsyncGenerator<ConsumedBatch, void, undefined> {
    while (!this.#closed) {
      const failed = this.#machine.takeFailure();
      if (failed !== undefined) throw failed;
      const batch = this.#machine.take(BATCH_RECORDS_MAX);
      if (batch === undefined) {
        await this.#ready();
        continue;
      }
      let finished = false;
      try {
        yield batch;
        finished = true;
      } finally {
        // A loop that was left in the middle finds what it has not processed when it comes back.
        if (finished) this.#machine.markProcessed(batch, batch.nextOffset);
        else this.#machine.rewind(batch);
      }
    }
  }

  /** A record from the iteration was processed, with all before it in its partition. */
  processed(record: ConsumedRecord): void {
    const batch = this.#batchOf.get(record);
    if (batch !== undefined) this.#machine.markProcessed(batch, record.offset + 1);
  }

  /**
   * Commits what was processed, or the given offsets. Rejects with `usage` without a group, `protocol-error`
   * (`ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`, `REBALANCE_IN_PROGRESS`: the group moved on), `timed-out`.
   */
  commit(offsets?: readonly OffsetToCommit[]): Promise<null> {
    return outcomeOf((done) => this.#machine.commit(offsets, done));
  }

  /**
   * As which member of the group the records that came last were read, for {@link TransactionalProducer.sendOffsets}.
   * Ask for it with every transaction, before the next records are read. Throws `usage` without a group.
   */
  groupMetadata(): ConsumerGroupMetadata {
    const metadata = this.#machine.groupMetadata();
    if (metadata === undefined) throw usage('a consumer without groupId has no group metadata');
    return metadata;
  }

  /**
   * Goes back to where the group has committed, in all partitions that are here: after a transaction with this
   * consumer's offsets was aborted, or its outcome could not be learned. Leave iterations before, and iterate anew.
   */
  resetToCommitted(): void {
    this.#machine.resetToCommitted();
  }

  /** Goes to an offset. Throws `usage` for a partition that is not here. */
  seek(where: TopicPartition, offset: number): void {
    if (!this.#machine.seek(where, offset))
      throw usage(`${where.topic}-${where.partition} is not assigned to this consumer`);
  }

  /** The offset of the next record to be handed out; undefined while it is not known. */
  position(where: TopicPartition): number | undefined {
    return this.#machine.position(where);
  }

  /** Hands out nothing of these partitions until {@link resume}. */
  pause(partitions: readonly TopicPartition[]): void {
    this.#machine.setPaused(partitions, true);
  }

  /** Goes on after {@link pause}. */
  resume(partitions: readonly TopicPartition[]): void {
    this.#machine.setPaused(partitions, false);
  }

  /**
   * Commits what was processed (with auto-commit), leaves the group and stops. Iterations end. Another call waits for
   * the same end.
   */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  #stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#machine.close(() => {
        this.#wake?.();
        resolve();
      });
      this.#wake?.();
    });
  }

  #ready(): Promise<void> {
    return new Promise((resolve) => {
      // Also while nothing comes the group must see that somebody waits.
      const beat = setInterval(() => this.#machine.touch(), WAITING_TOUCH_MS);
      this.#wake = () => {
        clearInterval(beat);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

const WAITING_TOUCH_MS = 1000;

function usage(message: string): AppError {
  return new AppError('usage', message, { retriable: false, definite: true });
}
