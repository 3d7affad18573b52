/** Settings of topics and brokers: DescribeConfigs, AlterConfigs and IncrementalAlterConfigs over the wire. */
import { ErrorCode } from '@hapax/base';
import { alterConfigs, describeConfigs, incrementalAlterConfigs } from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';

const TOPIC = 2;
const BROKER = 4;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

let cluster: TestCluster;
let node: TestNode;
beforeAll(() => {
  cluster = new TestCluster();
  node = cluster.follower;
  for (const name of ['a', 'b']) cluster.createTopic(name, { configs: [{ name: 'retention.ms', value: '5000' }] });
});

interface Change {
  readonly key: string;
  readonly operation: number;
  readonly value: string | null;
}

function change(resourceType: number, resourceName: string, changes: readonly Change[], validateOnly = false) {
  const configs = changes.map(({ key, operation, value }) => ({ name: key, configOperation: operation, value }));
  const resources = [{ resourceType, resourceName, configs }];
  return cluster.connect(node).call(incrementalAlterConfigs, 1, { resources, validateOnly }).responses[0];
}

function read(resourceType: number, resourceName: string, keys: readonly string[] | null = null, from = node) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }];
  const asked = { resources, includeSynonyms: true, includeDocumentation: true };
  const [result] = cluster.connect(from).call(describeConfigs, 4, asked).results;
  if (result === undefined) throw new Error('no resource was described');
  return { ...result, get: (key: string) => result.configs.find(({ name }) => name === key) };
}

describe('DescribeConfigs', () => {
  test('a topic tells what is set, what is inherited and where each value comes from', () => {
    const { errorCode, get } = read(TOPIC, 'a');
    expect(errorCode).toBe(0);
    expect(get('retention.ms')).toMatchObject({
      value: '5000',
      configSource: 1,
      configType: 5,
      readOnly: false,
      isSensitive: false,
    });
    expect(get('retention.ms')?.synonyms.map(({ source }) => source)).toEqual([1, 5]);
    expect(get('retention.ms')?.documentation).toContain('kept');
    expect(get('min.insync.replicas')).toMatchObject({ value: '2', configSource: 5 });
  });

  test('only the keys that were asked for are told, and unknown ones are left out', () => {
    const { configs } = read(TOPIC, 'a', ['retention.ms', 'odd']);
    expect(configs.map(({ name }) => name)).toEqual(['retention.ms']);
  });

  test('synonyms and texts come on request only', () => {
    const resources = [{ resourceType: TOPIC, resourceName: 'a', configurationKeys: ['retention.ms'] }];
    const [result] = cluster
      .connect(node)
      .call(describeConfigs, 4, { resources, includeSynonyms: false, includeDocumentation: false }).results;
    expect(result?.configs[0]).toMatchObject({ synonyms: [], documentation: null });
  });

  test('a broker tells what it was started with', () => {
    const { get } = read(BROKER, String(node.id));
    expect(get('node.id')).toMatchObject({ value: String(node.id), configSource: 4, readOnly: true });
    expect(get('advertised.listeners')?.value).toBe(`PLAINTEXT://node-${node.id}:9092`);
    expect(get('num.partitions')).toMatchObject({ value: '1', configSource: 5, readOnly: false });
  });

  test('a broker does not speak for another one', () => {
    const other = node.id === 1 ? '2' : '1';
    expect(read(BROKER, other)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, configs: [] });
  });

  test('what does not exist is refused', () => {
    expect(read(TOPIC, 'absent').errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(read(8, '1').errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('IncrementalAlterConfigs', () => {
  test('changes one setting, leaves the others, and shows at once on the broker that was asked', () => {
    expect(change(TOPIC, 'a', [{ key: 'segment.bytes', operation: SET, value: '4096' }])).toMatchObject({
      errorCode: 0,
      errorMessage: null,
    });
    expect(read(TOPIC, 'a').get('segment.bytes')?.value).toBe('4096');
    expect(read(TOPIC, 'a').get('retention.ms')?.value).toBe('5000');
    expect(change(TOPIC, 'a', [{ key: 'segment.bytes', operation: DELETE, value: null }])).toMatchObject({
      errorCode: 0,
    });
    expect(read(TOPIC, 'a').get('segment.bytes')?.configSource).toBe(5);
  });

  test('words are added to lists and taken from them', () => {
    expect(change(TOPIC, 'a', [{ key: 'cleanup.policy', operation: APPEND, value: 'compact' }])).toMatchObject({
      errorCode: 0,
    });
    expect(read(TOPIC, 'a').get('cleanup.policy')?.value).toBe('delete,compact');
    expect(change(TOPIC, 'a', [{ key: 'cleanup.policy', operation: SUBTRACT, value: 'compact' }])).toMatchObject({
      errorCode: 0,
    });
    expect(read(TOPIC, 'a').get('cleanup.policy')?.value).toBe('delete');
  });

  test('a setting of all brokers is inherited by topics, on every broker', () => {
    expect(change(BROKER, '', [{ key: 'log.segment.bytes', operation: SET, value: '8192' }])).toMatchObject({
      errorCode: 0,
    });
    cluster.runFor(500);
    for (const one of cluster.nodes) {
      const found = read(TOPIC, 'a', ['segment.bytes'], one).get('segment.bytes');
      expect(found).toMatchObject({ value: '8192', configSource: 3 });
    }
  });

  test('a change that was only checked is not made', () => {
    const checked = change(TOPIC, 'b', [{ key: 'retention.ms', operation: SET, value: '7' }], true);
    expect(checked).toMatchObject({ errorCode: 0 });
    expect(read(TOPIC, 'b').get('retention.ms')?.value).toBe('5000');
  });

  test.each<[string, number, string, Change, ErrorCode]>([
    ['an unknown key', TOPIC, 'a', { key: 'odd', operation: SET, value: '1' }, ErrorCode.INVALID_CONFIG],
    [
      'a value that is none',
      TOPIC,
      'a',
      { key: 'retention.ms', operation: SET, value: 'long' },
      ErrorCode.INVALID_CONFIG,
    ],
    ['no value', TOPIC, 'a', { key: 'retention.ms', operation: SET, value: null }, ErrorCode.INVALID_REQUEST],
    [
      'words for what is no list',
      TOPIC,
      'a',
      { key: 'retention.ms', operation: APPEND, value: '1' },
      ErrorCode.INVALID_CONFIG,
    ],
    ['an unknown operation', TOPIC, 'a', { key: 'retention.ms', operation: 9, value: '1' }, ErrorCode.INVALID_REQUEST],
    [
      'an unknown topic',
      TOPIC,
      'x',
      { key: 'retention.ms', operation: SET, value: '1' },
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ],
    ['what is set at start', BROKER, '', { key: 'node.id', operation: SET, value: '9' }, ErrorCode.INVALID_REQUEST],
    ['a kind of resource that has none', 16, 'x', { key: 'a', operation: SET, value: '1' }, ErrorCode.INVALID_REQUEST],
  ])('%s is refused', (_what, type, name, one, errorCode) => {
    expect(change(type, name, [one])).toMatchObject({ errorCode, resourceType: type, resourceName: name });
  });

  test('resources succeed and fail each on its own, in the order of the request', () => {
    const configs = [{ name: 'retention.ms', configOperation: SET, value: '6000' }];
    const resources = [
      { resourceType: 16, resourceName: 'x', configs },
      { resourceType: TOPIC, resourceName: 'b', configs },
      { resourceType: TOPIC, resourceName: 'absent', configs },
    ];
    const { responses } = cluster.connect(node).call(incrementalAlterConfigs, 1, { resources, validateOnly: false });
    expect(responses.map(({ resourceName, errorCode }) => [resourceName, errorCode])).toEqual([
      ['x', ErrorCode.INVALID_REQUEST],
      ['b', ErrorCode.NONE],
      ['absent', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
    expect(read(TOPIC, 'b').get('retention.ms')?.value).toBe('6000');
  });
});

describe('AlterConfigs', () => {
  test('what is not named goes back to its default', () => {
    change(TOPIC, 'b', [{ key: 'segment.ms', operation: SET, value: '777777' }]);
    const resources = [
      { resourceType: TOPIC, resourceName: 'b', configs: [{ name: 'retention.bytes', value: '1000' }] },
    ];
    const [result] = cluster.connect(node).call(alterConfigs, 2, { resources, validateOnly: false }).responses;
    expect(result).toMatchObject({ errorCode: 0 });
    const { get } = read(TOPIC, 'b');
    expect(get('retention.bytes')).toMatchObject({ value: '1000', configSource: 1 });
    expect(get('segment.ms')?.configSource).toBe(5);
    expect(get('retention.ms')?.configSource).toBe(5);
  });
});
