/** Where a consumer is in one partition, and what was fetched ahead of it. */
import type { TopicPartition } from '../leader-fan-out.ts';
import type { ConsumedBatch, ConsumedRecord } from './consumer-options.ts';

/** A batch that was fetched and not yet taken. */
export interface BufferedBatch {
  readonly records: readonly ConsumedRecord[];
  readonly sizeBytes: number;
  readonly nextOffset: number;
  readonly leaderEpoch: number;
}

/**
 * What a partition waits for: `starting` its committed offset, `resetting` an offset by policy, `validating`
 * whether its position is still in the log, `ready` to be fetched, `failed` until it is given another position.
 */
export type PositionStatus = 'starting' | 'resetting' | 'validating' | 'ready' | 'failed';

/** One stay of one partition at this consumer. Invariant: processed <= position <= fetchOffset. */
export class PartitionPosition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly assignment: number;
  status: PositionStatus = 'starting';
  paused = false;
  /** The offset of the next record to be taken; −1 while it is not known. */
  position = -1;
  /** The offset up to which records were processed: what a commit writes. −1 for none. */
  processed = -1;
  processedEpoch = -1;
  committed = -1;
  fetchOffset = -1;
  /** The leader epoch of the last record before the fetch offset. */
  fetchEpoch = -1;
  /** The position is known to be in the log of this leader epoch. */
  validatedEpoch = -1;
  highWatermark = -1;
  logStartOffset = -1;
  retryAtMs = 0;
  /** Counted up whenever the position jumps: answers to older questions are dropped. */
  revision = 0;
  readonly #buffer: BufferedBatch[] = [];
  #bufferedBytes = 0;

  constructor({ topic, partition }: TopicPartition, assignment: number) {
    this.topic = topic;
    this.partition = partition;
    this.assignment = assignment;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get hasRecords(): boolean {
    return this.#buffer.length > 0;
  }

  /** Goes to an offset; what was fetched ahead is dropped. */
  jump(offset: number, leaderEpoch: number): void {
    this.revision += 1;
    this.#buffer.length = 0;
    this.#bufferedBytes = 0;
    this.position = offset;
    this.processed = offset;
    this.processedEpoch = leaderEpoch;
    this.fetchOffset = offset;
    this.fetchEpoch = leaderEpoch;
    this.validatedEpoch = -1;
    this.retryAtMs = 0;
    this.status = 'ready';
  }

  /** Begins again where the group has committed. */
  restart(): void {
    this.awaitReset();
    this.position = -1;
    this.processed = -1;
    this.processedEpoch = -1;
    this.status = 'starting';
  }

  /** Waits for an offset by policy. */
  awaitReset(): void {
    this.revision += 1;
    this.#buffer.length = 0;
    this.#bufferedBytes = 0;
    this.status = 'resetting';
  }

  /** Takes in what was fetched. */
  buffer(batch: BufferedBatch): void {
    this.fetchOffset = batch.nextOffset;
    if (batch.leaderEpoch >= 0) this.fetchEpoch = batch.leaderEpoch;
    this.#buffer.push(batch);
    this.#bufferedBytes += batch.sizeBytes;
    this.#passEmpty();
  }

  /** The next batch, of at most `maxRecords` records; the position moves behind it. */
  take(maxRecords: number): ConsumedBatch | undefined {
    if (this.paused) return undefined;
    const head = this.#head();
    if (head === undefined) return undefined;
    let { records, nextOffset } = head;
    if (records.length > maxRecords) {
      const rest = records.slice(maxRecords);
      records = records.slice(0, maxRecords);
      nextOffset = rest[0]?.offset ?? nextOffset;
      this.#buffer[0] = { ...head, records: rest, sizeBytes: 0 };
    } else {
      this.#buffer.shift();
    }
    this.#bufferedBytes -= head.sizeBytes;
    this.position = nextOffset;
    const { topic, partition, assignment, highWatermark } = this;
    return { topic, partition, records, nextOffset, leaderEpoch: head.leaderEpoch, highWatermark, assignment };
  }

  /** Everything before an offset was processed. */
  markProcessed(nextOffset: number, leaderEpoch: number): void {
    if (nextOffset <= this.processed || nextOffset > this.position) return;
    this.processed = nextOffset;
    if (leaderEpoch >= 0) this.processedEpoch = leaderEpoch;
    this.#passEmpty();
  }

  /**
   * Batches without records (markers, compacted ones) are passed over, and count as processed if all before them
   * is.
   */
  #passEmpty(): void {
    if (this.processed !== this.position) return;
    this.#head();
    this.processed = this.position;
  }

  /** The first batch with records, which stays; the position moves behind the empty ones before it. */
  #head(): BufferedBatch | undefined {
    for (let head = this.#buffer[0]; head !== undefined; head = this.#buffer[0]) {
      if (head.records.length > 0) return head;
      this.#buffer.shift();
      this.#bufferedBytes -= head.sizeBytes;
      this.position = head.nextOffset;
    }
    return undefined;
  }
}
