/** Finds every condition that the sources name, without running them: one that no run has met is known all the same. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from './output.ts';

/** A `sometimes` or a `reachable`, and where it stands. */
export interface NamedCondition {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
}

/** What the name of a condition looks like: the area it belongs to, and what has happened. */
const CALL = /\b(?:sometimes|reachable)\(\s*(?:[^;]*?,\s*)?'(?<name>[a-z]+: [^']+)',?\s*\)/gu;

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Every condition that runs must meet, by name. UsageError where the sources are not there to be read. */
export function listConditions(): readonly NamedCondition[] {
  const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).filter((file) => existsSync(`${ROOT}${file}`));
  if (files.length === 0) throw new UsageError('conditions are listed from the sources: run it in a checkout');
  const conditions = files.flatMap((file) => conditionsOf(file, readFileSync(`${ROOT}${file}`, 'utf8')));
  return conditions.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** The conditions in one source. */
export function conditionsOf(file: string, source: string): NamedCondition[] {
  return [...source.matchAll(CALL)].map(({ groups }) => ({ name: groups?.['name'] ?? '', file }));
}
