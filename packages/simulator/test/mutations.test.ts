/** The catalogue of mutations fits the sources: a patch that no longer applies fails here. */
import { parseSync } from 'oxc-parser';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { IMPOSSIBLE, ROWS } from '../mutations/rows.ts';
import { loadCatalogue } from '../src/mutations/catalogue.ts';
import { killTable, withKillTable } from '../src/mutations/kill-table.ts';
import { mutateSource } from '../src/mutations/mutation.ts';

const ROOT = new URL('../../../', import.meta.url);
const catalogue = await loadCatalogue();

describe('every mutation', () => {
  test.each(catalogue.map(({ name, mutation }) => ({ name, mutation })))('$name applies and parses', ({
    name, mutation,
  }) => {
    expect(name).toMatch(new RegExp(`^${String(mutation.row).padStart(3, '0')}-`, 'u'));
    expect(mutation.edits.length).toBeGreaterThan(0);
    for (const file of new Set(mutation.edits.map((edit) => edit.file))) {
      const source = readFileSync(new URL(file, ROOT), 'utf8');
      const mutated = mutateSource(source, file, mutation.edits);
      expect(mutated).not.toBe(source);
      expect(parseSync(file, mutated).errors).toEqual([]);
    }
  });

  test.each(catalogue.map(({ name, mutation, recorded }) => ({ name, mutation, recorded })))(
    '$name was caught by what it breaks and its kill is recorded, or it says why none has caught it',
    ({ mutation, recorded }) => {
      expect(recorded === undefined).toBe(mutation.survives !== undefined);
      if (recorded === undefined) return;
      expect(mutation.breaks).toContain(recorded.invariant);
    },
  );
});

test('every row that could exist here has a mutation, or a reason why it cannot', () => {
  const patched = new Set(catalogue.map(({ mutation }) => mutation.row));
  expect(ROWS.filter((row) => !patched.has(row) && IMPOSSIBLE[row] === undefined)).toEqual([]);
  expect(ROWS.filter((row) => patched.has(row) && IMPOSSIBLE[row] !== undefined)).toEqual([]);
});

test('docs/SIMULATION.md has the table as it is recorded; UPDATE_GOLDEN=1 writes it anew', () => {
  const file = new URL('docs/SIMULATION.md', ROOT);
  const text = readFileSync(file, 'utf8');
  const updated = withKillTable(text, killTable(catalogue, IMPOSSIBLE));
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, updated);
  else expect(text).toBe(updated);
});

test('a live process can be broken by any of them, and says so', () => {
  const live = fileURLToPath(new URL('../src/mutations/live-mutation.ts', import.meta.url));
  const run = (name: string) => spawnSync(process.execPath, ['--import', live, '--eval', ''], {
    env: { ...process.env, MUTATION: name }, encoding: 'utf8',
  });
  const { stderr, status } = run('040-latest-of-a-fresh-leader');
  expect(stderr).toContain('broken on purpose: a fresh leader tells its own high watermark');
  expect(status).toBe(0);
  expect(run('no-such').stderr).toContain('MUTATION must name a mutation, and is "no-such"');
});

test('a text that occurs twice, or not at all, is refused with the file and the text', () => {
  const edits = [{ file: 'a.ts', find: 'x', replace: 'y' }];
  expect(() => mutateSource('x x', 'a.ts', edits)).toThrow('a.ts has the text to change 2 times, not once: "x"');
  expect(() => mutateSource('z', 'a.ts', edits)).toThrow('0 times');
  expect(mutateSource('x', 'b.ts', edits)).toBe('x');
});
