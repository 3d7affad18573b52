/** What time does to transactions: those that take too long are aborted, ids that nobody uses any more are removed. */
import { reachable, sometimes } from '@hapax/base';
import { abortAgainstOwner } from './handlers/init-producer-id.ts';
import { recordsOf, type LiveTransactions } from './live-transactions.ts';
import { isPrepared } from './states.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';

/** How many ids one append aborts or removes; the rest follows at the next tick. */
const PER_TICK_MAX = 128;

/** Looks at every interval, and then works off what it found, some at every tick. */
export class Sweeps<T> {
  private readonly live: LiveTransactions<T>;
  private nextTimeoutCheckMs = 0;
  private nextExpiryCheckMs = 0;
  private overdue = new Set<string>();
  private expired: string[] = [];

  constructor(live: LiveTransactions<T>) {
    this.live = live;
  }

  /** A tenure begins. */
  restart(): void {
    const { now, config } = this.live;
    this.nextTimeoutCheckMs = now.nowMs + config.timeoutCheckIntervalMs;
    this.nextExpiryCheckMs = now.nowMs + config.expiryCheckIntervalMs;
    this.overdue = new Set();
    this.expired = [];
  }

  tick(): void {
    const { now, config, timeouts } = this.live;
    if (now.nowMs >= this.nextTimeoutCheckMs) {
      this.nextTimeoutCheckMs = now.nowMs + config.timeoutCheckIntervalMs;
      for (const transactionalId of timeouts.takeDue(now.nowMs)) this.overdue.add(transactionalId);
    }
    if (now.nowMs >= this.nextExpiryCheckMs) {
      this.nextExpiryCheckMs = now.nowMs + config.expiryCheckIntervalMs;
      this.expired = [];
      for (const { transaction } of this.live.state.all()) {
        if (this.isExpired(transaction)) this.expired.push(transaction.transactionalId);
      }
    }
    if (this.overdue.size > 0) this.abortOverdue();
    if (this.expired.length > 0) this.removeExpired();
  }

  /** [X1] */
  private abortOverdue(): void {
    const { live } = this;
    const { view } = live;
    const fenced: Transaction[] = [];
    const records: TransactionRecord[] = [];
    for (const transactionalId of [...this.overdue].slice(0, PER_TICK_MAX)) {
      this.overdue.delete(transactionalId);
      const transaction = live.state.find(transactionalId);
      // It ended meanwhile; one that was begun after it has a deadline of its own.
      if (transaction?.state !== 'Ongoing' || live.timeouts.dueMs(transactionalId) !== undefined) continue;
      const steps = abortAgainstOwner(transaction, view);
      if (steps === undefined) {
        this.overdue.add(transactionalId);
        continue;
      }
      records.push(...recordsOf(steps, 'timeout'));
      reachable('txn: a transaction that takes too long is aborted');
      fenced.push(transaction);
    }
    if (records.length === 0) return;
    live.append(records, {
      accepted: () => fenced.forEach((before) => live.noteFenced({ cause: 'timeout', before }, 'timeout')),
      refused: () => fenced.forEach(({ transactionalId }) => this.overdue.add(transactionalId)),
    });
  }

  /** Tombstones; those that are refused are found again at the next interval. [X2] */
  private removeExpired(): void {
    const { live } = this;
    const ids = this.expired.splice(0, PER_TICK_MAX).filter((transactionalId) => {
      const transaction = live.state.find(transactionalId);
      return transaction !== undefined && this.isExpired(transaction);
    });
    const tombstones = ids.map((transactionalId) => ({ transactionalId, value: null, who: 'expiry' }));
    sometimes(ids.length > 0, 'txn: a transactional id that nobody uses is removed');
    if (ids.length > 0) live.append(tombstones, {});
  }

  private isExpired({ state, lastUpdateMs }: Transaction): boolean {
    if (state === 'Ongoing' || isPrepared(state)) return false;
    return lastUpdateMs <= this.live.now.wallMs - this.live.config.idExpirationMs;
  }
}
