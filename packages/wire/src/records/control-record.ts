/** Control batches: the markers that end transactions in a partition. */
import type { LeaderEpoch, Offset, ProducerEpoch, ProducerId } from '@hapax/base';
import { endTxnMarkerValue } from '../internal/end-txn-marker.ts';
import { BatchBuilder } from './batch-builder.ts';
import { BATCH_HEADER_BYTES } from './batch-format.ts';
import { malformedBatch, type BatchHeader } from './batch-header.ts';
import { readInt16, writeInt16 } from './big-endian.ts';
import { decodeRecords, type LogRecord } from './record.ts';

/** How a transaction ended. */
export type TransactionOutcome = 'commit' | 'abort';

/** A marker to be written. */
export interface EndTxnMarker {
  readonly outcome: TransactionOutcome;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The leader epoch of the coordinator's partition: an older coordinator's marker is refused. */
  readonly coordinatorEpoch: number;
  readonly timestampMs: number;
  readonly baseOffset?: Offset;
  readonly partitionLeaderEpoch?: LeaderEpoch;
}

/** What a control record says. Readers pass over kinds that this code does not know, as Kafka demands. */
export type ControlRecord =
  | { readonly kind: 'end-txn'; readonly outcome: TransactionOutcome; readonly coordinatorEpoch: number }
  | { readonly kind: 'other'; readonly type: number };

const ABORT_TYPE = 0;
const COMMIT_TYPE = 1;
const KEY_BYTES = 4;
const MARKER_VALUE_BYTES = 6;

/** A batch of one control record, 78 bytes where the deltas are small. It takes exactly one offset. [KIP-98] */
export function encodeEndTxnMarker(marker: EndTxnMarker): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  writeInt16(key, 2, marker.outcome === 'commit' ? COMMIT_TYPE : ABORT_TYPE);
  const value = endTxnMarkerValue.encode(0, { coordinatorEpoch: marker.coordinatorEpoch });
  const builder = new BatchBuilder();
  builder.append({ timestampMs: marker.timestampMs, key, value });
  return builder.build({
    baseOffset: marker.baseOffset ?? 0,
    partitionLeaderEpoch: marker.partitionLeaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    transactional: true,
    control: true,
  });
}

/** Reads a control record. Throws `batch-malformed`, `frame-malformed`. */
export function decodeControlRecord(record: Pick<LogRecord, 'key' | 'value'>): ControlRecord {
  const { key, value } = record;
  if (key === null || key.length < KEY_BYTES) {
    throw malformedBatch(`a control record has a key of ${key?.length} bytes, ${KEY_BYTES} are needed`);
  }
  const type = readInt16(key, 2);
  if (type !== ABORT_TYPE && type !== COMMIT_TYPE) return { kind: 'other', type };
  if (value === null || value.length < MARKER_VALUE_BYTES) {
    throw malformedBatch(`a marker has a value of ${value?.length} bytes, ${MARKER_VALUE_BYTES} are needed`);
  }
  const outcome = type === COMMIT_TYPE ? 'commit' : 'abort';
  return { kind: 'end-txn', outcome, coordinatorEpoch: endTxnMarkerValue.decode(value).value.coordinatorEpoch };
}

/** Reads the one record of a whole control batch. Throws `batch-malformed`, also where compaction left no record. */
export function readControlBatch(header: BatchHeader, batchBytes: Uint8Array): ControlRecord {
  if (header.compression !== 'none') throw malformedBatch('a control batch is compressed');
  const records = decodeRecords(header, batchBytes.subarray(BATCH_HEADER_BYTES, header.sizeBytes));
  const record = records[0];
  if (record === undefined || records.length !== 1) {
    throw malformedBatch(`${records.length} records in a control batch, which has one`);
  }
  return decodeControlRecord(record);
}
