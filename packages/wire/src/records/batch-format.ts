/** Where things stand in a record batch of magic 2, and what the bits of its attributes mean. */

/** Positions of the header's fields, from the first byte of the batch. */
export const BatchField = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordsCount: 57,
  records: 61,
} as const;

/** Bytes in front of the records. */
export const BATCH_HEADER_BYTES = 61;
/** Base offset and length: what the length itself does not count. */
export const LOG_OVERHEAD_BYTES = 12;
/** The only format that is written here. */
export const CURRENT_MAGIC = 2;
/** The least that a record takes: length, attributes, two deltas, no key, no value, no headers. */
export const MIN_RECORD_BYTES = 7;

/** Bits of the attributes. */
export const BatchAttribute = {
  compression: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** A batch of no producer has these: producer id, producer epoch and sequence. */
export const NO_PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1 } as const;
/** No timestamp. */
export const NO_TIMESTAMP = -1;
