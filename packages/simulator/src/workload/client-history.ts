/** What clients without transactions do and see, as a history that can be judged, and exported. */
import { checkHistory, type HistoryRecorder, type OpenWork, type ReadRecord } from '@hapax/history';
import { demand } from '../invariants/violation.ts';
import type { Fate } from '../invariants/producers.ts';

/** The name of a record of the workload, which its value begins with: producer and number. */
export function recordName(value: string): string {
  return value.split(':', 2).join(':');
}

/** Writes down records that are sent on their own, many at a time, and what became of them. */
export class SendNotes {
  private readonly history: HistoryRecorder;
  private readonly open = new Map<string, OpenWork>();

  constructor(history: HistoryRecorder) {
    this.history = history;
  }

  onSend(id: string): void {
    const [process] = id.split(':', 1) as [string];
    this.open.set(id, this.history.begin({ process, isTransaction: false, isolation: 'read-committed' }));
  }

  /** What was not acknowledged went to a partition that nobody knows, if anywhere. */
  onFate(id: string, fate: Fate): void {
    const work = this.open.get(id);
    this.open.delete(id);
    if (fate.kind !== 'acked') return work?.end(fate.kind === 'refused' ? 'fail' : 'unknown');
    const [partition, offset] = fate.place.split('@') as [string, string];
    const send = work?.send(partition, id);
    if (send !== undefined && Number(offset) >= 0) send.offset = Number(offset);
    work?.end('ok');
  }
}

/** Writes down what a reader was given. Where nothing is in a transaction, all that can be read is committed. */
export function noteRead(
  history: HistoryRecorder, process: string, partition: string, records: readonly ReadRecord[],
): void {
  const named = records.map(({ offset, value }) => ({ offset, value: recordName(value) }));
  history.poll(process, 'read-committed', partition, named);
}

/** Ends the run where a history has an anomaly that is a fault. */
export function judgeHistory(history: HistoryRecorder): void {
  const { faults } = checkHistory(history.history(), { usesSubscribe: true, hasFinalReads: true });
  demand(faults.length === 0, 'history', () =>
    `${faults.length} faults; ${faults[0]?.anomaly}: ${faults[0]?.message}`);
}
