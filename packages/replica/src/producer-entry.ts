/** What one partition knows of one producer: its epoch, its last five batches and its open transaction. [KIP-98] */
import {
  ErrorCode, type LeaderEpoch, NONE, type Offset, type ProducerEpoch, type ProducerId, reachable, sometimes,
} from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';

/** How many batches are remembered: as many as a client may have in flight. Fewer let duplicates in. [bug 118] */
export const RETAINED_BATCHES = 5;
const SEQUENCE_MAX = 2_147_483_647;
/** Kept for the coordinator: no client ever gets it. [P9] */
const LAST_EPOCH = 32_767;

/** A batch that was appended, as a retry of it must be answered. */
export interface RetainedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: Offset;
  /** Inclusive. */
  readonly lastOffset: Offset;
  readonly timestampMs: number;
}

/** What is to be done with a batch. */
export type ProducerVerdict =
  | { readonly kind: 'append' }
  | ({ readonly kind: 'duplicate' } & Pick<RetainedBatch, 'baseOffset' | 'lastOffset' | 'timestampMs'>)
  | { readonly kind: 'refuse'; readonly error: ErrorCode; readonly message: string };

/** The verdict of nearly every batch. */
export const APPEND: ProducerVerdict = { kind: 'append' };

/** One producer in one partition. */
export class ProducerEntry {
  readonly producerId: ProducerId;
  producerEpoch: ProducerEpoch;
  /** Of the last transaction marker; −1 before one. */
  coordinatorEpoch: LeaderEpoch = NONE;
  /** Where the open transaction begins; −1 outside of one. */
  currentTxnFirstOffset: Offset = NONE;
  /** When the last batch was appended, by the clock of the states' object. */
  lastAppendMs = 0;
  lastTimestampMs = NONE;
  /** Oldest first, at most {@link RETAINED_BATCHES}, all of `producerEpoch`. */
  batches: RetainedBatch[] = [];

  constructor(producerId: ProducerId, producerEpoch: ProducerEpoch) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  /** The last sequence appended in this epoch, −1 before the first. */
  get lastSequence(): number {
    return this.batches[this.batches.length - 1]?.lastSequence ?? NONE;
  }

  /** Judges a client's or a coordinator's batch. [I2, I4–I6, I9, I10, I14] */
  check(batch: AppendedBatch): ProducerVerdict {
    if (batch.producerEpoch < this.producerEpoch) return this.fenced(batch, 'is known');
    // The offset commits of coordinators carry no sequences. [I14]
    const verdict = batch.baseSequence < 0 ? APPEND : this.checkSequence(batch);
    if (verdict.kind !== 'append' || batch.isTransactional || this.currentTxnFirstOffset === NONE) return verdict;
    return refuse(
      ErrorCode.INVALID_TXN_STATE,
      `producer ${this.producerId} sent records outside of its transaction, which is open from offset ` +
        `${this.currentTxnFirstOffset} on`,
    );
  }

  /**
   * Judges a marker. An older coordinator is refused with 52, an older transaction with 47; what ended the transaction
   * already may come again. Under transaction version 2 a marker is one epoch ahead of what it ends, so that one that
   * comes late cannot end the next transaction. [M9, KIP-890, KAFKA-19999]
   */
  checkMarker(batch: AppendedBatch, transactionVersion: number): ProducerVerdict {
    const { producerEpoch: epoch, marker } = batch;
    if (epoch < this.producerEpoch) return this.fenced(batch, 'is known');
    const isOpen = this.currentTxnFirstOffset !== NONE;
    if (transactionVersion >= 2 && epoch === this.producerEpoch && isOpen && epoch !== LAST_EPOCH) {
      reachable('replica: a late marker does not end the next transaction');
      return this.fenced(batch, 'has a later transaction open');
    }
    if (marker === undefined || marker.coordinatorEpoch >= this.coordinatorEpoch) return APPEND;
    reachable('replica: a marker of a former coordinator is refused');
    return refuse(
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
      `a marker for producer ${this.producerId} comes from a coordinator of epoch ${marker.coordinatorEpoch}, but ` +
        `${this.coordinatorEpoch} is known`,
    );
  }

  /** Notes a batch that is in the log. It was judged before, or comes from a leader that judged it. */
  update(batch: AppendedBatch, atMs: number): void {
    this.lastAppendMs = atMs;
    this.lastTimestampMs = batch.maxTimestamp;
    if (batch.producerEpoch !== this.producerEpoch) {
      reachable('replica: a producer goes on with a new epoch');
      this.producerEpoch = batch.producerEpoch;
      this.batches = [];
    }
    if (batch.marker !== undefined) {
      sometimes(this.currentTxnFirstOffset === NONE, 'replica: a marker finds no open transaction');
      this.coordinatorEpoch = batch.marker.coordinatorEpoch;
      this.currentTxnFirstOffset = NONE;
      return;
    }
    if (batch.isTransactional && this.currentTxnFirstOffset === NONE) this.currentTxnFirstOffset = batch.baseOffset;
    if (batch.baseSequence < 0) return;
    if (this.batches.length >= RETAINED_BATCHES) this.batches.shift();
    this.batches.push({
      baseSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      timestampMs: batch.maxTimestamp,
    });
  }

  /** A copy that changes on its own. */
  clone(): ProducerEntry {
    const copy = new ProducerEntry(this.producerId, this.producerEpoch);
    copy.coordinatorEpoch = this.coordinatorEpoch;
    copy.currentTxnFirstOffset = this.currentTxnFirstOffset;
    copy.lastAppendMs = this.lastAppendMs;
    copy.lastTimestampMs = this.lastTimestampMs;
    copy.batches = [...this.batches];
    return copy;
  }

  private checkSequence(batch: AppendedBatch): ProducerVerdict {
    if (batch.producerEpoch > this.producerEpoch) {
      if (batch.baseSequence === 0) return APPEND;
      return this.outOfOrder(batch, 'the first batch of a new epoch must begin at 0');
    }
    // Retries are looked for before sequences are compared, else a retry looks like a gap. [I2, bug 114]
    for (const known of this.batches) {
      if (known.baseSequence === batch.baseSequence && known.lastSequence === batch.lastSequence) {
        reachable('replica: a duplicate batch is answered from the window');
        sometimes(known !== this.batches.at(-1), 'replica: a duplicate is not of the last batch');
        const { baseOffset, lastOffset, timestampMs } = known;
        return { kind: 'duplicate', baseOffset, lastOffset, timestampMs };
      }
    }
    if (batch.baseSequence === nextSequence(this.lastSequence)) return APPEND;
    return this.outOfOrder(batch, `${nextSequence(this.lastSequence)} comes next`);
  }

  private fenced(batch: AppendedBatch, why: string): ProducerVerdict {
    sometimes(!batch.isControl, 'replica: a batch of a fenced producer is refused');
    sometimes(batch.isControl, 'replica: a marker of a former epoch is refused');
    const what = batch.isControl ? 'a marker' : 'a batch';
    return refuse(
      ErrorCode.INVALID_PRODUCER_EPOCH,
      `${what} of producer ${this.producerId} has epoch ${batch.producerEpoch}, ` +
        `but ${this.producerEpoch} ${why}: fenced`,
    );
  }

  private outOfOrder(batch: AppendedBatch, expected: string): ProducerVerdict {
    reachable('replica: a sequence out of order is refused');
    return refuse(
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `producer ${this.producerId} epoch ${batch.producerEpoch} sent sequences ${batch.baseSequence} to ` +
        `${batch.lastSequence}, but the last of epoch ${this.producerEpoch} is ${this.lastSequence}: ${expected}`,
    );
  }
}

/** The sequence after another one: they wrap to 0, never to a negative number. [I5, R7] */
function nextSequence(last: number): number {
  return last === SEQUENCE_MAX ? 0 : last + 1;
}

function refuse(error: ErrorCode, message: string): ProducerVerdict {
  return { kind: 'refuse', error, message };
}
