/** The runner of golden traces, on scripts of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findArg, parseDatadriven, runDatadriven } from '../src/datadriven.ts';

const SCRIPT = `# A comment.
say hello times=2 to=(a, b)
first line
second line
----
hello
hello

say nothing
----

say blank
----
----
one

two
----
----
`;

const folders: string[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'datadriven-'));
  folders.push(folder);
  const path = join(folder, 'script.txt');
  writeFileSync(path, text);
  return path;
}

describe('datadriven scripts', () => {
  test('commands, arguments, bodies and outputs are told apart', () => {
    const [first, second, third] = parseDatadriven(SCRIPT, 'script');
    expect(first).toMatchObject({ command: 'say', body: 'first line\nsecond line', expected: 'hello\nhello\n' });
    expect(first && findArg(first, 'to')).toEqual(['a', 'b']);
    expect(first && findArg(first, 'times')).toEqual(['2']);
    expect(first && findArg(first, 'absent')).toBeUndefined();
    expect(second).toMatchObject({ expected: '', position: 'script:9' });
    expect(third?.expected).toBe('one\n\ntwo\n');
  });

  test('output that differs stops the run and shows both', () => {
    const path = fileOf(SCRIPT);
    const run = (): void => runDatadriven(path, (script) => (script.body === '' ? script.expected : 'goodbye'));
    expect(run).toThrow(/goodbye/);
  });

  test('a command without ---- is refused', () => {
    expect(() => parseDatadriven('say hello\n', 'script')).toThrow(/script:1/);
  });

  test('rewriting with the same output changes nothing', () => {
    const path = fileOf(SCRIPT);
    vi.stubEnv('UPDATE_GOLDEN', '1');
    runDatadriven(path, (script) => script.expected);
    expect(readFileSync(path, 'utf8')).toBe(SCRIPT);
  });

  test('rewriting takes over new output', () => {
    const path = fileOf('say a\n----\nold\n\nsay b\n----\nold\n');
    vi.stubEnv('UPDATE_GOLDEN', '1');
    runDatadriven(path, (script) => `new ${script.args[0]?.key}`);
    expect(readFileSync(path, 'utf8')).toBe('say a\n----\nnew a\n\nsay b\n----\nnew b\n');
  });
});
