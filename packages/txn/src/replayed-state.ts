/** What the log says about the transactional ids of one partition of `__transaction_state`. */
import type { Offset } from '@hapax/base';
import type { RecordPosition, StateMachine } from '@hapax/state-machine';
import { Timelines } from './timeline.ts';
import { partitionCount, type Transaction } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';

/** A transactional id, and where its last record stands. */
export interface HeldTransaction {
  readonly transaction: Transaction;
  readonly offset: Offset;
}

/** State that only records change. */
export class ReplayedState implements StateMachine<TransactionRecord> {
  readonly timelines: Timelines;
  private readonly held = new Map<string, HeldTransaction>();

  constructor(options: { readonly timelineEntriesMax: number; readonly timelinesMax: number }) {
    this.timelines = new Timelines({ entriesMax: options.timelineEntriesMax, idsMax: options.timelinesMax });
  }

  /** How many transactional ids there are. */
  get size(): number {
    return this.held.size;
  }

  find(transactionalId: string): Transaction | undefined {
    return this.held.get(transactionalId)?.transaction;
  }

  /** Where the id's last record stands; undefined where there is none. */
  offsetOf(transactionalId: string): Offset | undefined {
    return this.held.get(transactionalId)?.offset;
  }

  /** All of them, each as it is now. */
  all(): Iterable<HeldTransaction> {
    return this.held.values();
  }

  replay(record: TransactionRecord, at: RecordPosition): void {
    const { transactionalId, value, who } = record;
    const before = this.held.get(transactionalId)?.transaction;
    if (value === null) this.held.delete(transactionalId);
    else this.held.set(transactionalId, { transaction: value, offset: at.offset });
    this.timelines.note(transactionalId, {
      offset: at.offset,
      wallMs: at.timestampMs,
      state: value?.state ?? 'Dead',
      producerEpoch: value?.producerEpoch ?? before?.producerEpoch ?? -1,
      partitionCount: value === null ? 0 : partitionCount(value.topics),
      who,
    });
  }
}
