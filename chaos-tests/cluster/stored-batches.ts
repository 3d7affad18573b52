/** The record batches that a node has on its disk: their codecs and producers, whatever a client claims. */
import { CompressionType, type CompressionName } from '@hapax/base';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the header of a batch says. [Kafka record batch, magic 2] */
export interface StoredBatch {
  readonly compression: CompressionName;
  /** −1 where the producer is not idempotent. */
  readonly producerId: bigint;
  readonly baseSequence: number;
  readonly recordCount: number;
}

const HEADER_BYTES = 61;
const LENGTH_AT = 8;
const BEFORE_LENGTH_BYTES = 12;
const ATTRIBUTES_AT = 21;
const PRODUCER_ID_AT = 43;
const BASE_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

const CODECS = new Map(Object.entries(CompressionType).map(([name, number]) => [number, name as CompressionName]));

/** All batches of a topic in the data directory of a node, partition by partition. */
export function storedBatches(dataDirectory: string, topic: string): StoredBatch[] {
  const logs = join(dataDirectory, 'logs');
  const isOfTopic = (name: string): boolean => {
    return name.startsWith(`${topic}-`) && /^\d+$/u.test(name.slice(topic.length + 1));
  };
  return readdirSync(logs).filter(isOfTopic).flatMap((directory) => {
    const segments = readdirSync(join(logs, directory)).filter((name) => name.endsWith('.log')).sort();
    return segments.flatMap((segment) => batchesOf(readFileSync(join(logs, directory, segment))));
  });
}

function batchesOf(bytes: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const lengthBytes = bytes.readInt32BE(at + LENGTH_AT);
    if (lengthBytes <= 0) break;
    batches.push({
      compression: CODECS.get((bytes.readInt16BE(at + ATTRIBUTES_AT) & 7) as never) ?? 'none',
      producerId: bytes.readBigInt64BE(at + PRODUCER_ID_AT),
      baseSequence: bytes.readInt32BE(at + BASE_SEQUENCE_AT),
      recordCount: bytes.readInt32BE(at + RECORD_COUNT_AT),
    });
    at += BEFORE_LENGTH_BYTES + lengthBytes;
  }
  return batches;
}
