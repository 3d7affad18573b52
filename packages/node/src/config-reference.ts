/** The reference of all settings, as Markdown: made from the table that the node reads. */
import type { ConfigDefinition } from '@hapax/metadata';
import { CLUSTER_KEYS, variableOf } from './config.ts';
import type { ConfigKey } from './config-key.ts';
import { CONFIG_SECTIONS } from './config-keys.ts';

const INTRODUCTION = `# Configuration

<!-- Made from the table of keys in packages/node: \`npm run reference -w @hapax/node\`. -->

A setting comes from its default, then from the YAML file, then from the environment, then from the command line; the
last one wins. In the file, keys may be nested: \`kafka: { port: 9092 }\` is \`kafka.port\`. The environment variable of
\`kafka.port\` is \`${variableOf('kafka.port')}\`, and likewise for every key. An unknown key stops the node, with the
nearest known one in the message.
`;

const CLUSTER_INTRODUCTION = `## Settings of the cluster

By the names of Kafka. What stands in the configuration is what a fresh cluster begins with; on a cluster that exists it
is changed with any Kafka tool that alters broker configurations, for all nodes at once, and the file is not read again.
`;

/** The whole page. */
export function printConfigReference(): string {
  const parts = [INTRODUCTION];
  for (const [title, keys] of Object.entries(CONFIG_SECTIONS)) {
    parts.push(`## ${title}\n\n${table(Object.entries<ConfigKey<unknown>>(keys).map(ownRow))}`);
  }
  parts.push(CLUSTER_INTRODUCTION, table([...CLUSTER_KEYS].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(clusterRow)));
  return `${parts.join('\n')}`;
}

function ownRow([name, key]: readonly [string, ConfigKey<unknown>]): string[] {
  return [code(name), code(key.defaultText), key.type, key.doc];
}

function clusterRow([name, definition]: readonly [string, ConfigDefinition]): string[] {
  const words = definition.oneOf === undefined ? '' : `: ${definition.oneOf.join(', ')}`;
  return [code(name), code(definition.default ?? ''), `${definition.type}${words}`, definition.doc];
}

function table(rows: readonly string[][]): string {
  const lines = [['key', 'default', 'type', 'what it does'], ['---', '---', '---', '---'], ...rows];
  return `${lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n')}\n`;
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

function code(value: string): string {
  return value === '' ? '' : `\`${value}\``;
}
