/** The code checks itself: every rule over every file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { afterExceptions } from './exceptions.ts';
import { allFiles, allSources, manifestOf, packageNames, ROOT, textOf, type PackageManifest } from './repository.ts';
import { unreachedProblems, unusedExportProblems } from './rules-dead.ts';
import { explorationProblems } from './rules-exploration.ts';
import {
  cycleProblems,
  gateProblems,
  manifestProblems,
  specifierProblems,
  versionProblems,
  wallProblems,
} from './rules-imports.ts';
import { mustBePure, purityProblems } from './rules-purity.ts';
import {
  docstringProblems,
  fileSizeProblems,
  functionSizeProblems,
  indexProblems,
  lineSizeProblems,
  nameProblems,
  openingProblems,
} from './rules-shape.ts';
import {
  anywhereProblems,
  commentWordProblems,
  escapeProblems,
  nameWordProblems,
  skippedTestProblems,
} from './rules-words.ts';
import type { SourceFile } from './source-file.ts';
import { WALLS } from './walls.ts';

/** An entry of the lock file, as far as rules need it. */
interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const sources = allSources();
const filesOf = (name: string): SourceFile[] => sources.filter((file) => file.package === name);

/** Rules that look at one file at a time. */
const FILE_RULES: Readonly<Record<string, (file: SourceFile) => string[]>> = {
  'imports only go down the floors': wallProblems,
  'imports go through exports, and name their files': specifierProblems,
  'the outside world comes in at its gates': gateProblems,
  'machines are synchronous and pure': (file) => (mustBePure(file) ? purityProblems(file) : []),
  'files have at most 400 lines': fileSizeProblems,
  'functions have at most 70 lines': functionSizeProblems,
  'lines have at most 120 columns': lineSizeProblems,
  'files are named after what they export': (file) => nameProblems(file.path),
  'files open with what they are': openingProblems,
  'an index only re-exports': indexProblems,
  'exported functions and classes have docstrings': docstringProblems,
  'names are whole words': nameWordProblems,
  'comments give reasons': commentWordProblems,
  'no test is skipped': skippedTestProblems,
  'the type checker is not silenced': escapeProblems,
};

describe('every file keeps the rules:', () => {
  test.each(Object.entries(FILE_RULES))('%s', (rule, check) => {
    expect(afterExceptions(rule, sources.flatMap((file) => check(file)))).toEqual([]);
  });

  test('nothing is left unfinished, and nothing names a machine or a registry', () => {
    const isText = (path: string): boolean => !/\.(?:png|ico|gz|woff2?|bin)$/u.test(path);
    const texts = allFiles().filter((path) => isText(path) && existsSync(join(ROOT, path)));
    expect(texts.flatMap((path) => anywhereProblems(path, textOf(path)))).toEqual([]);
  });

  test('the lock file is in step with every package.json, or npm ci would refuse', () => {
    const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, PackageManifest> };
    for (const name of [undefined, ...packageNames()]) {
      const { dependencies, devDependencies } = lock.packages[name === undefined ? '' : `packages/${name}`] ?? {};
      const locked = { dependencies, devDependencies };
      const manifest = manifestOf(name);
      expect(locked).toEqual({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies });
    }
  });

  test('the lock file holds what is built for every platform', () => {
    const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, LockedPackage> };
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) => {
      return Object.keys(optionalDependencies ?? {})
        .filter((name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages))
        .map((name) => `${path}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test('the lock file names no host', () => {
    const hosts = textOf('package-lock.json').match(/"resolved": "(?:https?|git\+?\w*):[^"]*"/gu);
    expect(hosts).toBeNull();
  });
});

test('conditions of exploration have literal names, each in one place', () => {
  expect(explorationProblems(sources)).toEqual([]);
});

describe('packages', () => {
  test('every package has a floor, and every floor a package', () => {
    expect(Object.keys(WALLS).sort()).toEqual([...packageNames()].sort());
  });

  test('nothing above a floor is allowed on it', () => {
    const upward = Object.entries(WALLS).flatMap(([name, wall]) => {
      return wall.may
        .filter((specifier) => (WALLS[specifier.split('/')[1] ?? '']?.floor ?? 99) > wall.floor)
        .map((specifier) => `${name} → ${specifier}`);
    });
    expect(upward).toEqual([]);
  });

  test('dependencies are what is imported', () => {
    const problems = packageNames().flatMap((name) => {
      return manifestProblems(name, manifestOf(name), filesOf(name));
    });
    expect(afterExceptions('dependencies are what is imported', problems)).toEqual([]);
  });

  test('dependencies have exact versions', () => {
    const problems = packageNames().flatMap((name) => {
      return versionProblems(`packages/${name}/package.json`, manifestOf(name));
    });
    expect([...versionProblems('package.json', manifestOf()), ...problems]).toEqual([]);
  });

  test('every package has a README that names it', () => {
    const without = packageNames().filter((name) => {
      const path = `packages/${name}/README.md`;
      return !allFiles().includes(path) || !textOf(path).includes(`@hapax/${name}`);
    });
    expect(afterExceptions('README', without.map((name) => `packages/${name}: write a README.md`))).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    const problems = packageNames().flatMap((name) => cycleProblems(filesOf(name)));
    expect(afterExceptions('circles', problems)).toEqual([]);
  });
});

describe('nothing is dead', () => {
  test('every file is reached from an entry point or a test', () => {
    expect(afterExceptions('dead files', unreachedProblems(sources, entryPoints(), entryOf))).toEqual([]);
  });

  test('every export is used', () => {
    expect(afterExceptions('dead exports', unusedExportProblems(sources))).toEqual([]);
  });
});

/** The file behind `@hapax/wire/records`. */
function entryOf(specifier: string): string | undefined {
  if (!specifier.startsWith('@hapax/')) return undefined;
  const [, name = '', ...rest] = specifier.split('/');
  const source = manifestOf(name).exports?.[rest.length === 0 ? '.' : `./${rest.join('/')}`]?.source;
  return source === undefined ? undefined : `packages/${name}/${source.replace('./', '')}`;
}

/** Where running begins: exports of packages, tests, and files that a script or another file names by path. */
function entryPoints(): Set<string> {
  const entries = new Set<string>();
  for (const name of packageNames()) {
    for (const entry of Object.values(manifestOf(name).exports ?? {})) {
      entries.add(`packages/${name}/${entry.source.replace('./', '')}`);
    }
    addScripts(manifestOf(name).scripts, `packages/${name}/`, entries);
    // What is shipped as a command is compiled from the source of the same name.
    for (const built of Object.values(manifestOf(name).bin ?? {})) {
      entries.add(`packages/${name}/${built.replace('./dist/', 'src/').replace(/\.js$/u, '.ts')}`);
    }
  }
  addScripts(manifestOf().scripts, '', entries);
  for (const { path, area, text } of sources) {
    if (path.endsWith('.test.ts') || path === 'vitest.config.ts') entries.add(path);
    // Files that are run as a process or a worker: new URL('hold-data-directory.ts', import.meta.url).
    if (area === 'root' && !path.startsWith('tidy/')) entries.add(path);
    for (const [, target = ''] of text.matchAll(/new URL\(\s*['"`]([\w./-]+\.ts)['"`],\s*import\.meta\.url/gu)) {
      entries.add(new URL(target, `file:///${path}`).pathname.slice(1));
    }
  }
  return entries;
}

function addScripts(scripts: Readonly<Record<string, string>> | undefined, folder: string, entries: Set<string>): void {
  for (const command of Object.values(scripts ?? {})) {
    for (const [path] of command.matchAll(/[\w./-]+\.ts\b/gu)) entries.add(`${folder}${path}`);
  }
}
