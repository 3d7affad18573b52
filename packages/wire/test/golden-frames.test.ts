/** Frames worked out by hand from the protocol's description, byte for byte. */
import { describe, expect, test } from 'vitest';
import {
  apiVersions,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  fetch,
  joinChunks,
  listOffsets,
  metadata,
  offsetCommitRecord,
  produce,
  transactionLogRecord,
} from '@hapax/wire';

function hex(...parts: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'));
}

describe('golden frames', () => {
  test('an ApiVersions request of version 3 has a header of version 2 and compact strings', () => {
    const frame = hex(
      '0012 0003 00000001', // API, version, correlation id
      '0007 636f6e736f6c65', // client id "console", its length never compact
      '00', // no tagged fields in the header
      '06 6861706178', // client software name "hapax"
      '04 312e30', // client software version "1.0"
      '00', // no tagged fields
    );
    const value = { clientSoftwareName: 'hapax', clientSoftwareVersion: '1.0' };
    expect(joinChunks(encodeRequestFrame(apiVersions, 3, 1, 'console', value))).toEqual(frame);
    const header = decodeRequestHeader(frame);
    expect(header).toEqual({
      apiKey: 18, apiVersion: 3, correlationId: 1, clientId: 'console', headerVersion: 2, bodyOffset: 18,
    });
    expect(apiVersions.decodeRequest(3, frame, header.bodyOffset)).toMatchObject(value);
  });

  test('an ApiVersions response has a header of version 0 in every version, and features as tagged fields', () => {
    const frame = hex(
      '00000001', // correlation id, and nothing more
      '0000', // error code
      '02 0012 0000 0004 00', // one API: ApiVersions, 0 to 4, no tagged fields
      '00000000', // throttle time
      '02', // two tagged fields
      '01 08 0000000000000005', // tag 1: epoch of the finalized features
      '02 1a 02 14 7472616e73616374696f6e2e76657273696f6e 0002 0002 00', // tag 2: transaction.version = 2
    );
    const value = {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      finalizedFeaturesEpoch: 5,
      finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }],
    };
    expect(joinChunks(encodeResponseFrame(apiVersions, 3, 1, value))).toEqual(frame);
    expect(decodeResponseFrame(apiVersions, 3, frame)).toMatchObject({ correlationId: 1, value });
  });

  test('a Produce request of version 3 has lengths of fixed size', () => {
    const frame = hex(
      '0000 0003 0000002a ffff', // header: no client id
      'ffff ffff 00007530', // no transactional id, acks −1, 30 s
      '00000001 0001 74', // one topic "t"
      '00000001 00000002 00000003 010203', // partition 2 with three bytes of records
    );
    const value = {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: 't', partitionData: [{ index: 2, records: Uint8Array.of(1, 2, 3) }] }],
    };
    expect(joinChunks(encodeRequestFrame(produce, 3, 42, null, value))).toEqual(frame);
    expect(decodeRequestHeader(frame)).toMatchObject({ clientId: null, headerVersion: 1, bodyOffset: 10 });
    expect(produce.decodeRequest(3, frame, 10)).toMatchObject({ ...value, transactionalId: null });
  });

  test('a Produce response of version 9 has a header of version 1', () => {
    const frame = hex(
      '0000002a 00', // correlation id, no tagged fields
      '02 02 74 02', // one topic "t" with one partition
      '00000002 0000 0000000100000000 ffffffffffffffff 0000000000000007', // index, error, base offset, time, log start
      '01 00 00 00', // no record errors, no message, no tagged fields of the partition, none of the topic
      '00000000 00', // throttle time, no tagged fields
    );
    const value = {
      responses: [{ name: 't', partitionResponses: [{ index: 2, baseOffset: 2 ** 32, logStartOffset: 7 }] }],
    };
    expect(joinChunks(encodeResponseFrame(produce, 9, 42, value))).toEqual(frame);
    expect(decodeResponseFrame(produce, 9, frame)).toMatchObject({ correlationId: 42, value });
  });

  test('a Metadata request of version 1 asks for all topics by null', () => {
    expect(joinChunks(metadata.encodeRequest(1, { topics: null }))).toEqual(hex('ffffffff'));
    expect(metadata.decodeRequest(1, hex('ffffffff')).topics).toBeNull();
    expect(() => metadata.encodeRequest(0, { topics: null })).toThrow(/is null, which version 0 cannot say/);
  });

  test('negative and large int64 are two halves in network order', () => {
    const value = { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -2 }] }] };
    const request = hex('ffffffff', '00000001 0001 74', '00000001 00000000', 'fffffffffffffffe');
    expect(joinChunks(listOffsets.encodeRequest(1, value))).toEqual(request);
    const rounded = hex('00000001 0001 74', '00000001 00000000 0000 fffffffeffffffff 7fffffffffffffff');
    const partition = { partitionIndex: 0, timestamp: -(2 ** 32) - 1, offset: 2 ** 63 };
    const answer = { topics: [{ name: 't', partitions: [partition] }] };
    expect(joinChunks(listOffsets.encodeResponse(1, answer))).toEqual(rounded);
    expect(listOffsets.decodeResponse(1, rounded)).toMatchObject(answer);
  });

  test('large records are sent from where they lie', () => {
    const large = new Uint8Array(4096);
    const small = new Uint8Array(100);
    const partitions = [{ partitionIndex: 0, records: large }, { partitionIndex: 1, records: [small, large] }];
    const chunks = encodeResponseFrame(fetch, 12, 1, { responses: [{ topic: 't', partitions }] });
    expect(chunks.filter((chunk) => chunk === large)).toHaveLength(2);
    const frame = joinChunks(chunks);
    const { value } = decodeResponseFrame(fetch, 12, frame);
    const read = value.responses[0]?.partitions.map((partition) => partition.records?.length);
    expect(read).toEqual([4096, 4196]);
    expect(value.responses[0]?.partitions[0]?.records?.buffer).toBe(frame.buffer);
  });

  test('records of internal topics begin with type and version', () => {
    const key = { group: 'g', topic: 't', partition: 1 };
    expect(offsetCommitRecord.encodeKey(key)).toEqual(hex('0001 0001 67 0001 74 00000001'));
    const value = { offset: 9, leaderEpoch: 2, metadata: '', commitTimestamp: 1 };
    const bytes = hex('0003 0000000000000009 00000002 0000 0000000000000001');
    expect(offsetCommitRecord.encodeValue(3, value)).toEqual(bytes);
    const transaction = { producerId: 1, producerEpoch: 2, transactionTimeoutMs: 3, nextProducerEpoch: 4 };
    expect(transactionLogRecord.encodeKey({ transactionalId: 'x' })).toEqual(hex('0000 0001 78'));
    expect(transactionLogRecord.encodeValue(1, { ...transaction, transactionPartitions: null })).toEqual(hex(
      '0001 0000000000000001 0002 00000003 00 00', // producer, epoch, timeout, status, no partitions
      '0000000000000000 0000000000000000', // last update, start
      '01 03 02 0004', // tag 3: the next epoch
    ));
  });

  test('tagged fields stand in the order of their tags, whatever the order of the table [KIP-482]', () => {
    const chunks = transactionLogRecord.encodeValue(1, { nextProducerEpoch: 4, clientTransactionVersion: 2 });
    const tail = Buffer.from(chunks).toString('hex').slice(-18);
    expect(tail).toBe('020202000203020004');
  });
});
