/** What runs have come across is counted, and what they have not is known all the same. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runSeed } from '@hapax/simulator';
import { conditionsOf, listConditions } from '../src/commands/condition-list.ts';
import { neverReachedOf, summarizeReached } from '../src/exploration/reached.ts';

const ROOT = new URL('../../../', import.meta.url);

test('conditions are found wherever the sources name one', () => {
  const names = listConditions().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const file of new Set(listConditions().map((one) => one.file))) {
    const source = readFileSync(new URL(file, ROOT), 'utf8');
    expect(conditionsOf(file, source)).toHaveLength(source.match(/\b(?:sometimes|reachable)\(/gu)?.length ?? 0);
  }
});

test('a condition may hold commas, calls, texts and several lines', () => {
  const source = `sometimes(state === 'open' && of(a, b) > 1, 'txn: one');\nreachable('txn: two');
    sometimes(\n      isLong(),\n      'txn: three',\n    );\n  whatSometimes('txn: four');`;
  expect(conditionsOf('a.ts', source).map(({ name }) => name)).toEqual(['txn: one', 'txn: two', 'txn: three']);
});

test('figures tell how often and in which share of the seeds each condition was met, and which never was', () => {
  const reports = [{ seed: 7, reached: { 'a: x': 3 } }, { seed: 8, reached: {} }, { seed: 9, reached: { 'a: x': 1 } }];
  const figures = summarizeReached(reports, ['a: x', 'a: y']);
  expect(figures).toEqual({
    'a: x': { hits: 4, seeds: 2, share: 0.6667, firstSeed: 7 },
    'a: y': { hits: 0, seeds: 0, share: 0, firstSeed: null },
  });
  expect(neverReachedOf(figures)).toEqual(['a: y']);
});

test('a run reports conditions of the code that it came by, the same ones each time', () => {
  const names = new Set(listConditions().map(({ name }) => name));
  const { reached } = runSeed(2, { faultsMs: 500, workload: 'txn' });
  expect(Object.keys(reached).filter((name) => !names.has(name))).toEqual([]);
  expect(Object.keys(reached).length).toBeGreaterThan(0);
});
