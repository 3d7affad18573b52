/** Where transactional clients write down what they do and see: ledgers of invariants, and the history. */
import { HistoryRecorder, type Isolation, type ReadRecord } from '@hapax/history';
import type { Fate } from '../../invariants/producers.ts';
import type { ClusterWatch } from '../../cluster-watch.ts';

/** The name of a record of the workload: producer and number. */
export function recordName(value: string): string {
  return value.split(':', 2).join(':');
}

/** All books of a run. */
export class TransactionBooks {
  readonly history = new HistoryRecorder();
  readonly watch: ClusterWatch;
  consumedCount = 0;
  unknownCount = 0;
  fencedCount = 0;
  private readonly topicIds = new Map<string, string>();

  constructor(watch: ClusterWatch) {
    this.watch = watch;
  }

  /** The outcome of a record outside of transactions. What is not acknowledged went to a partition nobody knows. */
  onFate(id: string, fate: Fate): void {
    this.watch.producers.onFate(id, fate);
    if (fate.kind !== 'acked') return;
    const [partition, offset] = fate.place.split('@') as [string, string];
    const [process] = id.split(':', 1) as [string];
    const work = this.history.begin({ process, isTransaction: false, isolation: 'read-committed' });
    const send = work.send(partition, id);
    if (Number(offset) >= 0) send.offset = Number(offset);
    work.end('ok');
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
