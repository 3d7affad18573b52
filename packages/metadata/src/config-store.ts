/** What was configured, by whom it is for, and the values that take effect. */
import { parseConfigText, type ConfigValue } from './config-definition.ts';
import type { ConfigRecord, ConfigResourceType } from './records.ts';
import { TOPIC_CONFIGS, type TopicConfigValues } from './topic-configs.ts';

const NOTHING: ReadonlyMap<string, string> = new Map();

/** The name under which the configuration of all brokers is kept. */
export const ALL_BROKERS = '';

/** The configured texts, and a cache of what follows from them for each topic. */
export class ConfigStore {
  private readonly byResource: Record<ConfigResourceType, Map<string, Map<string, string>>>;
  private readonly effective = new Map<string, TopicConfigValues>();

  constructor() {
    this.byResource = { topic: new Map(), broker: new Map() };
  }

  /** Applies one record. */
  set({ resourceType, resourceName, key, value }: Omit<ConfigRecord, 'type'>): void {
    const resources = this.byResource[resourceType];
    const texts = new Map(resources.get(resourceName));
    if (value === null) texts.delete(key);
    else texts.set(key, value);
    if (texts.size === 0) resources.delete(resourceName);
    else resources.set(resourceName, texts);
    if (resourceType === 'topic') this.effective.delete(resourceName);
    else this.effective.clear();
  }

  /** Forgets everything of a topic that is no more. */
  removeTopic(name: string): void {
    this.byResource.topic.delete(name);
    this.effective.delete(name);
  }

  /** Forgets the values that follow for a topic, because something else that they follow from changed. */
  forgetEffective(name: string): void {
    this.effective.delete(name);
  }

  /** The texts that were set for a resource itself, by key. */
  of(resourceType: ConfigResourceType, resourceName: string): ReadonlyMap<string, string> {
    return this.byResource[resourceType].get(resourceName) ?? NOTHING;
  }

  /** The text set for the topic, else for all brokers; undefined where the default holds. */
  topicText(name: string, key: string): string | undefined {
    const own = this.of('topic', name).get(key);
    if (own !== undefined) return own;
    const synonym = TOPIC_CONFIGS.get(key)?.synonym;
    return synonym === undefined ? undefined : this.of('broker', ALL_BROKERS).get(synonym);
  }

  /** All values that take effect for a topic. Cached: the same object until something changes. */
  topicValues(name: string, minInsyncReplicasDefault: number): TopicConfigValues {
    const cached = this.effective.get(name);
    if (cached !== undefined) return cached;
    const values: Record<string, ConfigValue> = {};
    for (const [key, definition] of TOPIC_CONFIGS) {
      const text = this.topicText(name, key) ?? definition.default;
      values[key] = text === null ? minInsyncReplicasDefault : parseConfigText(definition, text);
    }
    const complete = values as unknown as TopicConfigValues;
    this.effective.set(name, complete);
    return complete;
  }

  /** Everything that is configured, as the records that would configure it. */
  records(): ConfigRecord[] {
    const records: ConfigRecord[] = [];
    for (const resourceType of ['broker', 'topic'] as const) {
      for (const [resourceName, texts] of this.byResource[resourceType]) {
        for (const [key, value] of texts) records.push({ type: 'config', resourceType, resourceName, key, value });
      }
    }
    return records;
  }
}
