/** What lies in the repository: every file that is kept, the parsed sources, the packages. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFile, type SourceFile } from './source-file.ts';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Made by a tool from something that is checked itself. */
const GENERATED = /\/generated\//u;

/** What rules need of a package.json. */
export interface PackageManifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly source: string; readonly default: string }>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

let known: { readonly files: readonly string[]; readonly sources: readonly SourceFile[] } | undefined;

/** Paths of all files that git keeps or would keep, without those that are gone from the disk. */
export function allFiles(): readonly string[] {
  return load().files;
}

/** Every TypeScript file that is written by hand. */
export function allSources(): readonly SourceFile[] {
  return load().sources;
}

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Names of the folders below packages/. */
export function packageNames(): readonly string[] {
  return readdirSync(join(ROOT, 'packages')).filter((name) => existsSync(join(ROOT, 'packages', name, 'package.json')));
}

/** The package.json of a package, or of the root. */
export function manifestOf(name?: string): PackageManifest {
  return JSON.parse(textOf(name === undefined ? 'package.json' : `packages/${name}/package.json`)) as PackageManifest;
}

function load(): { readonly files: readonly string[]; readonly sources: readonly SourceFile[] } {
  if (known !== undefined) return known;
  const files = listFiles();
  const sources = files
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !GENERATED.test(path))
    .map((path) => sourceFile(path, textOf(path)));
  known = { files, sources };
  return known;
}

function listFiles(): string[] {
  if (!existsSync(join(ROOT, '.git'))) return walkFolder('');
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  return [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(ROOT, path))).sort();
}

/** A copy without git (an archive, an image): everything but what is made here. */
function walkFolder(folder: string): string[] {
  const skipped = new Set(['node_modules', 'dist', '.git', 'coverage', '.hapax', '.build', 'tmp']);
  const paths: string[] = [];
  for (const name of readdirSync(join(ROOT, folder)).sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (skipped.has(name)) continue;
    if (statSync(join(ROOT, path)).isDirectory()) paths.push(...walkFolder(path));
    else paths.push(path);
  }
  return paths;
}
