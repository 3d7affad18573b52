/**
 * What a leader remembers of transactions that are about to begin in its partition: that a coordinator is asked, or has
 * said yes. Without it, records that were delayed past their marker would begin a transaction that nobody ends.
 * [KIP-890, V1–V3]
 */
import { ErrorCode, errorName, NONE, type ProducerEpoch, type ProducerId, sometimes } from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';
import type { ProducerStates } from './producer-state.ts';

/** Stands for one question to a coordinator. Only the object itself counts: a later question has another one. */
export interface VerificationGuard {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** What the answer of a coordinator would be for. */
export type TransactionalBatch = Pick<AppendedBatch, 'producerId' | 'producerEpoch' | 'baseSequence'>;

/** Whether a coordinator must be asked before a transactional batch is appended. */
export type VerificationVerdict =
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'needed'; readonly guard: VerificationGuard }
  | { readonly kind: 'refuse'; readonly error: ErrorCode; readonly message: string };

interface Entry {
  readonly guard: VerificationGuard;
  /** The lowest that was seen since; −1 for coordinators, whose batches have none. */
  lowestSequence: number;
  readonly createdMs: number;
}

/** Longer than any request waits: a question that old is not asked any more. */
const LIFETIME_MS = 600_000;
/** How many transactions may be about to begin in one partition. */
export const GUARDS_MAX = 100_000;
const NOT_NEEDED: VerificationVerdict = { kind: 'not-needed' };

/** One entry a producer, at most `max`. It ends with the first append, with a marker, or with the leadership. */
export class VerificationGuards {
  private readonly max: number;
  /** Oldest first. */
  private readonly entries = new Map<ProducerId, Entry>();

  constructor(options: { readonly max: number }) {
    this.max = options.max;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Nothing is asked about a transaction that has records here, nor for a producer that is fenced already. [V1, V2] */
  verdictFor(batch: TransactionalBatch, producers: ProducerStates, nowMs: number): VerificationVerdict {
    const { producerId, producerEpoch } = batch;
    if (producers.hasOpenTransaction(producerId, producerEpoch)) return NOT_NEEDED;
    const isFenced = (producers.find(producerId)?.producerEpoch ?? NONE) > producerEpoch;
    sometimes(isFenced, 'replica: a coordinator is not asked for a fenced producer');
    const guard = isFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : this.begin(batch, nowMs);
    if (typeof guard === 'object') return { kind: 'needed', guard };
    const who = `producer ${producerId} of epoch ${producerEpoch}`;
    return { kind: 'refuse', error: guard, message: `${who} cannot begin a transaction here: ${errorName(guard)}` };
  }

  /** The guard of a question about this batch: that of an earlier one where it is about the same transaction. */
  private begin(batch: TransactionalBatch, nowMs: number): VerificationGuard | ErrorCode {
    const { producerId, producerEpoch, baseSequence } = batch;
    const known = this.entries.get(producerId);
    if (known !== undefined && known.guard.producerEpoch > producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH;
    if (known?.guard.producerEpoch === producerEpoch) {
      known.lowestSequence = Math.min(known.lowestSequence, baseSequence);
      return known.guard;
    }
    this.entries.delete(producerId);
    this.dropOld(nowMs);
    if (this.entries.size >= this.max) return ErrorCode.NOT_ENOUGH_REPLICAS;
    const guard = { producerId, producerEpoch };
    this.entries.set(producerId, { guard, lowestSequence: baseSequence, createdMs: nowMs });
    return guard;
  }

  /**
   * The lowest sequence that was seen under a guard which still holds for this batch; undefined where it does not. [V3,
   * I8]
   */
  lowestSequenceUnder(guard: VerificationGuard | undefined, batch: TransactionalBatch): number | undefined {
    const known = this.entries.get(batch.producerId);
    if (guard === undefined || known?.guard !== guard) return undefined;
    return guard.producerEpoch === batch.producerEpoch ? known.lowestSequence : undefined;
  }

  /**
   * A batch is in the log. The first of a transaction needs no guard for the next ones; a marker ends what was asked
   * before it, but not what is asked about a later transaction: one of a newer epoch or, under transaction version 2,
   * where markers carry the epoch of the next transaction, of the marker's own. [V3]
   */
  onAppended(batch: AppendedBatch, transactionVersion: number): void {
    if (!batch.isTransactional || this.entries.size === 0) return;
    const guardEpoch = this.entries.get(batch.producerId)?.guard.producerEpoch;
    if (guardEpoch === undefined || guardEpoch > batch.producerEpoch) return;
    const isNext = batch.isControl && transactionVersion >= 2 && guardEpoch === batch.producerEpoch;
    sometimes(isNext, 'replica: a guard outlives the marker of the transaction before its own');
    if (!isNext) this.entries.delete(batch.producerId);
  }

  /** This node does not lead any more. */
  clear(): void {
    this.entries.clear();
  }

  private dropOld(nowMs: number): void {
    for (const [producerId, { createdMs }] of this.entries) {
      if (nowMs - createdMs < LIFETIME_MS) return;
      this.entries.delete(producerId);
    }
  }
}
