/** Configuration: the tables, changing, describing. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import {
  BROKER_CONFIGS, type ConfigOperation, describeBrokerConfigs, describeTopic, TOPIC_CONFIGS, validateConfig,
} from '../src/index.ts';
import { TestCluster } from './test-cluster.ts';

function oneTopic(): TestCluster {
  const cluster = new TestCluster();
  cluster.start(1, 2, 3);
  cluster.createTopic('t', [1, 2, 3]);
  return cluster;
}

function alter(cluster: TestCluster, operations: ConfigOperation[], replaceAll = false, validateOnly = false) {
  const resources = [{ resourceType: 'topic' as const, resourceName: 't', operations }];
  return cluster.ask({ type: 'alter-configs', resources, replaceAll, validateOnly }).resources[0];
}

const set = (key: string, value: string | null): ConfigOperation => ({ key, operation: 'set', value });

describe('configuration tables', () => {
  test('every default passes its own check, on topics and on brokers', () => {
    for (const [resourceType, table] of [['topic', TOPIC_CONFIGS], ['broker', BROKER_CONFIGS]] as const) {
      for (const { name, default: text } of table.values()) {
        if (text !== null) expect(validateConfig(resourceType, name, text), name).toBeUndefined();
      }
    }
  });

  test('a synonym names a key of the other table, which names it back', () => {
    for (const { name, synonym } of TOPIC_CONFIGS.values()) {
      if (synonym !== undefined) expect(BROKER_CONFIGS.get(synonym)?.synonym).toBe(name);
    }
    expect(BROKER_CONFIGS.get('log.retention.ms')?.default).toBe(TOPIC_CONFIGS.get('retention.ms')?.default);
  });

  test('a refusal names the value and the limit', () => {
    expect(validateConfig('topic', 'segment.bytes', '13')).toContain('at least 14');
    expect(validateConfig('topic', 'segment.bytes', '2147483648')).toContain('INT');
    expect(validateConfig('topic', 'retention.ms', '9223372036854775807')).toBeUndefined();
    expect(validateConfig('topic', 'retention.ms', '9223372036854775808')).toContain('LONG');
    expect(validateConfig('topic', 'min.cleanable.dirty.ratio', '1.5')).toContain('no more than 1');
    expect(validateConfig('topic', 'preallocate', 'yes')).toContain('Invalid value yes for configuration preallocate');
    expect(validateConfig('topic', 'cleanup.policy', 'compact,shred')).toContain('compact, delete');
    expect(validateConfig('topic', 'cleanup.policy', 'compact, delete')).toBeUndefined();
    expect(validateConfig('topic', 'compression.type', 'none')).toContain('one of');
    expect(validateConfig('topic', 'log.retention.ms', '1')).toBe('Unknown topic config name: log.retention.ms');
  });
});

describe('changing configuration', () => {
  test('a topic\'s value comes before the brokers\', and that before the default', () => {
    const cluster = oneTopic();
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(604800000);
    cluster.setConfig('broker', '', 'log.retention.ms', '7000');
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(7000);
    cluster.setConfig('topic', 't', 'retention.ms', '5000');
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(5000);
    expect(cluster.committed.topicConfig('t', 'retention.ms')).toBe(5000);
    cluster.setConfig('topic', 't', 'retention.ms', null);
    cluster.setConfig('broker', '', 'log.retention.ms', null);
    expect(cluster.image.topicConfig('t', 'retention.ms')).toBe(604800000);
  });

  test('words are appended to lists and taken from them, and from lists only', () => {
    const cluster = oneTopic();
    expect(alter(cluster, [{ key: 'cleanup.policy', operation: 'append', value: 'compact' }])?.error).toBe(0);
    expect(cluster.image.topicConfig('t', 'cleanup.policy')).toEqual(['delete', 'compact']);
    expect(alter(cluster, [{ key: 'cleanup.policy', operation: 'subtract', value: 'delete' }])?.error).toBe(0);
    expect(cluster.image.topicConfig('t', 'cleanup.policy')).toEqual(['compact']);
    const wrong = alter(cluster, [{ key: 'retention.ms', operation: 'append', value: '1' }]);
    expect(wrong?.error).toBe(ErrorCode.INVALID_CONFIG);
  });

  test('a full change takes back what it does not name; one bad key refuses all of a resource', () => {
    const cluster = oneTopic();
    alter(cluster, [set('retention.ms', '1'), set('segment.ms', '2')]);
    expect(alter(cluster, [set('segment.ms', '3'), set('nonsense', '1')], true)?.error).toBe(ErrorCode.INVALID_CONFIG);
    expect(alter(cluster, [set('segment.ms', '3')], true, true)?.error).toBe(0);
    const present = () => Object.fromEntries(cluster.image.configOf('topic', 't'));
    expect(present()).toEqual({ 'retention.ms': '1', 'segment.ms': '2' });
    expect(alter(cluster, [set('segment.ms', '3')], true)?.error).toBe(0);
    expect(present()).toEqual({ 'segment.ms': '3' });
  });

  test('nulls, keys and resources named twice, unknown topics and brokers, and static keys are refused', () => {
    const cluster = oneTopic();
    expect(alter(cluster, [set('segment.ms', null)])?.error).toBe(ErrorCode.INVALID_REQUEST);
    expect(alter(cluster, [set('segment.ms', '1'), set('segment.ms', '2')])?.error).toBe(ErrorCode.INVALID_REQUEST);
    expect(cluster.setConfig('topic', 'x', 'segment.ms', '1').error).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(cluster.setConfig('broker', 'x', 'log.roll.ms', '1').error).toBe(ErrorCode.INVALID_REQUEST);
    expect(cluster.setConfig('broker', '9', 'log.roll.ms', '1').error).toBe(ErrorCode.INVALID_REQUEST);
    expect(cluster.setConfig('broker', '1', 'log.roll.ms', '1').message).toContain('for all brokers');
    expect(cluster.setConfig('broker', '', 'node.id', '1').message).toContain('when a node starts');
    const resource = { resourceType: 'topic' as const, resourceName: 't', operations: [set('segment.ms', '1')] };
    const request = { type: 'alter-configs' as const, replaceAll: false, validateOnly: false };
    const { resources } = cluster.ask({ ...request, resources: [resource, resource] });
    expect(resources.map(({ error }) => error)).toEqual([0, ErrorCode.INVALID_REQUEST]);
  });

  test('a fresh cluster starts with the configuration that its operator gave', () => {
    const cluster = new TestCluster({ config: { initialConfigs: { 'num.partitions': '6' } } });
    cluster.start(1, 2, 3);
    expect(cluster.create({ name: 't' }).partitions).toBe(6);
  });
});

describe('describing configuration', () => {
  test('each key of a topic is told with all the places where it is set, the effective one first', () => {
    const cluster = oneTopic();
    cluster.setConfig('topic', 't', 'retention.ms', '5');
    cluster.setConfig('broker', '', 'log.retention.ms', '7');
    expect(describeTopic(cluster.image, 't', ['retention.ms', 'min.insync.replicas'])).toMatchObject([
      { name: 'min.insync.replicas', value: '2', source: 'default' },
      {
        name: 'retention.ms', value: '5', source: 'topic', type: 'long', readOnly: false,
        synonyms: [
          { name: 'retention.ms', value: '5', source: 'topic' },
          { name: 'log.retention.ms', value: '7', source: 'dynamic-default-broker' },
          { name: 'log.retention.ms', value: '604800000', source: 'default' },
        ],
      },
    ]);
    expect(describeTopic(cluster.image, 't', null)).toHaveLength(TOPIC_CONFIGS.size);
  });

  test('a broker shows what it was started with; all brokers together only what is set for them', () => {
    const cluster = oneTopic();
    cluster.setConfig('broker', '', 'num.partitions', '4');
    const staticValues = new Map([['node.id', '1']]);
    const keys = ['node.id', 'num.partitions'];
    const one = describeBrokerConfigs(cluster.image, { brokerId: 1, staticValues, keys });
    expect(one).toMatchObject([
      { name: 'node.id', value: '1', source: 'static-broker', readOnly: true },
      { name: 'num.partitions', value: '4', source: 'dynamic-default-broker', readOnly: false },
    ]);
    const all = describeBrokerConfigs(cluster.image, { brokerId: null, staticValues, keys: null });
    expect(all.map(({ name }) => name)).toEqual(['num.partitions']);
  });
});
