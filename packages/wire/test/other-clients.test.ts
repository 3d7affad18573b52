/** The codecs of two other clients, written by other people, read what is written here and the other way round. */
import { createRequire } from 'node:module';
import * as platformatic from '@platformatic/kafka';
import { describe, expect, test } from 'vitest';
import {
  addPartitionsToTxn,
  apiVersions,
  createTopics,
  fetch,
  initProducerId,
  joinChunks,
  joinGroup,
  metadata,
  offsetCommit,
  offsetFetch,
  produce,
} from '@hapax/wire';
import { BatchBuilder, encodeEndTxnMarker, readRecords, validateProducedRecords } from '@hapax/wire/records';
import { gzipOnly } from './records/memory-compression.ts';

const TOPIC_ID = 'AQIDBAUGBwgJCgsMDQ4PEA';
const TOPIC_UUID = '01020304-0506-0708-090a-0b0c0d0e0f10';
const LIMITS = { maxMessageBytes: 1 << 20, zstdAllowed: true };

function responseOf(
  api: { parseResponse(correlationId: number, key: number, version: number, reader: platformatic.Reader): unknown },
  chunks: readonly Uint8Array[],
): unknown {
  const reader = platformatic.Reader.from(Buffer.from(joinChunks(chunks)));
  const value = api.parseResponse(1, 0, 0, reader);
  expect(reader.remaining).toBe(0);
  return value;
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

describe('@platformatic/kafka, in flexible versions', () => {
  test('its requests are read', () => {
    const protocols = [{ name: 'range', metadata: text('m') }];
    const { joinGroupV9, offsetCommitV9 } = platformatic;
    const join = joinGroupV9.createRequest('g', 1000, 2000, '', null, 'consumer', protocols, 'because');
    expect(joinGroup.decodeRequest(9, join.buffer)).toMatchObject({
      groupId: 'g', sessionTimeoutMs: 1000, rebalanceTimeoutMs: 2000, memberId: '', groupInstanceId: null,
      protocolType: 'consumer', reason: 'because', protocols: [{ name: 'range' }],
    });
    const partition = {
      partitionIndex: 1, committedOffset: 2n ** 40n, committedLeaderEpoch: -1, committedMetadata: null,
    };
    const commit = offsetCommitV9.createRequest('g', 3, 'm', null, [{ name: 't', partitions: [partition] }]);
    expect(offsetCommit.decodeRequest(9, commit.buffer)).toMatchObject({
      groupId: 'g', generationIdOrMemberEpoch: 3, memberId: 'm',
      topics: [{ name: 't', partitions: [{ partitionIndex: 1, committedOffset: 2 ** 40, committedMetadata: null }] }],
    });
    const transaction = {
      transactionalId: 'x', producerId: 5n, producerEpoch: 1, verifyOnly: true,
      topics: [{ name: 't', partitions: [0, 1] }],
    };
    const add = platformatic.addPartitionsToTxnV5.createRequest([transaction]).buffer;
    expect(addPartitionsToTxn.decodeRequest(5, add).transactions).toEqual([{ ...transaction, producerId: 5 }]);
    const init = platformatic.initProducerIdV5.createRequest('x', 60_000, -1n, -1).buffer;
    expect(initProducerId.decodeRequest(5, init)).toEqual({
      transactionalId: 'x', transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1,
    });
    const configs = [{ name: 'c', value: 'v' }];
    const topic = { name: 't', numPartitions: 3, replicationFactor: 2, assignments: [], configs };
    const create = platformatic.createTopicsV7.createRequest([topic], 5000, true).buffer;
    expect(createTopics.decodeRequest(7, create)).toEqual({ topics: [topic], timeoutMs: 5000, validateOnly: true });
  });

  test('its batches are read', () => {
    const message = { topic: 't', partition: 2, key: text('k'), value: text('v'), timestamp: 99n };
    const options = { producerId: 7n, producerEpoch: 1 };
    const bytes = platformatic.produceV11.createRequest(-1, 1000, [message], options).buffer;
    const request = produce.decodeRequest(11, bytes);
    const topicData = [{ name: 't', partitionData: [{ index: 2 }] }];
    expect(request).toMatchObject({ acks: -1, timeoutMs: 1000, topicData });
    const records = request.topicData[0]?.partitionData[0]?.records ?? new Uint8Array(0);
    const headers = [{ producerId: 7, producerEpoch: 1 }];
    expect(validateProducedRecords(records, LIMITS)).toMatchObject({ ok: true, headers });
    const [record] = readRecords(records, gzipOnly, 1000);
    expect(record).toMatchObject({ offset: 0, timestampMs: 99 });
    expect(Buffer.from(record?.value ?? []).toString()).toBe('v');
  });

  test('it reads responses with batches in them', () => {
    const builder = new BatchBuilder();
    builder.append({ timestampMs: 5, key: null, value: text('one'), headers: [{ key: 'h', value: text('x') }] });
    builder.append({ timestampMs: 6, key: text('k'), value: null });
    const batch = builder.build({
      baseOffset: 10, producerId: 3, producerEpoch: 0, baseSequence: 0, transactional: true,
    });
    const marker = encodeEndTxnMarker({
      outcome: 'abort', producerId: 3, producerEpoch: 0, coordinatorEpoch: 1, timestampMs: 7, baseOffset: 12,
    });
    const partition = {
      partitionIndex: 4, highWatermark: 13, lastStableOffset: 13, logStartOffset: 0,
      abortedTransactions: [{ producerId: 3, firstOffset: 10 }], currentLeader: { leaderId: 2, leaderEpoch: 8 },
    };
    const answer = { responses: [{ topicId: TOPIC_ID, partitions: [{ ...partition, records: [batch, marker] }] }] };
    const response = responseOf(platformatic.fetchV15, fetch.encodeResponse(15, answer));
    expect(response).toMatchObject({ responses: [{ topicId: TOPIC_UUID, partitions: [{
      partitionIndex: 4, highWatermark: 13n, abortedTransactions: [{ producerId: 3n, firstOffset: 10n }],
      currentLeader: { leaderId: 2, leaderEpoch: 8 }, divergingEpoch: { epoch: -1 },
      records: [
        {
          firstOffset: 10n, lastOffsetDelta: 1, attributes: 0x10,
          records: [{ value: text('one') }, { key: text('k') }],
        },
        { firstOffset: 12n, attributes: 0x30 },
      ],
    }] }] });
  });

  test('it reads metadata, stored offsets and features', () => {
    const described = {
      brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: 'r' }], clusterId: 'c', controllerId: 1,
      topics: [{ name: 't', isInternal: true, partitions: [{
        partitionIndex: 0, leaderId: 1, leaderEpoch: 3, replicaNodes: [1, 2], isrNodes: [1], offlineReplicas: [2],
      }] }],
    };
    const topics = [{ ...described.topics[0], topicId: TOPIC_ID }];
    const read = responseOf(platformatic.metadataV12, metadata.encodeResponse(12, { ...described, topics }));
    expect(read).toMatchObject({ ...described, topics: [{ ...described.topics[0], topicId: TOPIC_UUID }] });
    const group = { groupId: 'g', topics: [{ name: 't', partitions: [{
      partitionIndex: 1, committedOffset: 5, committedLeaderEpoch: -1, metadata: null,
    }] }] };
    expect(responseOf(platformatic.offsetFetchV9, offsetFetch.encodeResponse(9, { groups: [group] }))).toMatchObject({
      groups: [{ groupId: 'g', topics: [{ name: 't', partitions: [{ partitionIndex: 1, committedOffset: 5n }] }] }],
    });
    const features = {
      apiKeys: [{ apiKey: 0, minVersion: 0, maxVersion: 13 }],
      supportedFeatures: [{ name: 'transaction.version', minVersion: 0, maxVersion: 2 }],
      finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }],
    };
    const versions = apiVersions.encodeResponse(3, { ...features, finalizedFeaturesEpoch: 6 });
    expect(responseOf(platformatic.apiVersionsV3, versions)).toMatchObject({ ...features, finalizedFeaturesEpoch: 6n });
  });
});

describe('kafkajs, in versions that are not flexible', () => {
  const require = createRequire(import.meta.url);
  /** A part of kafkajs that is not typed; what comes out is judged by the tests. */
  const part = <T>(path: string): T => require(`kafkajs/src/protocol/${path}`) as T;
  type Request = (request: unknown) => { readonly encode: () => Promise<{ readonly buffer: Buffer }> };
  type Response = { readonly decode: (bytes: Buffer) => Promise<unknown> };

  test('its requests and batches are read', async () => {
    const messages = [{ key: 'k', value: 'v', timestamp: '77', headers: { h: 'x' } }, { value: 'w', timestamp: '78' }];
    const request = part<Request>('requests/produce/v7/request.js')({
      acks: -1, timeout: 500, transactionalId: 'x', producerId: '9', producerEpoch: 2, compression: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 3, firstSequence: 4, messages }] }],
    });
    const value = produce.decodeRequest(7, (await request.encode()).buffer);
    expect(value).toMatchObject({ transactionalId: 'x', acks: -1, timeoutMs: 500, topicData: [{ name: 't' }] });
    const records = value.topicData[0]?.partitionData[0]?.records ?? new Uint8Array(0);
    expect(validateProducedRecords(records, LIMITS)).toMatchObject({ ok: true, headers: [{
      producerId: 9, producerEpoch: 2, baseSequence: 4, lastSequence: 5, isTransactional: true, compression: 'gzip',
      maxTimestamp: 78,
    }] });
    expect(readRecords(records, gzipOnly, 1000).map((record) => ({
      timestampMs: record.timestampMs,
      key: record.key === null ? null : Buffer.from(record.key).toString(),
      value: Buffer.from(record.value ?? []).toString(),
      headers: record.headers.map((header) => [header.key, Buffer.from(header.value ?? []).toString()]),
    }))).toEqual([
      { timestampMs: 77, key: 'k', value: 'v', headers: [['h', 'x']] },
      { timestampMs: 78, key: null, value: 'w', headers: [] },
    ]);
  });

  test('it reads responses with batches in them', async () => {
    const builder = new BatchBuilder();
    builder.append({ timestampMs: 5, key: text('k'), value: text('v'), headers: [{ key: 'h', value: text('x') }] });
    const batch = builder.build({ baseOffset: 10, compression: { name: 'gzip', codec: gzipOnly } });
    const marker = encodeEndTxnMarker({
      outcome: 'commit', producerId: 3, producerEpoch: 0, coordinatorEpoch: 1, timestampMs: 7, baseOffset: 11,
    });
    const abortedTransactions = [{ producerId: 3, firstOffset: 10 }];
    const partition = { partitionIndex: 4, highWatermark: 13, abortedTransactions };
    const chunks = fetch.encodeResponse(11, {
      sessionId: 0, responses: [{ topic: 't', partitions: [{ ...partition, records: [batch, marker] }] }],
    });
    const decoder = part<Response>('requests/fetch/v11/response.js');
    expect(await decoder.decode(Buffer.from(joinChunks(chunks)))).toMatchObject({
      responses: [{ topicName: 't', partitions: [{
        partition: 4, highWatermark: '13', abortedTransactions: [{ producerId: '3', firstOffset: '10' }],
        messages: [
          { offset: '10', key: text('k'), value: text('v'), headers: { h: text('x') }, isControlRecord: false },
          { offset: '11', isControlRecord: true },
        ],
      }] }],
    });
  });
});
