/** Documents say what is so: links lead somewhere, and commands, files and packages that are named exist. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allFiles, allSources, manifestOf, packageNames, ROOT, textOf } from './repository.ts';
import { WALLS } from './walls.ts';

const documents = allFiles().filter((path) => path.endsWith('.md') && existsSync(join(ROOT, path)));
const ours = documents.filter((path) => !path.startsWith('chaos-tests/seeds/'));

/** Every match of a pattern in the documents, with where it stands. */
function mentions(pattern: RegExp): { readonly path: string; readonly found: string }[] {
  return ours.flatMap((path) => {
    return [...textOf(path).matchAll(pattern)].map(([, found = '']) => ({ path, found }));
  });
}

describe('documents', () => {
  test('links lead to files that exist', () => {
    const broken = mentions(/\]\(([^)\s]+)\)/gu)
      .filter(({ found }) => !/^(?:https?:|mailto:|#)/u.test(found))
      .filter(({ path, found }) => !existsSync(join(ROOT, dirname(path), found.split('#')[0] ?? '')));
    expect(broken).toEqual([]);
  });

  test('links into a document lead to a heading of it', () => {
    const broken = mentions(/\]\(([^)\s]*#[^)\s]+)\)/gu).filter(({ path, found }) => {
      const [file = '', anchor] = found.split('#');
      if (/^https?:/u.test(found)) return false;
      const headings = textOf(file === '' ? path : join(dirname(path), file)).matchAll(/^#+ (.+)$/gmu);
      return ![...headings].some(([, heading = '']) => anchorOf(heading) === anchor);
    });
    expect(broken).toEqual([]);
  });

  test('scripts that are named can be run', () => {
    const scripts = Object.keys(manifestOf().scripts ?? {});
    const missing = mentions(/npm run (?:-s )?([\w:-]+)/gu).filter(({ path, found }) => {
      const own = /^packages\/([^/]+)\//u.exec(path)?.[1];
      const places = own === undefined ? [] : Object.keys(manifestOf(own).scripts ?? {});
      return ![...scripts, ...places, 'generate', 'reference'].includes(found);
    });
    expect(missing).toEqual([]);
  });

  test('subcommands of hapax that are named exist', () => {
    const commands = new Set(allSources()
      .filter(({ path }) => path.startsWith('packages/cli/src/commands/'))
      .flatMap(({ text }) => [...text.matchAll(/\.command\('(\w[\w-]*)/gu)].map(([, name]) => name)));
    const missing = mentions(/(?:`hapax|npm run (?:-s )?hapax --) ([a-z][\w-]*)/gu)
      .filter(({ found }) => !commands.has(found));
    expect(missing).toEqual([]);
  });

  test('paths that are named exist', () => {
    const missing = mentions(/`((?:packages|docs|tidy|deploy|chaos-tests|proto)\/[\w./-]+)`/gu)
      .filter(({ found }) => !/[*…<]/u.test(found) && !existsSync(join(ROOT, found)));
    expect(missing).toEqual([]);
  });

  test('the table of floors in ARCHITECTURE names every package on its floor', () => {
    const rows = [...textOf('docs/ARCHITECTURE.md').matchAll(/^\| (\d) \| ([^|]+) \|/gmu)];
    const floorOf = new Map(rows.flatMap(([, floor, names = '']) => {
      return [...names.matchAll(/`([\w-]+)`/gu)].map(([, name = '']) => [name, Number(floor)] as const);
    }));
    const expected = Object.entries(WALLS).filter(([name]) => name !== 'testkit');
    expect(Object.fromEntries(floorOf)).toEqual(Object.fromEntries(expected.map(([name, { floor }]) => [name, floor])));
  });

  test('the glossary gives each word one meaning, in order', () => {
    const words = [...textOf('docs/GLOSSARY.md').matchAll(/^\| \*\*([^*]+)\*\* \|/gmu)].map(([, word = '']) => word);
    expect(words.length).toBeGreaterThan(30);
    expect(words).toEqual([...new Set(words)].sort((one, other) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1)));
  });

  test('every decision says its context, the decision and its cost', () => {
    const decisions = documents.filter((path) => path.startsWith('docs/decisions/'));
    expect(decisions).not.toEqual([]);
    for (const path of decisions) {
      for (const part of ['**Context.**', '**Decision.**', '**Cost.**']) expect(textOf(path), path).toContain(part);
    }
  });

  test('the README of a package names only files that are there', () => {
    const missing = packageNames().flatMap((name) => {
      const path = `packages/${name}/README.md`;
      if (!existsSync(join(ROOT, path))) return [];
      return [...textOf(path).matchAll(/`(src\/[\w./-]+)`/gu)]
        .filter(([, found = '']) => !existsSync(join(ROOT, 'packages', name, found)))
        .map(([, found]) => `${path}: ${found}`);
    });
    expect(missing).toEqual([]);
  });
});

/** The anchor that readers of Markdown make of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}
