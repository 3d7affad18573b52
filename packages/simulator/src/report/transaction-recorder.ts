/** Keeps every record of a transaction coordinator's log as it becomes committed. */
import type { Transaction } from '@hapax/txn';
import type { ClusterWatch } from '../cluster-watch.ts';
import { RecentList } from './recent-list.ts';
import type { TransactionMove, TransactionStory } from './run-story.ts';

/** What is kept of the transactions. */
export class TransactionRecorder {
  private readonly moves = new RecentList<TransactionMove & { readonly transactionalId: string }>(MOVES_MAX);
  private readonly watch: ClusterWatch;

  constructor(watch: ClusterWatch, nowMs: () => number) {
    this.watch = watch;
    watch.transactions.coordinators.onMove = (transaction) => this.note(nowMs(), transaction);
  }

  /** By id. */
  story(): TransactionStory[] {
    const byId = new Map<string, TransactionMove[]>();
    for (const { transactionalId, ...move } of this.moves.items()) {
      const moves = byId.get(transactionalId) ?? [];
      moves.push(move);
      byId.set(transactionalId, moves);
    }
    return [...byId]
      .map(([transactionalId, moves]) => ({ transactionalId, moves }))
      .toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
  }

  private note(atMs: number, transaction: Transaction): void {
    const { transactionalId, state, producerId, producerEpoch, topics } = transaction;
    const partitions = topics.map(({ topic, partitions }) => `${topic} [${partitions.join()}]`).join(', ');
    const coordinator = this.watch.nodes.find(({ broker }) =>
      broker?.services.transactions.shardOf(transactionalId)?.coordinator.phase === 'active')?.id ?? -1;
    this.moves.add({ transactionalId, atMs, state, producerId, producerEpoch, coordinator, partitions });
  }
}

const MOVES_MAX = 6000;
