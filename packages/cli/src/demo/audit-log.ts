/** The third act: the log itself is read from end to end, without a group, and counted. */
import { decodeText } from '@hapax/base';
import type { HapaxClient } from '@hapax/client';
import { startProgress } from '../progress.ts';
import { spansOf } from '../start-offsets.ts';
import type { Terminal } from '../terminal.ts';
import type { Ledger } from './ledger.ts';

/** Tells the ledger of every record that lies in the topic now. */
export async function auditLog(terminal: Terminal, client: HapaxClient, topic: string, ledger: Ledger): Promise<void> {
  const admin = client.admin();
  const [described] = await admin.describeTopics([topic]);
  const partitions = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  const spans = await spansOf(admin, partitions, { kind: 'beginning' });
  const total = spans.reduce((sum, { offset, logEnd }) => sum + logEnd - offset, 0);
  const progress = startProgress(terminal, 'auditing the log', total);
  const consumer = client.consumer({ offsetReset: 'none' });
  consumer.assign(spans);
  const open = new Set(spans.filter(({ offset, logEnd }) => logEnd > offset).map(({ partition }) => partition));
  let audited = 0;
  for await (const { partition, records, nextOffset } of consumer.batches()) {
    for (const { offset, key } of records) {
      ledger.stored({ partition, offset, row: Number(decodeText(key ?? new Uint8Array(0))) });
    }
    audited += records.length;
    progress.update(audited);
    if (nextOffset >= (spans.find((span) => span.partition === partition)?.logEnd ?? 0)) open.delete(partition);
    if (open.size === 0) break;
  }
  await consumer.close();
  progress.finish('every record of every partition');
}
