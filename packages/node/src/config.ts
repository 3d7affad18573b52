/**
 * The configuration of a node: defaults, then a YAML file, then `HAPAX_…` in the environment, then the command line.
 */
import { AppError } from '@hapax/base';
import { BROKER_CONFIGS, type ConfigDefinition, validateConfig } from '@hapax/metadata';
import { closest } from 'fastest-levenshtein';
import { parseDocument } from 'yaml';
import { contradictions } from './config-contradictions.ts';
import { CONFIG_KEYS, type ConfigName, type ConfigValues } from './config-keys.ts';

/** Where settings come from; later ones win. */
export interface ConfigSources {
  /** The text of a YAML file, and its name for errors. Keys may be nested: `kafka: { port: 9092 }` is `kafka.port`. */
  readonly file?: { readonly name: string; readonly text: string };
  /** The environment; names that begin with `HAPAX_` count: `HAPAX_KAFKA_PORT` is `kafka.port`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Settings of the command line, by key. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** A validated configuration. */
export interface NodeConfig {
  readonly values: ConfigValues;
  /** Settings that a cluster can change while it runs: what a fresh one begins with. By the names of Kafka. */
  readonly initialConfigs: Readonly<Record<string, string>>;
}

const PREFIX = 'HAPAX_';
/** What concerns the command line, and not the node. */
const NOT_KEYS = new Set(['HAPAX_CONFIG', 'HAPAX_BOOTSTRAP', 'HAPAX_DEBUG']);

/** Settings for the whole cluster that may stand in the configuration too, by the names of Kafka. */
export const CLUSTER_KEYS: ReadonlyMap<string, ConfigDefinition> = new Map(
  [...BROKER_CONFIGS].filter(([name, definition]) => !definition.readOnly && !(name in CONFIG_KEYS)),
);

const NAMES = [...Object.keys(CONFIG_KEYS), ...CLUSTER_KEYS.keys()];
const NAME_OF_VARIABLE = new Map(NAMES.map((name) => [variableOf(name), name]));

interface Setting {
  readonly name: string;
  readonly text: string;
  /** For errors: `HAPAX_NODE_ID`, `hapax.yaml:3`. */
  readonly from: string;
}

/**
 * Reads a configuration. Throws `config-invalid`, naming each setting that is unknown (with the nearest known key), of
 * the
 * wrong type or out of range, where it stands, and what would be allowed: all of them at once.
 */
export function loadConfig(sources: ConfigSources): NodeConfig {
  const problems: string[] = [];
  const settings = [
    ...(sources.file === undefined ? [] : fromFile(sources.file, problems)),
    ...fromEnvironment(sources.environment ?? {}, problems),
    ...Object.entries(sources.overrides ?? {}).map(([name, text]) => ({ name, text, from: 'the command line' })),
  ];
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(CONFIG_KEYS)) values[name] = key.parse(key.defaultText);
  const initialConfigs: Record<string, string> = {};
  for (const setting of settings) {
    if (setting.name in CONFIG_KEYS) setOwn(setting, values, problems);
    else setCluster(setting, initialConfigs, problems);
  }
  const typed = values as unknown as ConfigValues;
  if (problems.length === 0) problems.push(...contradictions(typed));
  if (problems.length > 0) throw configInvalid(problems);
  return { values: typed, initialConfigs };
}

/** The failure of a configuration with these problems. */
export function configInvalid(problems: readonly string[]): AppError {
  const message = problems.join('\n');
  return new AppError('config-invalid', message, { retriable: false, definite: true, details: { problems } });
}

/** The environment variable of a key. */
export function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll(/[.-]/gu, '_');
}

function setOwn(setting: Setting, values: Record<string, unknown>, problems: string[]): void {
  const key = CONFIG_KEYS[setting.name as ConfigName];
  const value = key.parse(setting.text);
  if (value === undefined) {
    problems.push(`${setting.from}: ${setting.name} is ${shown(setting.text)}, which is not: ${key.type}`);
  } else {
    values[setting.name] = value;
  }
}

function setCluster(setting: Setting, configs: Record<string, string>, problems: string[]): void {
  if (!CLUSTER_KEYS.has(setting.name)) {
    const { from, name } = setting;
    problems.push(`${from}: ${shown(name)} is not a setting; did you mean ${closest(name, NAMES)}?`);
    return;
  }
  const problem = validateConfig('broker', setting.name, setting.text);
  if (problem === undefined) configs[setting.name] = setting.text;
  else problems.push(`${setting.from}: ${problem}`);
}

function fromFile(file: { readonly name: string; readonly text: string }, problems: string[]): Setting[] {
  const document = parseDocument(file.text);
  for (const error of document.errors) problems.push(`${file.name}: ${error.message}`);
  if (document.errors.length > 0) return [];
  const settings: Setting[] = [];
  const root: unknown = document.toJS();
  if (root === null || root === undefined) return [];
  if (typeof root === 'object' && !Array.isArray(root)) flatten(root, '', file.name, settings, problems);
  else problems.push(`${file.name}: it must hold settings, such as node.id: 1`);
  return settings;
}

function flatten(map: object, prefix: string, from: string, settings: Setting[], problems: string[]): void {
  for (const [part, value] of Object.entries(map) as [string, unknown][]) {
    const name = `${prefix}${part}`;
    if (Array.isArray(value)) settings.push({ name, text: value.map(String).join(','), from });
    else if (typeof value === 'object' && value !== null) flatten(value, `${name}.`, from, settings, problems);
    else if (value === null) problems.push(`${from}: ${name} has no value; leave the key out for its default`);
    else settings.push({ name, text: String(value), from });
  }
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>, problems: string[]): Setting[] {
  const settings: Setting[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(PREFIX) || NOT_KEYS.has(variable)) continue;
    if (isServiceLink(variable, text)) continue;
    const name = NAME_OF_VARIABLE.get(variable);
    if (name !== undefined) {
      settings.push({ name, text, from: variable });
      continue;
    }
    problems.push(`${variable} is not a setting; did you mean ${closest(variable, [...NAME_OF_VARIABLE.keys()])}?`);
  }
  return settings;
}

/** Kubernetes sets variables for every service: one that is called `hapax` would clash (`HAPAX_PORT=tcp://…`). */
function isServiceLink(variable: string, text: string): boolean {
  return /_SERVICE_(?:HOST|PORT)|_PORT_\d+_/u.test(variable) || /^(?:tcp|udp|sctp):\/\//u.test(text);
}

function shown(text: string): string {
  return text.length > 80 ? `"${text.slice(0, 80)}…"` : `"${text}"`;
}
