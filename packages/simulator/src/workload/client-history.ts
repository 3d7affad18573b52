/** What clients without transactions do and see, as a history that can be judged, and exported. */
import { checkHistory, HistoryRecorder, type ReadRecord } from '@hapax/history';
import { demand } from '../invariants/violation.ts';
import type { Fate } from '../invariants/producers.ts';

/** The name of a record of the workload, which its value begins with: producer and number. */
export function recordName(value: string): string {
  return value.split(':', 2).join(':');
}

/** Writes down a record that was acknowledged. What is not went to a partition that nobody knows. */
export function noteAcknowledged(history: HistoryRecorder, id: string, fate: Fate): void {
  if (fate.kind !== 'acked') return;
  const [partition, offset] = fate.place.split('@') as [string, string];
  const [process] = id.split(':', 1) as [string];
  const work = history.begin({ process, isTransaction: false, isolation: 'read-committed' });
  const send = work.send(partition, id);
  if (Number(offset) >= 0) send.offset = Number(offset);
  work.end('ok');
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
