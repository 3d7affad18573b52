/** `-f`: how a record that was read is printed, by kcat's letters. */
import type { ConsumedRecord } from '@hapax/client';
import { unescape } from './escapes.ts';
import { usage } from './exit-code.ts';

/** Writes one record. */
export type RecordFormat = (record: ConsumedRecord) => Uint8Array;

type Part = (record: ConsumedRecord) => Uint8Array;

/** What the letters stand for, for the help. */
export const FORMAT_LETTERS =
  '%s value, %S its bytes (-1 for null), %k key, %K its bytes, %t topic, %p partition, %o offset, ' +
  '%T time in ms, %h headers';

const NOTHING = new Uint8Array(0);

const LETTERS: Readonly<Record<string, Part>> = {
  's': (record) => record.value ?? NOTHING,
  'S': (record) => bytesOf(String(record.value?.length ?? -1)),
  'k': (record) => record.key ?? NOTHING,
  'K': (record) => bytesOf(String(record.key?.length ?? -1)),
  't': (record) => bytesOf(record.topic),
  'p': (record) => bytesOf(String(record.partition)),
  'o': (record) => bytesOf(String(record.offset)),
  'T': (record) => bytesOf(String(record.timestampMs)),
  'h': (record) => bytesOf(record.headers.map(({ key, value }) => `${key}=${textOf(value) ?? 'NULL'}`).join(',')),
  '%': () => bytesOf('%'),
};

/** Reads a format such as `%p %o %k: %s\n`. Throws `usage` for unknown letters. */
export function parseRecordFormat(format: string): RecordFormat {
  const parts: Part[] = [];
  for (const token of unescape(format).match(/%.?|[^%]+/gsu) ?? []) {
    const part = token.startsWith('%') ? LETTERS[token.slice(1)] : undefined;
    if (token.startsWith('%') && part === undefined) throw usage(`-f ${token} means nothing: ${FORMAT_LETTERS}`);
    const text = bytesOf(token);
    parts.push(part ?? (() => text));
  }
  return (record) => Buffer.concat(parts.map((part) => part(record)));
}

/** A record as one line of JSON; bytes that are no UTF-8 are shown as such a text would be. */
export const jsonFormat: RecordFormat = (record) => {
  const { topic, partition, offset, timestampMs } = record;
  const headers = Object.fromEntries(record.headers.map(({ key, value }) => [key, textOf(value)]));
  const value = {
    topic,
    partition,
    offset,
    timestampMs,
    key: textOf(record.key),
    headers,
    value: textOf(record.value),
  };
  return bytesOf(`${JSON.stringify(value)}\n`);
};

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}
