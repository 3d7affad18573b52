/** An auditor's reading: whole topics from their first record to where their logs end now. */
import { AppError } from '@hapax/base';
import type { ConsumedRecord, HapaxClient } from '@hapax/client';
import { spansOf } from '../start-offsets.ts';

export interface Reading {
  readonly topics: readonly string[];
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  onRecord(record: ConsumedRecord): void;
  /** Hears how many offsets of how many are behind the reader. */
  onProgress?(passed: number, total: number): void;
}

const POLL_MS = 20;
/** Without any progress for so long, something holds the reader back. */
const STALLED_MS = 30_000;

/**
 * Reads up to the present high watermarks. A `read_committed` reader gets there only when every transaction below them
 * has ended: throws `timed-out` when nothing moves for 30 s.
 */
export async function readToEnd(client: HapaxClient, reading: Reading): Promise<void> {
  const described = await client.admin().describeTopics(reading.topics);
  const partitions = described.flatMap((one) =>
    one.partitions.map(({ partition }) => ({ topic: one.topic, partition })),
  );
  const spans = (await spansOf(client.admin(), partitions, { kind: 'beginning' })).filter(
    ({ offset, logEnd }) => offset < logEnd,
  );
  const total = spans.reduce((sum, { offset, logEnd }) => sum + logEnd - offset, 0);
  const { isolationLevel } = reading;
  const consumer = client.consumer({ offsetReset: 'none', isolationLevel });
  consumer.assign(spans);
  const passed = (): number =>
    spans.reduce((sum, span) => sum + Math.min(consumer.position(span) ?? span.offset, span.logEnd) - span.offset, 0);
  const consuming = (async () => {
    for await (const { topic, partition, records } of consumer.batches()) {
      const end = spans.find((span) => span.topic === topic && span.partition === partition)?.logEnd ?? 0;
      for (const record of records) if (record.offset < end) reading.onRecord(record);
    }
  })();
  let failure: unknown;
  consuming.catch((error: unknown) => (failure = error));
  try {
    let before = -1;
    let movedAt = performance.now();
    for (let now = passed(); ; now = passed()) {
      if (failure !== undefined) throw failure;
      reading.onProgress?.(now, total);
      if (now === total) break;
      if (now !== before) movedAt = performance.now();
      if (performance.now() - movedAt > STALLED_MS) throw stalled(now, total);
      before = now;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await consumer.close();
    await consuming.catch(() => undefined);
  }
}

function stalled(passed: number, total: number): AppError {
  const message =
    `a reader is held back at ${passed} of ${total} offsets for ${STALLED_MS} ms; ` +
    'is a transaction still open? ask hapax txn find-hanging';
  return new AppError('timed-out', message, { retriable: true, definite: true });
}
