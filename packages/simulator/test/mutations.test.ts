/** The catalogue of mutations fits the sources: a patch that no longer applies fails here. */
import { parseSync } from 'oxc-parser';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { IMPOSSIBLE, ROWS } from '../mutations/rows.ts';
import { loadCatalogue } from '../src/mutations/catalogue.ts';
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

test('a text that occurs twice, or not at all, is refused with the file and the text', () => {
  const edits = [{ file: 'a.ts', find: 'x', replace: 'y' }];
  expect(() => mutateSource('x x', 'a.ts', edits)).toThrow('a.ts has the text to change 2 times, not once: "x"');
  expect(() => mutateSource('z', 'a.ts', edits)).toThrow('0 times');
  expect(mutateSource('x', 'b.ts', edits)).toBe('x');
});
