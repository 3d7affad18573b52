/** What a leader demands of record batches that a client sends. */
import { ErrorCode } from '@hapax/base';
import { BATCH_HEADER_BYTES, BatchField, CURRENT_MAGIC, MIN_RECORD_BYTES } from './batch-format.ts';
import { batchSizeAt, isBatchIntact, readBatchHeader, type BatchHeader } from './batch-header.ts';

/** What the topic and the request allow. */
export interface ProduceLimits {
  /** The largest batch (Kafka: `max.message.bytes`). */
  readonly maxMessageBytes: number;
  /** Whether zstd may be used: from Produce version 7 on. [KIP-110] */
  readonly zstdAllowed: boolean;
}

/** The headers of what may be appended (one, by today's rules), or the answer and a sentence for the client. */
export type ProducedRecords =
  | { readonly ok: true; readonly headers: readonly BatchHeader[] }
  | { readonly ok: false; readonly error: ErrorCode; readonly message: string };

/** Judges the records of one partition in a Produce request. Looks at the header and the checksum, not at records. */
export function validateProducedRecords(bytes: Uint8Array, limits: ProduceLimits): ProducedRecords {
  const frame = checkFrame(bytes, limits);
  if (frame !== undefined) return frame;
  const header = readBatchHeader(bytes, 0);
  if (!isBatchIntact(bytes, header)) return refuse(ErrorCode.CORRUPT_MESSAGE, 'the checksum does not match the batch');
  return checkHeader(header, limits) ?? { ok: true, headers: [header] };
}

/** Exactly one batch, whole, of magic 2, and not too large. */
function checkFrame(bytes: Uint8Array, limits: ProduceLimits): ProducedRecords | undefined {
  if (bytes.length === 0) return refuse(ErrorCode.INVALID_RECORD, 'there is no batch; send exactly one per partition');
  if (bytes.length <= BatchField.magic) return refuse(ErrorCode.CORRUPT_MESSAGE, `${bytes.length} bytes are no batch`);
  const magic = bytes[BatchField.magic]!;
  // Magic 0 and 1 are formats that clients were told not to send; anything above 2 was never a format.
  if (magic < CURRENT_MAGIC) return refuse(ErrorCode.INVALID_RECORD, `magic ${magic} is not ${CURRENT_MAGIC}`);
  if (magic > CURRENT_MAGIC) return refuse(ErrorCode.CORRUPT_MESSAGE, `magic ${magic} is not ${CURRENT_MAGIC}`);
  const sizeBytes = batchSizeAt(bytes, 0);
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > bytes.length) {
    return refuse(ErrorCode.CORRUPT_MESSAGE, `a batch of ${sizeBytes} bytes in ${bytes.length} bytes`);
  }
  if (sizeBytes < bytes.length) return checkRest(bytes, sizeBytes);
  if (sizeBytes > limits.maxMessageBytes) {
    const message = `a batch of ${sizeBytes} bytes is above max.message.bytes ${limits.maxMessageBytes}`;
    return refuse(ErrorCode.MESSAGE_TOO_LARGE, message);
  }
  return undefined;
}

/** A second batch is against the rules; anything else behind the first is damage. */
function checkRest(bytes: Uint8Array, at: number): ProducedRecords {
  const rest = bytes.length - at;
  if (rest > BatchField.magic) {
    const size = batchSizeAt(bytes, at);
    if (size >= BATCH_HEADER_BYTES && size <= rest) {
      return refuse(ErrorCode.INVALID_RECORD, 'there is more than one batch; send exactly one per partition');
    }
  }
  return refuse(ErrorCode.CORRUPT_MESSAGE, `${rest} bytes behind the batch are no batch`);
}

function checkHeader(header: BatchHeader, limits: ProduceLimits): ProducedRecords | undefined {
  if (header.compression === 'unknown') {
    return refuse(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `attributes ${header.attributes} name no compression`);
  }
  if (header.compression === 'zstd' && !limits.zstdAllowed) {
    return refuse(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'zstd needs Produce version 7 or above');
  }
  if (header.baseOffset !== 0) {
    return refuse(ErrorCode.INVALID_RECORD, `base offset ${header.baseOffset} is not 0; leaders give offsets`);
  }
  if (header.recordsCount <= 0 || header.lastOffsetDelta + 1 !== header.recordsCount) {
    const message = `${header.recordsCount} records do not go with a last offset delta of ${header.lastOffsetDelta}`;
    return refuse(ErrorCode.INVALID_RECORD, message);
  }
  if (header.compression === 'none' && header.recordsCount * MIN_RECORD_BYTES > header.sizeBytes - BATCH_HEADER_BYTES) {
    return refuse(ErrorCode.INVALID_RECORD, `${header.recordsCount} records do not fit into ${header.sizeBytes} bytes`);
  }
  if (header.isControl) return refuse(ErrorCode.INVALID_RECORD, 'clients may not write control batches');
  if (header.hasDeleteHorizon) return refuse(ErrorCode.INVALID_RECORD, 'clients may not set a delete horizon');
  if (header.producerId >= 0 && header.baseSequence < 0) {
    const message = `producer ${header.producerId} sent sequence ${header.baseSequence}, which is below 0`;
    return refuse(ErrorCode.INVALID_RECORD, message);
  }
  if (header.isTransactional && header.producerId < 0) {
    return refuse(ErrorCode.INVALID_RECORD, 'a transactional batch has no producer id');
  }
  if (header.timestampType === 'log-append-time') {
    return refuse(ErrorCode.INVALID_TIMESTAMP, 'producers may not claim log append time');
  }
  return undefined;
}

function refuse(error: ErrorCode, message: string): ProducedRecords {
  return { ok: false, error, message };
}
