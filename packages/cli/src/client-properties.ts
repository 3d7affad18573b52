/** `-X key=value`: properties by the names that Kafka's and librdkafka's clients know them by. */
import type { ConsumerSettings, ProducerSettings } from '@hapax/client';
import { closest } from 'fastest-levenshtein';
import { usage } from './exit-code.ts';

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

type Setter<T> = (text: string, name: string) => Partial<T>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const PRODUCER: Readonly<Record<string, Setter<Writable<ProducerSettings>>>> = {
  'acks': (text, name) => ({ acks: acksOf(oneOf(name, text, ['all', '-1', '1', '0'])) }),
  'enable.idempotence': (text, name) => ({ idempotent: oneOf(name, text, ['true', 'false']) === 'true' }),
  'compression.type': (text, name) => ({ compression: oneOf(name, text, CODECS) }),
  'compression.codec': (text, name) => ({ compression: oneOf(name, text, CODECS) }),
  'linger.ms': (text, name) => ({ lingerMs: numberOf(name, text) }),
  'batch.size': (text, name) => ({ batchBytes: numberOf(name, text) }),
  'buffer.memory': (text, name) => ({ bufferBytes: numberOf(name, text) }),
  'delivery.timeout.ms': (text, name) => ({ deliveryTimeoutMs: numberOf(name, text) }),
  'request.timeout.ms': (text, name) => ({ requestTimeoutMs: numberOf(name, text) }),
  'allow.auto.create.topics': (text, name) => ({ autoCreateTopics: oneOf(name, text, ['true', 'false']) === 'true' }),
};

const CONSUMER: Readonly<Record<string, Setter<Writable<ConsumerSettings>>>> = {
  'auto.offset.reset': (text, name) => ({ offsetReset: oneOf(name, text, ['earliest', 'latest', 'none']) }),
  'group.instance.id': (text) => ({ groupInstanceId: text }),
  'session.timeout.ms': (text, name) => ({ sessionTimeoutMs: numberOf(name, text) }),
  'heartbeat.interval.ms': (text, name) => ({ heartbeatIntervalMs: numberOf(name, text) }),
  'max.poll.interval.ms': (text, name) => ({ takeIntervalMaxMs: numberOf(name, text) }),
  'auto.commit.interval.ms': (text, name) => ({ autoCommitIntervalMs: numberOf(name, text) }),
  'enable.auto.commit': (text, name) =>
    oneOf(name, text, ['true', 'false']) === 'true' ? {} : { autoCommitIntervalMs: false },
  'partition.assignment.strategy': (text, name) => ({
    assignors: text.split(',').map((one) => oneOf(name, one, ['range', 'roundrobin', 'cooperative-sticky'])),
  }),
  'fetch.wait.max.ms': (text, name) => ({ fetchMaxWaitMs: numberOf(name, text) }),
  'fetch.min.bytes': (text, name) => ({ fetchMinBytes: numberOf(name, text) }),
  'fetch.max.bytes': (text, name) => ({ fetchMaxBytes: numberOf(name, text) }),
  'max.partition.fetch.bytes': (text, name) => ({ partitionMaxBytes: numberOf(name, text) }),
  'request.timeout.ms': (text, name) => ({ requestTimeoutMs: numberOf(name, text) }),
};

/** Settings of a producer. Without idempotence where `acks` asks for less than all. Throws `usage`. */
export function producerSettings(properties: Readonly<Record<string, string>>): ProducerSettings {
  const settings = settingsOf(PRODUCER, properties);
  const isWeak = settings.acks !== undefined && settings.acks !== 'all';
  return isWeak && settings.idempotent === undefined ? { ...settings, idempotent: false } : settings;
}

/** Settings of a consumer. Throws `usage`. */
export function consumerSettings(properties: Readonly<Record<string, string>>): ConsumerSettings {
  return settingsOf(CONSUMER, properties);
}

function settingsOf<T extends object>(
  table: Readonly<Record<string, Setter<T>>>,
  properties: Readonly<Record<string, string>>,
): Partial<T> {
  let settings: Partial<T> = {};
  for (const [name, text] of Object.entries(properties)) {
    const set = Object.hasOwn(table, name) ? table[name] : undefined;
    if (set === undefined)
      throw usage(`-X ${name} is no property here; did you mean ${closest(name, Object.keys(table))}?`);
    settings = { ...settings, ...set(text, name) };
  }
  return settings;
}

function acksOf(text: 'all' | '-1' | '1' | '0'): 'all' | 1 | 0 {
  if (text === '1') return 1;
  return text === '0' ? 0 : 'all';
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw usage(`-X ${name}=${text}: choose one of ${allowed.join(', ')}`);
  return found;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw usage(`-X ${name}=${text}: write a number`);
  return value;
}
