/** Settings: where they come from, what is refused and how it is said, and that the reference is true. */
import type { AppError } from '@hapax/base';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CLUSTER_KEYS, loadConfig, variableOf, type ConfigSources } from '../src/config.ts';
import type { ConfigKey } from '../src/config-key.ts';
import { CONFIG_KEYS } from '../src/config-keys.ts';
import { printConfigReference } from '../src/config-reference.ts';

function file(text: string): ConfigSources {
  return { file: { name: 'hapax.yaml', text } };
}

function problemsOf(sources: ConfigSources): string[] {
  try {
    loadConfig(sources);
  } catch (error) {
    expect((error as AppError).code).toBe('config-invalid');
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('a configuration', () => {
  test('has a valid default and a sentence for every key, and no variable twice', () => {
    const { values } = loadConfig({});
    for (const [name, key] of Object.entries<ConfigKey<unknown>>(CONFIG_KEYS)) {
      if (name !== 'controllers') expect(key.parse(key.defaultText), name).not.toBe(undefined);
      expect(key.doc, name).toMatch(/\.$/u);
    }
    expect(values['kafka.port']).toBe(9092);
    const names = [...Object.keys(CONFIG_KEYS), ...CLUSTER_KEYS.keys()];
    expect(new Set(names.map(variableOf)).size).toBe(names.length);
  });

  test('is the default, then the file, then the environment, then the command line', () => {
    const { values } = loadConfig({
      ...file('node.id: 3\nkafka: { port: 1, host: "::1" }\nrack: a\n'),
      environment: { HAPAX_KAFKA_PORT: '2', HAPAX_RACK: 'b', PATH: '/bin', HAPAX_CONFIG: 'x' },
      overrides: { rack: 'c' },
    });
    expect(values['node.id']).toBe(3);
    expect([values['kafka.port'], values['kafka.host']]).toEqual([2, '::1']);
    expect([values.rack, values['http.port']]).toEqual(['c', 9292]);
  });

  test('has keys nested or not, lists as lists or with commas', () => {
    const flat = file('controllers: 1@a:1, 2@[::1]:2\nroles: controller\nraft.election.timeout.ms: 1s\n');
    const timeout = 'raft: { election: { timeout.ms: 1000 } }\n';
    const nested = file(`controllers: [1@a:1, "2@[::1]:2"]\nroles: [controller]\n${timeout}`);
    expect(loadConfig(flat)).toEqual(loadConfig(nested));
    expect(loadConfig(flat).values.controllers).toEqual([
      { id: 1, endpoint: { host: 'a', port: 1 } },
      { id: 2, endpoint: { host: '::1', port: 2 } },
    ]);
  });

  test('has units of bytes and of time', () => {
    const { values } = loadConfig({ overrides: { 'journal.file.bytes': '2MiB', 'connections.max.idle.ms': '1h' } });
    expect([values['journal.file.bytes'], values['connections.max.idle.ms']]).toEqual([2_097_152, 3_600_000]);
  });

  test('holds what a fresh cluster begins with, by the names of Kafka', () => {
    const { initialConfigs } = loadConfig(file('min.insync.replicas: 1\nnum: { partitions: 6 }\n'));
    expect(initialConfigs).toEqual({ 'min.insync.replicas': '1', 'num.partitions': '6' });
  });

  test('names every problem at once, with the place and what would be right', () => {
    const problems = problemsOf({
      ...file('kafka.prot: 1\nflush: never\nrack: ~\n'),
      environment: { HAPAX_KAFKA_PROT: '1', HAPAX_PEER_PORT: '70000' },
      overrides: { 'min.insync.replicas': '0', 'node.id': 'seven' },
    });
    expect(problems).toEqual([
      'hapax.yaml: rack has no value; leave the key out for its default',
      'HAPAX_KAFKA_PROT is not a setting; did you mean HAPAX_KAFKA_PORT?',
      'hapax.yaml: "kafka.prot" is not a setting; did you mean kafka.port?',
      'hapax.yaml: flush is "never", which is not: fsync or os',
      'HAPAX_PEER_PORT: peer.port is "70000", which is not: whole number, 0 to 65535',
      'the command line: Invalid value 0 for configuration min.insync.replicas: Value must be at least 1',
      'the command line: node.id is "seven", which is not: auto, or whole number, 0 to 2147483647',
    ]);
  });

  test('may be an empty file, but not something else than settings', () => {
    expect(problemsOf(file(''))).toEqual([]);
    expect(problemsOf(file('# nothing\n'))).toEqual([]);
    expect(problemsOf(file('- a\n'))).toEqual(['hapax.yaml: it must hold settings, such as node.id: 1']);
    expect(problemsOf(file('a: [\n'))[0]).toMatch(/^hapax\.yaml: .* at line 2/u);
  });

  test.each([
    ['controllers', '1@a:1,1@b:2'], ['controllers', 'a:1'], ['controllers', '1@a:0'], ['roles', 'broker,broker'],
    ['roles', 'king'], ['advertised', 'localhost'], ['advertised', 'a:99999'], ['journal.file.bytes', '1.5MiB'],
    ['journal.file.bytes', '64MB'], ['peer.keepalive.ms', '-1'], ['metrics.process', 'yes'], ['log.level', 'loud'],
  ])('refuses %s=%s', (name, given) => {
    expect(problemsOf({ overrides: { [name]: given } })).toHaveLength(1);
  });

  test('is refused where settings contradict each other', () => {
    expect(problemsOf({ overrides: { 'raft.election.timeout.ms': '150', 'log.reserve.bytes': '1' } })).toEqual([
      'raft.election.timeout.ms is 150, but must be at least 2 times raft.heartbeat.interval.ms (100): ' +
        'one late heartbeat must not begin an election',
      'log.reserve.bytes is 1, but must be at least journal.file.bytes (67108864): ' +
        'what is in the journal must still fit on the disk when appends are refused',
    ]);
  });

  test('is not disturbed by the variables that Kubernetes sets for services', () => {
    const environment = {
      HAPAX_SERVICE_HOST: '10.0.0.1', HAPAX_PORT: 'tcp://10.0.0.1:9092', HAPAX_PEER_PORT: 'tcp://10.0.0.1:9192',
      HAPAX_PORT_9092_TCP_ADDR: '10.0.0.1', HAPAX_KAFKA_SERVICE_PORT_CLIENT: '9092',
    };
    expect(loadConfig({ environment })).toEqual(loadConfig({}));
  });
});

test('docs/CONFIGURATION.md is what the table says, else run `npm run reference -w @hapax/node`', () => {
  const page = readFileSync(new URL('../../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
  expect(page === printConfigReference()).toBe(true);
});
