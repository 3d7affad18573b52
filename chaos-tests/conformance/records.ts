/** Records for the checks: numbered values over some keys, and handing them to clients as they take them. */
import type { Sent } from '../cluster/record.ts';

const CHUNK_RECORDS_MAX = 10;

/** Records with the values `prefix-0` to `prefix-(count-1)`, over sixteen keys. */
export function numbered(prefix: string, count: number): readonly Sent[] {
  return Array.from({ length: count }, (_, at) => ({ key: `key-${at % 16}`, value: `${prefix}-${at}` }));
}

/** The same as a stream. `onReached` runs before the record at that place is handed on. */
export async function* streamOf(
  records: readonly Sent[], at = -1, onReached?: () => Promise<void>,
): AsyncGenerator<Sent> {
  for (const [place, record] of records.entries()) {
    if (place === at) await onReached?.();
    yield record;
  }
}

/** A few records at a time, for clients that send lists. */
export async function* chunksOf(records: AsyncIterable<Sent>): AsyncGenerator<Sent[]> {
  let chunk: Sent[] = [];
  for await (const record of records) {
    chunk.push(record);
    if (chunk.length < CHUNK_RECORDS_MAX) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
