/** One client's connection: answers in order, garbage costs that client and nobody else. */
import { ErrorCode } from '@hapax/base';
import {
  apiVersions,
  createTopics,
  decodeResponseFrame,
  fetch,
  listOffsets,
  metadata,
  peekCorrelationId,
  produce,
} from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf } from './support/batches.ts';
import { TestCluster } from './support/test-cluster.ts';

const IN_FLIGHT = 5;
let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster({ requestsInFlightPerConnection: IN_FLIGHT });
  cluster.createTopic('lines');
});

/** A frame with a header of version 1 and whatever follows. */
function frameOf(apiKey: number, apiVersion: number, rest: readonly number[] = [0, 1, 120]): Uint8Array {
  const bytes = new Uint8Array(8 + rest.length);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, apiKey);
  view.setInt16(2, apiVersion);
  view.setInt32(4, 77);
  bytes.set(rest, 8);
  return bytes;
}

describe('what a broker does not understand closes that connection only', () => {
  test.each<[string, Uint8Array]>([
    ['an API that does not exist', frameOf(999, 0)],
    ['an API that is not served', frameOf(17, 0)],
    ['transactions, which are not served', frameOf(26, 1)],
    ['a version that is too new', frameOf(3, 90)],
    ['a version that is known but not advertised', frameOf(1, 17)],
    ['Produce below 3, which is advertised but not served', frameOf(0, 1)],
    ['a negative API', frameOf(-4, 0)],
    ['an empty frame', new Uint8Array(0)],
    ['half a header', new Uint8Array([0, 3, 0])],
    ['a request that ends too early', frameOf(3, 1, [0, 1, 120, 0, 0, 0, 9])],
    ['a request with bytes left over', frameOf(18, 0, [0, 1, 120, 9, 9, 9])],
    ['an array that claims two billion elements', frameOf(3, 1, [0, 1, 120, 127, 255, 255, 255])],
    ['something that speaks HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s', (_what, frame) => {
    const other = cluster.connect(cluster.node(1));
    const client = cluster.connect(cluster.node(1));
    client.sendBytes(frame);
    cluster.runUntil('the connection closes', () => !client.isOpen);
    expect(client.answers).toEqual([]);
    expect(other.call(metadata, 12, { topics: [] }).brokers).toHaveLength(3);
  });
});

describe('ApiVersions', () => {
  test('a version that is too new is answered in version 0 with the range to choose from', () => {
    const client = cluster.connect(cluster.node(1));
    client.sendBytes(frameOf(18, 9, [0, 1, 120, 0, 2, 97, 2, 97, 0]));
    cluster.runUntil('it is answered', () => client.answers.length > 0);
    const { correlationId, value } = decodeResponseFrame(apiVersions, 0, client.answers.shift() as Uint8Array);
    expect(correlationId).toBe(77);
    expect(value).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    });
    const second = client.call(apiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' });
    expect(second.errorCode).toBe(0);
  });

  test('tells the ranges that clients rely on', () => {
    const client = cluster.connect(cluster.node(2));
    const { apiKeys } = client.call(apiVersions, 3, {
      clientSoftwareName: 'librdkafka',
      clientSoftwareVersion: '2.3.0',
    });
    const rangeOf = (key: number): readonly number[] | undefined => {
      const found = apiKeys.find(({ apiKey }) => apiKey === key);
      return found === undefined ? undefined : [found.minVersion, found.maxVersion];
    };
    expect(rangeOf(0)).toEqual([0, 13]);
    expect(rangeOf(1)).toEqual([4, 16]);
    expect(rangeOf(19)).toEqual([2, 7]);
    expect(rangeOf(32)).toEqual([1, 4]);
    expect(rangeOf(11)?.[0]).toBe(0);
    // librdkafka adds partitions and offsets by version 0, and takes a higher minimum for "not served".
    for (const [key, range] of [[24, [0, 5]], [25, [0, 4]], [26, [0, 5]], [28, [0, 5]]] as const) {
      expect(rangeOf(key), String(key)).toEqual(range);
    }
    // No SASL: a client that finds it would try to use it.
    for (const absent of [17, 36]) expect(rangeOf(absent), String(absent)).toBeUndefined();
  });

  test('a client without a proper name is refused', () => {
    const client = cluster.connect(cluster.node(1));
    const refused = client.call(apiVersions, 3, { clientSoftwareName: '-x', clientSoftwareVersion: '1' });
    expect(refused.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  test('a feature whose lowest level is 0 is told from version 4 on only', () => {
    const client = cluster.connect(cluster.node(1));
    const named = { clientSoftwareName: 'a', clientSoftwareVersion: '1' };
    const featuresIn = (version: number): string[] => {
      return client.call(apiVersions, version, named).supportedFeatures.map(({ name }) => name);
    };
    expect(featuresIn(3)).not.toContain('transaction.version');
    expect(featuresIn(4)).toContain('transaction.version');
    expect(client.call(apiVersions, 4, named).finalizedFeaturesEpoch).toBeGreaterThan(0);
  });
});

describe('requests on one connection', () => {
  test('are answered in order, though a later one is ready first', () => {
    const node = cluster.leaderOf('lines');
    if (node === undefined) throw new Error('nobody leads');
    const client = cluster.connect(node);
    const topicData = [{ name: 'lines', partitionData: [{ index: 0, records: batchOf(['slow']) }] }];
    const ids = [
      client.send(produce, 9, { acks: -1, timeoutMs: 1000, topicData }),
      client.send(metadata, 9, { topics: [] }),
      client.send(apiVersions, 0, {}),
    ];
    cluster.runUntil('all are answered', () => client.answers.length === 3);
    expect(client.answers.map(peekCorrelationId)).toEqual(ids);
  });

  test('an acks=0 produce has no answer and holds no later one up', () => {
    const node = cluster.leaderOf('lines');
    if (node === undefined) throw new Error('nobody leads');
    const client = cluster.connect(node);
    const topicData = [{ name: 'lines', partitionData: [{ index: 0, records: batchOf(['unheard']) }] }];
    client.send(produce, 9, { acks: 0, timeoutMs: 1000, topicData });
    const id = client.send(metadata, 9, { topics: [] });
    cluster.runUntil('one is answered', () => client.answers.length > 0);
    cluster.runFor(100);
    expect(client.answers.map(peekCorrelationId)).toEqual([id]);
  });

  test('are not read while too many wait for their answers, and all are answered in the end', () => {
    const node = cluster.leaderOf('lines');
    if (node === undefined) throw new Error('nobody leads');
    const end = cluster
      .connect(node)
      .call(listOffsets, 1, {
        replicaId: -1,
        topics: [{ name: 'lines', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
    const fetchOffset = end.topics[0]?.partitions[0]?.offset ?? -1;
    const client = cluster.connect(node);
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1000 }];
    const ids: number[] = [];
    for (let sent = 0; sent < IN_FLIGHT * 3; sent++) {
      ids.push(
        client.send(fetch, 4, { replicaId: -1, maxWaitMs: 500, minBytes: 1, topics: [{ topic: 'lines', partitions }] }),
      );
    }
    cluster.runFor(100);
    expect(client.answers).toEqual([]);
    expect(client.bufferedBytes).toBeGreaterThan(0);
    cluster.runUntil('all are answered', () => client.answers.length === ids.length);
    expect(client.answers.map(peekCorrelationId)).toEqual(ids);
    expect(client.bufferedBytes).toBe(0);
  });

  test('of a client that goes away are forgotten', () => {
    const client = cluster.connect(cluster.follower);
    const topics = [{ name: 'gone-client', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }];
    client.send(createTopics, 7, { topics, timeoutMs: 5000, validateOnly: false });
    cluster.runFor(0.5);
    client.close();
    cluster.runFor(1000);
    expect(cluster.connect(cluster.follower).call(metadata, 12, { topics: [] }).brokers).toHaveLength(3);
  });
});
