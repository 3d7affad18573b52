/** Configuration as it is shown to people: each key with its value, where the value comes from, and what it means. */
import type { NodeId } from '@hapax/base';
import { BROKER_CONFIGS } from './broker-configs.ts';
import type { ClusterImage } from './cluster-image.ts';
import { checkConfigText, type ConfigDefinition, type ConfigType } from './config-definition.ts';
import type { ConfigResourceType } from './records.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/** Where a value was set, the most specific first. */
export type ConfigSource = 'topic' | 'dynamic-broker' | 'dynamic-default-broker' | 'static-broker' | 'default';

/** One place where a value is set. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One key, as DescribeConfigs and CreateTopics answer it. */
export interface DescribedConfig extends ConfigSynonym {
  readonly readOnly: boolean;
  readonly type: ConfigType;
  readonly doc: string;
  /** Every place where the value is set, the one that takes effect first. */
  readonly synonyms: readonly ConfigSynonym[];
}

/** Why a text is no value for a key of a resource, or undefined where it is one. */
export function validateConfig(resourceType: ConfigResourceType, key: string, value: string): string | undefined {
  const definition = configDefinition(resourceType, key);
  if (definition === undefined) return `Unknown ${resourceType} config name: ${key}`;
  return checkConfigText(definition, value);
}

/** What a key means for a resource; undefined where it is unknown. */
export function configDefinition(resourceType: ConfigResourceType, key: string): ConfigDefinition | undefined {
  return (resourceType === 'topic' ? TOPIC_CONFIGS : BROKER_CONFIGS).get(key);
}

export interface DescribeTopicOptions {
  /** Decides the default of min.insync.replicas. */
  readonly replicationFactor: number;
  /** What is set for the topic itself. */
  readonly overrides: ReadonlyMap<string, string>;
  /** Only these; null: all. */
  readonly keys: readonly string[] | null;
}

/** The configuration of a topic, whether it exists yet or not, sorted by key. */
export function describeTopicConfigs(image: ClusterImage, options: DescribeTopicOptions): DescribedConfig[] {
  return definitionsOf(TOPIC_CONFIGS, options.keys).map((definition) => {
    const { name, synonym } = definition;
    const places: ConfigSynonym[] = [];
    const own = options.overrides.get(name);
    if (own !== undefined) places.push({ name, value: own, source: 'topic' });
    const inherited = synonym === undefined ? undefined : image.clusterConfig(synonym);
    if (synonym !== undefined && inherited !== undefined) {
      places.push({ name: synonym, value: inherited, source: 'dynamic-default-broker' });
    }
    const fallback = definition.default ?? (options.replicationFactor >= 3 ? '2' : '1');
    places.push({ name: synonym ?? name, value: fallback, source: 'default' });
    return described(definition, places);
  });
}

/** The configuration of a topic that exists. */
export function describeTopic(image: ClusterImage, name: string, keys: readonly string[] | null): DescribedConfig[] {
  const replicationFactor = image.topicByName(name)?.partitions[0]?.replicas.length ?? 1;
  return describeTopicConfigs(image, { replicationFactor, overrides: image.configOf('topic', name), keys });
}

export interface DescribeBrokerOptions {
  /** Null: what is set for all brokers. */
  readonly brokerId: NodeId | null;
  /** What the node was started with. */
  readonly staticValues: ReadonlyMap<string, string>;
  /** Only these; null: all. */
  readonly keys: readonly string[] | null;
}

/** The configuration of a broker; for all brokers, only what is set. Sorted by key. */
export function describeBrokerConfigs(image: ClusterImage, options: DescribeBrokerOptions): DescribedConfig[] {
  const describedAll: DescribedConfig[] = [];
  for (const definition of definitionsOf(BROKER_CONFIGS, options.keys)) {
    const { name } = definition;
    const places: ConfigSynonym[] = [];
    if (options.brokerId !== null) {
      const own = image.configOf('broker', String(options.brokerId)).get(name);
      if (own !== undefined) places.push({ name, value: own, source: 'dynamic-broker' });
    }
    const all = image.clusterConfig(name);
    if (all !== undefined) places.push({ name, value: all, source: 'dynamic-default-broker' });
    if (options.brokerId !== null) {
      const started = options.staticValues.get(name);
      if (started !== undefined) places.push({ name, value: started, source: 'static-broker' });
      places.push({ name, value: definition.default, source: 'default' });
    }
    if (places.length > 0) describedAll.push(described(definition, places));
  }
  return describedAll;
}

function definitionsOf(all: ReadonlyMap<string, ConfigDefinition>, keys: readonly string[] | null): ConfigDefinition[] {
  const found = [...all.values()].filter((definition) => keys === null || keys.includes(definition.name));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function described(definition: ConfigDefinition, places: readonly ConfigSynonym[]): DescribedConfig {
  const { value, source } = places[0] as ConfigSynonym;
  const { name, readOnly, type, doc } = definition;
  return { name, value, source, readOnly, type, doc, synonyms: places };
}
