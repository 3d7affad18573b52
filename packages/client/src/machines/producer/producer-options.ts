/** What a producer is told, and what it takes and gives. */
import type { CompressionName } from '@hapax/base';
import type { RecordHeader } from '@hapax/wire/records';

/** All of a producer's settings; the driver fills in defaults. */
export interface ProducerOptions {
  /** Whether retries can never write a record twice nor out of order. Needs `acks: -1`. [KIP-98] */
  readonly idempotent: boolean;
  /** Who must have a record before it counts: −1 all in-sync replicas, 1 the leader, 0 nobody (no answer at all). */
  readonly acks: -1 | 0 | 1;
  readonly compression: CompressionName;
  /** How long a batch may wait for more records. */
  readonly lingerMs: number;
  /** A batch is closed before it would become larger than this, not compressed. A larger record travels alone. */
  readonly batchBytes: number;
  /** Batches of one request, together. */
  readonly requestBytesMax: number;
  /** Batches of one partition without an answer: 1 to 5, as many as brokers remember. Without idempotence 1 is used. */
  readonly inFlightPerPartitionMax: number;
  /** Requests to one broker without an answer. */
  readonly inFlightPerBrokerMax: number;
  /** Records that were accepted and not yet delivered, together. More is refused as `overloaded`. */
  readonly bufferBytes: number;
  /** From acceptance to the outcome, retries included. */
  readonly deliveryTimeoutMs: number;
  /** How long a broker may take for one request. */
  readonly requestTimeoutMs: number;
  /** Whether topics that do not exist may be made by brokers that allow it. */
  readonly autoCreateTopics: boolean;
}

/** A record to be sent. The bytes must not be written to until the outcome is known. */
export interface ProducerRecord {
  readonly topic: string;
  /** Left out, the key decides; without a key, whole batches go to one partition after another. */
  readonly partition?: number | undefined;
  readonly key?: Uint8Array | null | undefined;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[] | undefined;
  /** Milliseconds since 1970; left out, the time of the call. */
  readonly timestampMs?: number | undefined;
}

/** Where a record lies. */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  /** −1 where the broker did not tell: `acks: 0`, or a duplicate so old that its offset is forgotten. */
  readonly offset: number;
  /** The record's own, or the broker's where the topic is configured so. */
  readonly timestampMs: number;
}
