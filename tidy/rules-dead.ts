/** Dead code: files that nothing reaches, and exports that nobody names. */
import { isNode, walk, type SourceFile, type SyntaxNode } from './source-file.ts';
import { resolvePath } from './rules-imports.ts';

/** Files that are reached from none of the entries. Types count: a file of types is alive while somebody imports it. */
export function unreachedProblems(
  files: readonly SourceFile[],
  entries: ReadonlySet<string>,
  entryOf: (specifier: string) => string | undefined,
): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { from } of file.imports) {
      const target = from.startsWith('.') ? resolvePath(path, from) : entryOf(from);
      if (target !== undefined) open.push(target);
    }
  }
  return files
    .filter(({ path }) => !reached.has(path))
    .map(({ path }) => `${path}: nothing that runs imports it; remove it, or use it`);
}

/**
 * Exports that no other file names, and, of types, that their own file does not use either (a type in the signature of
 * something public is public). By name: two exports of one name cover for each other.
 */
export function unusedExportProblems(files: readonly SourceFile[]): string[] {
  const filesThatName = new Map<string, Set<string>>();
  const usesInFile = new Map<string, Map<string, number>>();
  for (const file of files) {
    const counts = countNames(file);
    usesInFile.set(file.path, counts);
    for (const name of counts.keys()) {
      const paths = filesThatName.get(name) ?? new Set();
      filesThatName.set(name, paths.add(file.path));
    }
  }
  return files.flatMap((file) => {
    if (file.area !== 'src' || file.path.endsWith('/index.ts')) return [];
    const types = typeNames(file);
    return file.exports
      .filter(({ name }) => name !== 'default' && (filesThatName.get(name)?.size ?? 0) < 2)
      .filter(({ name }) => !types.has(name) || (usesInFile.get(file.path)?.get(name) ?? 0) < 2)
      .map(({ name, line }) => `${file.path}:${line}: nobody uses ${name}; remove it, or the word export`);
  });
}

function countNames(file: SourceFile): Map<string, number> {
  const counts = new Map<string, number>();
  // An index that lists a name does not use it.
  if (file.path.endsWith('/index.ts')) return counts;
  walk(file.body, (node) => {
    if (node.type !== 'Identifier') return;
    const name = String(node['name']);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  return counts;
}

function typeNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  const declarations: SyntaxNode[] = file.body.flatMap(({ declaration }) => (isNode(declaration) ? [declaration] : []));
  for (const { type, id } of declarations) {
    if (/^(?:TSInterface|TSTypeAlias|Class)Declaration$/u.test(type) && isNode(id)) names.add(String(id['name']));
  }
  return names;
}
