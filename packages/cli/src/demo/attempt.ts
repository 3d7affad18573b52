/** The name of one try to process a slice of the input: on every output as headers, on the offsets as metadata. */
import { decodeText } from '@hapax/base';
import type { ConsumedRecord } from '@hapax/client';
import { offsetCommitRecord, readRecordType } from '@hapax/wire';
import type { OutputRecord } from './outcome-ledger.ts';

const ATTEMPT_HEADER = 'attempt';
const RECORDS_HEADER = 'attempt-records';

/** The headers of every output of an attempt. */
export function attemptHeaders(attempt: string, records: number): Readonly<Record<string, string>> {
  return { [ATTEMPT_HEADER]: attempt, [RECORDS_HEADER]: String(records) };
}

/** An output as the books take it. */
export function readOutput({ topic, key, value, headers }: ConsumedRecord): OutputRecord {
  const header = (name: string): string => textOf(headers.find((one) => one.key === name)?.value);
  return {
    topic,
    row: Number(textOf(key)),
    value: textOf(value),
    attempt: header(ATTEMPT_HEADER),
    attemptRecords: Number(header(RECORDS_HEADER)),
  };
}

/** The attempt whose offsets a record of `__consumer_offsets` commits; undefined for other groups and records. */
export function readOffsetCommit({ key, value }: ConsumedRecord, group: string): string | undefined {
  if (key === null || value === null || readRecordType(key) !== offsetCommitRecord.type) return undefined;
  if (offsetCommitRecord.decodeKey(key).group !== group) return undefined;
  const { metadata } = offsetCommitRecord.decodeValue(value).value;
  return metadata === '' ? undefined : metadata;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return decodeText(bytes ?? new Uint8Array(0));
}
