/** The schema language: types, defaults, refusals, shared memory. */
import { describe, expect, test } from 'vitest';
import { ZERO_UUID } from '@hapax/base';
import {
  consumerProtocolSubscription,
  createTopics,
  defineVersioned,
  describeTopicPartitions,
  endTxn,
  fetch,
  initProducerId,
  int32,
  joinChunks,
  metadata,
  offsetFetch,
  produce,
  string,
  type RequestInput,
  type RequestOf,
} from '@hapax/wire';

describe('types follow from the table', () => {
  test('requests are read with every field, and written with those that matter', () => {
    const input: RequestInput<typeof fetch> = { maxWaitMs: 5, topics: [{ partitions: [{ partition: 1 }] }] };
    const request: RequestOf<typeof fetch> = fetch.decodeRequest(4, joinChunks(fetch.encodeRequest(4, input)));
    const clusterId: string | null = request.clusterId;
    const partition: number | undefined = request.topics[0]?.partitions[0]?.partition;
    expect([clusterId, partition, request.maxWaitMs]).toEqual([null, 1, 5]);
    // @ts-expect-error: a rack is never null
    expect(() => fetch.encodeRequest(12, { rackId: null })).toThrow(/rackId is null/);
    // @ts-expect-error: there is no such field
    expect(() => fetch.encodeRequest(12, { rack: 'r' })).not.toThrow();
  });
});

describe('defaults', () => {
  test('fields left out are written and read as their defaults', () => {
    const request = fetch.decodeRequest(18, joinChunks(fetch.encodeRequest(18, { topics: [{ partitions: [{}] }] })));
    expect(request).toEqual({
      clusterId: null, replicaId: -1, replicaState: { replicaId: -1, replicaEpoch: -1 }, maxWaitMs: 0, minBytes: 0,
      maxBytes: 0x7fffffff, isolationLevel: 0, sessionId: 0, sessionEpoch: -1, forgottenTopicsData: [], rackId: '',
      topics: [{
        topic: '', topicId: ZERO_UUID,
        partitions: [{
          partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1,
          partitionMaxBytes: 0, replicaDirectoryId: ZERO_UUID, highWatermark: 2 ** 63,
        }],
      }],
    });
  });

  test('fields that the version lacks are read as their defaults', () => {
    const request = offsetFetch.decodeRequest(1, joinChunks(offsetFetch.encodeRequest(1, { groupId: 'g' })));
    expect(request).toEqual({ groupId: 'g', topics: [], groups: [], requireStable: false });
  });

  test('structs of defaults belong to their message alone', () => {
    const bytes = joinChunks(fetch.encodeRequest(4, {}));
    expect(fetch.decodeRequest(4, bytes).replicaState).not.toBe(fetch.decodeRequest(4, bytes).replicaState);
  });

  test('empty is not null: a tagged field that defaults to null can be empty', () => {
    const empty = joinChunks(fetch.encodeRequest(12, { clusterId: '' }));
    expect(fetch.decodeRequest(12, empty).clusterId).toBe('');
    expect(empty.length).toBeGreaterThan(joinChunks(fetch.encodeRequest(12, {})).length);
  });

  test('a struct may be null', () => {
    const none = describeTopicPartitions.encodeRequest(0, { topics: [], cursor: null });
    expect(describeTopicPartitions.decodeRequest(0, joinChunks(none)).cursor).toBeNull();
    const cursor = { topicName: 't', partitionIndex: 3 };
    const some = describeTopicPartitions.encodeRequest(0, { topics: [], cursor });
    expect(describeTopicPartitions.decodeRequest(0, joinChunks(some)).cursor).toEqual(cursor);
  });
});

describe('values that a version cannot say', () => {
  test('are dropped where the protocol says that they may be', () => {
    const chunks = fetch.encodeRequest(4, { sessionId: 7, rackId: 'r' });
    expect(fetch.decodeRequest(4, joinChunks(chunks))).toMatchObject({ sessionId: 0, rackId: '' });
  });

  test('are refused where the meaning would be lost', () => {
    expect(() => initProducerId.encodeRequest(2, { producerId: 5 })).toThrow(/producerId is 5/);
    expect(() => produce.encodeRequest(12, { topicData: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }] })).not.toThrow();
    const tooNew = { topics: [], allowAutoTopicCreation: false };
    expect(() => metadata.encodeRequest(3, tooNew)).toThrow(expect.objectContaining({
      code: 'unsupported-version',
      message: 'Metadata request.allowAutoTopicCreation is false, but version 3 has no such field; leave it out',
    }));
    expect(() => offsetFetch.encodeRequest(6, { groupId: 'g', requireStable: true })).toThrow(/requireStable is true/);
    expect(() => offsetFetch.encodeRequest(8, { topics: null })).toThrow(/topics is null/);
  });

  test('are no trouble at their defaults', () => {
    expect(() => metadata.encodeRequest(3, { topics: [], allowAutoTopicCreation: true })).not.toThrow();
    expect(() => createTopics.encodeResponse(2, { topics: [{ name: 't', configs: [] }] })).not.toThrow();
  });

  test('versions outside the table are refused', () => {
    expect(() => endTxn.encodeRequest(6, {})).toThrow('EndTxn request version 6 is outside [0, 5]');
    expect(() => endTxn.decodeRequest(-1, new Uint8Array(0))).toThrow('EndTxn request version -1 is outside [0, 5]');
  });
});

describe('values that no version can say', () => {
  test('are refused as misuse', () => {
    const usage = expect.objectContaining({ code: 'usage' });
    expect(() => endTxn.encodeRequest(0, { producerEpoch: 40_000 })).toThrow(usage);
    expect(() => endTxn.encodeRequest(0, { producerId: 0.5 })).toThrow(usage);
    expect(() => endTxn.encodeRequest(0, { transactionalId: 'x'.repeat(40_000) })).toThrow(usage);
    expect(() => metadata.encodeRequest(12, { topics: [{ topicId: 'no uuid' }] })).toThrow(usage);
    expect(() => fetch.encodeRequest(4, { maxWaitMs: 2 ** 31 })).toThrow(usage);
  });

  test('leave nothing of a failed message in the next one', () => {
    const good = joinChunks(endTxn.encodeRequest(3, { transactionalId: 'x', producerId: 2 ** 40 }));
    expect(() => endTxn.encodeRequest(0, { transactionalId: 'y', producerId: Number.NaN })).toThrow();
    expect(joinChunks(endTxn.encodeRequest(3, { transactionalId: 'x', producerId: 2 ** 40 }))).toEqual(good);
  });
});

describe('many messages', () => {
  test('share memory without sharing bytes', () => {
    const sent: { readonly chunks: Uint8Array[]; readonly id: number }[] = [];
    for (let id = 0; id < 3000; id++) {
      const transactionalId = `transaction-${id}`;
      sent.push({ id, chunks: endTxn.encodeRequest(3, { transactionalId, producerId: id * 2 ** 33 }) });
    }
    for (const { chunks, id } of sent) {
      expect(endTxn.decodeRequest(3, joinChunks(chunks))).toMatchObject({
        transactionalId: `transaction-${id}`, producerId: id * 2 ** 33,
      });
    }
  });

  test('large tagged fields keep their bytes while other messages are written', () => {
    const endpoint = { host: 'h'.repeat(50), port: 1, rack: null };
    const nodeEndpoints = Array.from({ length: 60 }, (_value, nodeId) => ({ nodeId, ...endpoint }));
    // Begin where a slab begins, behind a message that did not fit into the last one, so that later messages
    // would be written over anything that took the place for free.
    const filler = { transactionalId: 'x'.repeat(60) };
    for (let turn = 0; turn < 1000 && endTxn.encodeRequest(3, filler).length === 1; turn++);
    const first = produce.encodeResponse(10, { nodeEndpoints });
    for (let id = 0; id < 100; id++) endTxn.encodeRequest(3, filler);
    expect(produce.decodeResponse(10, joinChunks(first)).nodeEndpoints).toEqual(nodeEndpoints);
  });

  test('a message larger than a slab comes in several chunks', () => {
    const topics = Array.from({ length: 5000 }, (_value, index) => ({ name: `topic-${index}` }));
    const chunks = metadata.encodeRequest(9, { topics });
    expect(chunks.length).toBeGreaterThan(1);
    expect(metadata.decodeRequest(9, joinChunks(chunks)).topics?.map((topic) => topic.name)).toEqual(
      topics.map((topic) => topic.name),
    );
  });
});

describe('structs with a version in front', () => {
  const older = defineVersioned({
    name: 'thing', versions: [0, 0], flexibleFrom: 'none', newerVersions: 'refuse', fields: { size: int32() },
  });
  const newer = defineVersioned({
    name: 'thing', versions: [0, 1], flexibleFrom: 'none', newerVersions: 'refuse',
    fields: { size: int32(), colour: string({ versions: '1+' }) },
  });

  test('a newer version is refused where records are kept', () => {
    const red = newer.encode(1, { size: 3, colour: 'red' });
    expect(() => older.decode(red)).toThrow('thing version 1 is outside [0, 0]');
    expect(() => older.decode(Uint8Array.of(0, 0, 0, 0, 0, 1, 9))).toThrow(/left over/);
  });

  test('a newer version is read as far as it is known between members of a group', () => {
    const newest = consumerProtocolSubscription.encode(3, { topics: ['a'], rackId: 'r' });
    const future = new Uint8Array(newest.length + 4);
    future.set(newest);
    future[1] = 9;
    const value = { topics: ['a'], rackId: 'r' };
    expect(consumerProtocolSubscription.decode(future)).toMatchObject({ version: 9, value });
  });
});
