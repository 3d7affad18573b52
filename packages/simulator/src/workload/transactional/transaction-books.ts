/** Where transactional clients write down what they do and see: ledgers of invariants, and the history. */
import { HistoryRecorder, type Isolation, type ReadRecord } from '@hapax/history';
import type { Fate } from '../../invariants/producers.ts';
import type { ClusterWatch } from '../../cluster-watch.ts';
import { recordName, SendNotes } from '../client-history.ts';

/** All books of a run. */
export class TransactionBooks {
  readonly history = new HistoryRecorder();
  private readonly sends = new SendNotes(this.history);
  readonly watch: ClusterWatch;
  consumedCount = 0;
  unknownCount = 0;
  fencedCount = 0;
  private readonly topicIds = new Map<string, string>();

  constructor(watch: ClusterWatch) {
    this.watch = watch;
  }

  onSend(id: string): void {
    this.sends.onSend(id);
  }

  /** The outcome of a record outside of transactions. */
  onFate(id: string, fate: Fate): void {
    this.watch.producers.onFate(id, fate);
    this.sends.onFate(id, fate);
  }

  /** A reader was given records: they are the truth, and at read-committed they are committed. Gives their names. */
  onRead(isolation: Isolation, topic: string, partition: number, records: readonly ReadRecord[]): ReadRecord[] {
    this.consumedCount += records.length;
    const topicId = this.topicIdOf(topic);
    for (const { offset, value } of records) {
      if (topicId !== undefined) this.watch.inSync.onConsumed(topicId, topic, partition, offset, value);
      if (isolation === 'read-committed') this.watch.transactions.onConsumed(`${topic}-${partition}`, offset);
    }
    return records.map(({ offset, value }) => ({ offset, value: recordName(value) }));
  }

  private topicIdOf(topic: string): string | undefined {
    const known = this.topicIds.get(topic);
    if (known !== undefined) return known;
    const state = this.watch.inSync.partitions().find((one) => one.topic === topic);
    if (state !== undefined) this.topicIds.set(topic, state.topicId);
    return state?.topicId;
  }
}
