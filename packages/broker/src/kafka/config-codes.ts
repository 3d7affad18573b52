/** Kafka's numbers for where a configuration value comes from, of what type it is, and whom it is for. */
import type { ConfigResourceType, ConfigSource, ConfigType } from '@hapax/metadata';

/** The number of each source, as DescribeConfigs and CreateTopics send it [KIP-226]. */
export const CONFIG_SOURCE_CODES: Readonly<Record<ConfigSource, number>> = {
  topic: 1,
  'dynamic-broker': 2,
  'dynamic-default-broker': 3,
  'static-broker': 4,
  default: 5,
};

/** The number of each type of value [KIP-569]. */
export const CONFIG_TYPE_CODES: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
};

const TOPIC = 2;
const BROKER = 4;

/** What a number says a configuration is for; undefined for kinds of resources that have none here. */
export function configResourceType(code: number): ConfigResourceType | undefined {
  if (code === TOPIC) return 'topic';
  return code === BROKER ? 'broker' : undefined;
}
