/** Every numbered rule of the protocol notes has a row in a table of tests, or a reason why it has none. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allSources } from './repository.ts';
import { walk, type SourceFile, type SyntaxNode } from './source-file.ts';

const NOTES = new URL('../../shared/reference/kafka-semantics.md', import.meta.url);
const areNotesHere = existsSync(NOTES);
/** Idempotent producers, transactions, stable offsets, transactional offsets, replication; and look-ups. */
const GROUPS: readonly string[] = ['2', '3', '4', '5', '6', '8'];

/** Tables of other names than `rules-of-…` and `…-rules`. Elsewhere a number in brackets may mean something else. */
const MORE_TABLES: readonly string[] = [
  'packages/broker/test/handlers/isolation.test.ts',
  'packages/client/test/read-committed.test.ts',
  'packages/group/test/offsets.test.ts',
  'packages/group/test/pending-offsets.test.ts',
  'packages/log/test/transactions.test.ts',
  'packages/txn/test/marker-queues.test.ts',
];

/** Rules that nothing here can show, and why. */
const WITHOUT_ROW: Readonly<Record<string, string>> = {
  P3: 'two-phase commit [KIP-939] begins with InitProducerId 6, which is not served',
};

/** Their numbers, in order. */
function numberedRules(): string[] {
  const rules: string[] = [];
  let group = '';
  for (const line of readFileSync(NOTES, 'utf8').split('\n')) {
    group = /^## (\d+)\./u.exec(line)?.[1] ?? group;
    const rule = /^- ([A-Z]\d+) /u.exec(line)?.[1];
    if (rule !== undefined && GROUPS.includes(group)) rules.push(rule);
  }
  return rules;
}

function isTable({ path }: SourceFile): boolean {
  return /^packages\/.*(?:rules-of-|-rules)[^/]*\.test\.ts$/u.test(path) || MORE_TABLES.includes(path);
}

/** The rules that the titles of a file's tests name: `[I4] …`, `… [L6, L9]`, or a row with `rule: 'O2'`. */
function namedIn(file: SourceFile): string[] {
  const named: string[] = [];
  walk(file.body, (node) => {
    for (const text of textsOf(node)) {
      for (const [, list = ''] of text.matchAll(/\[([A-Z]\d+(?:, [\w -]+)*)\]/gu)) {
        named.push(...list.split(', ').filter((one) => /^[A-Z]\d+$/u.test(one)));
      }
    }
    if (node.type === 'Property' && (node['key'] as SyntaxNode)['name'] === 'rule') {
      const { value } = node['value'] as { readonly value?: unknown };
      if (typeof value === 'string') named.push(value);
    }
  });
  return named;
}

function textsOf(node: SyntaxNode): readonly string[] {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return [node['value']];
  if (node.type === 'TemplateElement') return [(node['value'] as { readonly cooked: string }).cooked];
  return [];
}

describe.skipIf(!areNotesHere)('rules of the protocol (skipped where ../shared/reference is absent)', () => {
  const rules = areNotesHere ? numberedRules() : [];
  const tables = allSources().filter(isTable);
  const namedBy = new Map(tables.map((file) => [file.path, new Set(namedIn(file))]));
  const named = new Set([...namedBy.values()].flatMap((one) => [...one]));

  test('each is named by a row of a table, or has a reason why not', () => {
    expect(rules.length).toBeGreaterThan(120);
    const missing = rules.filter((rule) => !named.has(rule) && WITHOUT_ROW[rule] === undefined);
    expect(missing, `no title of a test says ${missing.map((rule) => `[${rule}]`).join(' ')}`).toEqual([]);
  });

  test('the reasons are of rules that exist and have no row', () => {
    const idle = Object.keys(WITHOUT_ROW).filter((rule) => !rules.includes(rule) || named.has(rule));
    expect(idle).toEqual([]);
  });

  test('the tables that are listed by name exist, and name rules', () => {
    expect(MORE_TABLES.filter((path) => (namedBy.get(path)?.size ?? 0) === 0)).toEqual([]);
  });
});

test.skipIf(areNotesHere)('the notes of the protocol are not here, so nothing is compared with them', () => {
  expect(areNotesHere).toBe(false);
});
