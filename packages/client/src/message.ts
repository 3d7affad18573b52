/** Records as applications write them: texts or bytes. */
import { encodeText } from '@hapax/base';
import type { RecordHeader } from '@hapax/wire/records';
import type { ProducerRecord } from './machines/index.ts';

/** Bytes, or a text that is sent as UTF-8. */
export type Content = Uint8Array | string;

/** A record to send. */
export interface Message {
  readonly topic: string;
  /** Left out, the key decides. */
  readonly partition?: number | undefined;
  /** Records with the same key go to the same partition, in order. */
  readonly key?: Content | null | undefined;
  /** Null deletes the key from a compacted topic. */
  readonly value: Content | null;
  readonly headers?: Readonly<Record<string, Content | null>> | undefined;
  /** Milliseconds since 1970. Default: now. */
  readonly timestampMs?: number | undefined;
}

/** A message as the machines take it. */
export function recordOf(message: Message): ProducerRecord {
  const { topic, partition, key, value, headers, timestampMs } = message;
  return {
    topic,
    partition,
    key: bytesOf(key ?? null),
    value: bytesOf(value),
    headers: headersOf(headers),
    timestampMs,
  };
}

function headersOf(headers: Message['headers']): RecordHeader[] {
  return Object.entries(headers ?? {}).map(([key, value]) => ({ key, value: bytesOf(value) }));
}

function bytesOf(content: Content | null): Uint8Array | null {
  return typeof content === 'string' ? encodeText(content) : content;
}
