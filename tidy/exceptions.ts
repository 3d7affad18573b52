/**
 * The ratchet: what broke a rule on the day the rule came, with how often it does (exceptions.json). A number may fall
 * and not rise; when a file is mended, its line goes. `UPDATE_RATCHET=1 npm run tidy` lowers the numbers.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, textOf } from './repository.ts';

/** By rule, by path: how many problems are left from before. */
export type Exceptions = Readonly<Record<string, Readonly<Record<string, number>>>>;

const FILE = 'tidy/exceptions.json';
const EXCEPTIONS = JSON.parse(textOf(FILE)) as Exceptions;

/** Problems beyond the exceptions of a rule, and exceptions that are larger than what is left to mend. */
export function afterExceptions(
  rule: string,
  problems: readonly string[],
  exceptions: Exceptions = EXCEPTIONS,
): string[] {
  const byPath = groupByPath(problems);
  const allowed = exceptions[rule] ?? {};
  const beyond = [...byPath].flatMap(([path, found]) => (found.length > (allowed[path] ?? 0) ? found : []));
  const mended = Object.entries(allowed).filter(([path, count]) => (byPath.get(path)?.length ?? 0) < count);
  if (mended.length > 0 && process.env['UPDATE_RATCHET'] === '1' && exceptions === EXCEPTIONS) {
    lower(rule, byPath);
    return beyond;
  }
  return [...beyond, ...mended.map(([path, count]) => {
    const left = byPath.get(path)?.length ?? 0;
    return `${FILE}: ${path} is allowed ${count} × ${rule} and has ${left}; run UPDATE_RATCHET=1 npm run tidy`;
  })];
}

function groupByPath(problems: readonly string[]): Map<string, string[]> {
  const byPath = new Map<string, string[]>();
  for (const problem of problems) {
    const path = problem.split(':', 1)[0] ?? problem;
    byPath.set(path, [...(byPath.get(path) ?? []), problem]);
  }
  return byPath;
}

/** Writes what is left of a rule's exceptions. Never more than there was. */
function lower(rule: string, byPath: ReadonlyMap<string, readonly string[]>): void {
  const now = JSON.parse(textOf(FILE)) as Record<string, Record<string, number>>;
  const left = Object.entries(now[rule] ?? {})
    .map(([path, count]) => [path, Math.min(count, byPath.get(path)?.length ?? 0)] as const)
    .filter(([, count]) => count > 0);
  if (left.length > 0) now[rule] = Object.fromEntries(left);
  else delete now[rule];
  writeFileSync(join(ROOT, FILE), `${JSON.stringify(now, null, 2)}\n`);
}
