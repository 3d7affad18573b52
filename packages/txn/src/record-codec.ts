/** The transaction coordinator's records as bytes: Kafka's own schema of `__transaction_state`. [T4] */
import { AppError } from '@hapax/base';
import { readRecordType, transactionLogRecord, type ValueOf } from '@hapax/wire';
import { STATES } from './states.ts';
import type { Transaction, TransactionVersion } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';

/** The version of values under `transaction.version` 0; the flexible one follows. */
const VALUE_VERSION_TV0 = 0;
const VALUE_VERSION = 1;

/** A record of a log; a null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** The bytes of a record, as the cluster's finalized `transaction.version` has them. */
export function encodeTransactionRecord(record: TransactionRecord, version: TransactionVersion): EncodedRecord {
  const key = transactionLogRecord.encodeKey({ transactionalId: record.transactionalId });
  return { key, value: record.value === null ? null : encodeTransaction(record.value, version) };
}

/**
 * The record of these bytes; undefined for types and versions that this coordinator does not know, which are skipped as
 * Kafka does. Throws `frame-malformed` for bytes that are none.
 */
export function decodeTransactionRecord(key: Uint8Array, value: Uint8Array | null): TransactionRecord | undefined {
  if (readRecordType(key) !== transactionLogRecord.type) return undefined;
  const { transactionalId } = transactionLogRecord.decodeKey(key);
  if (value === null) return { transactionalId, value: null, who: '' };
  const decoded = decodeKnownVersion(value);
  if (decoded === undefined) return undefined;
  return { transactionalId, value: toTransaction(transactionalId, decoded), who: '' };
}

function encodeTransaction(transaction: Transaction, version: TransactionVersion): Uint8Array {
  const { producerId, producerEpoch, timeoutMs, state, topics, lastUpdateMs, startMs } = transaction;
  const fields = {
    producerId,
    producerEpoch,
    transactionTimeoutMs: timeoutMs,
    transactionStatus: STATES.indexOf(state),
    // Null says "never had any", and Kafka writes it for Empty alone.
    transactionPartitions: state === 'Empty'
      ? null
      : topics.map(({ topic, partitions }) => ({ topic, partitionIds: [...partitions] })),
    transactionLastUpdateTimestampMs: lastUpdateMs,
    transactionStartTimestampMs: startMs,
  };
  if (version === 0) return transactionLogRecord.encodeValue(VALUE_VERSION_TV0, fields);
  const { previousProducerId, nextProducerId, transactionVersion } = transaction;
  const tagged = { previousProducerId, nextProducerId, clientTransactionVersion: transactionVersion };
  return transactionLogRecord.encodeValue(VALUE_VERSION, { ...fields, ...tagged });
}

function decodeKnownVersion(bytes: Uint8Array): ValueOf<typeof transactionLogRecord> | undefined {
  try {
    return transactionLogRecord.decodeValue(bytes).value;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unsupported-version') return undefined;
    throw error;
  }
}

function toTransaction(transactionalId: string, value: ValueOf<typeof transactionLogRecord>): Transaction {
  const state = STATES[value.transactionStatus];
  if (state === undefined) {
    throw new AppError('frame-malformed', `status ${value.transactionStatus} of ${transactionalId} is not in [0, 7]`, {
      retriable: false, definite: true,
    });
  }
  return {
    transactionalId,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: -1,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    state,
    topics: (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => ({ topic, partitions: partitionIds })),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    transactionVersion: versionOf(value.clientTransactionVersion),
  };
}

function versionOf(level: number): TransactionVersion {
  if (level >= 2) return 2;
  return level === 1 ? 1 : 0;
}
