/** Rules for imports: down the floors, through `exports`, and the outside world only at its gates. */
import { isBuiltin } from 'node:module';
import type { ImportOf, SourceFile } from './source-file.ts';
import { manifestOf, type PackageManifest } from './repository.ts';
import { GATES, WALLS, type Wall } from './walls.ts';

/** Imports that the floors forbid, each with what is allowed. */
export function wallProblems(file: SourceFile, walls: Readonly<Record<string, Wall>> = WALLS): string[] {
  if (file.package === undefined) return [];
  const wall = walls[file.package];
  if (wall === undefined) return [`${file.path}: give packages/${file.package} a floor in tidy/walls.ts`];
  const own = `@hapax/${file.package}`;
  const allowed = new Set(wall.may);
  if (file.area !== 'src') {
    for (const specifier of ['@hapax/testkit', '@hapax/testkit/disk-contract', ...(wall.testsMay ?? [])]) {
      allowed.add(specifier);
    }
  }
  const problems: string[] = [];
  for (const { from, line } of file.imports) {
    if (!from.startsWith('@hapax/') || allowed.has(from)) continue;
    const isOwn = from === own || from.startsWith(`${own}/`);
    if (isOwn && file.area !== 'src') continue;
    const may = [...allowed].join(', ') || 'nothing';
    problems.push(
      isOwn
        ? `${file.path}:${line}: import ${from} by its relative path`
        : `${file.path}:${line}: ${own} stands on floor ${wall.floor} and may import ${may}; not ${from}`,
    );
  }
  return problems;
}

/** Imports past the `exports` of a package, without a file ending, or out of the package by a relative path. */
export function specifierProblems(file: SourceFile): string[] {
  return file.imports.flatMap((use) => specifierProblem(file, use) ?? []);
}

function specifierProblem(file: SourceFile, { from, line }: ImportOf): string | undefined {
  const at = `${file.path}:${line}`;
  if (from.startsWith('@hapax/')) {
    const [, name = '', ...rest] = from.split('/');
    const entry = rest.length === 0 ? '.' : `./${rest.join('/')}`;
    if (!(name in WALLS)) return `${at}: there is no package ${from}`;
    if (manifestOf(name).exports?.[entry] === undefined) return `${at}: ${from} is not among the exports of ${name}`;
    return undefined;
  }
  if (!from.startsWith('.')) return undefined;
  if (!/\.(?:ts|js|json)$/u.test(from)) return `${at}: name the file with its ending: ${from}.ts`;
  const target = resolvePath(file.path, from);
  const home = file.package === undefined ? undefined : `packages/${file.package}/`;
  if (home !== undefined && !target.startsWith(home)) return `${at}: import other packages by name, not by ${from}`;
  const isShipped = target.startsWith(`${home ?? ''}src/`) || target === `${home ?? ''}package.json`;
  const intoTests = file.area === 'src' && !isShipped;
  return intoTests ? `${at}: sources do not import ${from}, which is not shipped` : undefined;
}

/** Imports from outside the repository where no gate is. */
export function gateProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  for (const { from, line } of file.imports) {
    if (from.startsWith('.') || from.startsWith('@hapax/')) continue;
    if (isBuiltin(from) && !from.startsWith('node:')) problems.push(`${file.path}:${line}: write node:${from}`);
    const gate = GATES.find(({ what }) => what.test(from));
    if (gate === undefined || gate.where.test(file.path)) continue;
    problems.push(`${file.path}:${line}: ${from} may not come in here; ${gate.instead}`);
  }
  return problems;
}

/** Packages that a package imports and does not declare, or declares and does not import. */
export function manifestProblems(name: string, manifest: PackageManifest, files: readonly SourceFile[]): string[] {
  const declared = new Set(Object.keys(manifest.dependencies ?? {}));
  const shared = new Set(Object.keys(manifestOf().devDependencies ?? {}));
  const used = new Set<string>();
  const problems: string[] = [];
  for (const file of files) {
    for (const { from, line } of file.imports) {
      if (from.startsWith('.') || isBuiltin(from)) continue;
      const packageName = packageOf(from);
      if (packageName === manifest.name) continue;
      if (file.area === 'src') used.add(packageName);
      const isDevelopment = file.area !== 'src' || name === 'testkit';
      if (declared.has(packageName)) continue;
      if (isDevelopment && (shared.has(packageName) || packageName in (manifest.devDependencies ?? {}))) continue;
      if (isDevelopment && packageName.startsWith('@hapax/')) continue;
      problems.push(`${file.path}:${line}: add ${packageName} to the dependencies of packages/${name}/package.json`);
    }
  }
  for (const dependency of declared) {
    if (!used.has(dependency)) problems.push(`packages/${name}/package.json: ${dependency} is not imported; remove it`);
  }
  return problems;
}

/** Dependencies without an exact version: what is tested is what is installed. */
export function versionProblems(path: string, manifest: PackageManifest): string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.entries(all)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version))
    .map(([name, version]) => `${path}: ${name} is "${version}"; give it an exact version`);
}

/** Files of one package that import each other in a circle, at run time. */
export function cycleProblems(files: readonly SourceFile[]): string[] {
  const targets = new Map<string, string[]>();
  for (const file of files) {
    const relative = file.imports.filter(({ from, typeOnly }) => from.startsWith('.') && !typeOnly);
    targets.set(file.path, relative.map(({ from }) => resolvePath(file.path, from)));
  }
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) problems.push(`${[...trail.slice(at), path].join(' → ')}: break the circle`);
    if (at >= 0 || done.has(path)) return;
    for (const next of targets.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return problems;
}

/** The path that a relative specifier means, seen from a file. */
export function resolvePath(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function packageOf(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
