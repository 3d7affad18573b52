/** The mutations and their recorded kills, as they lie in `packages/simulator/mutations`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Mutation, RecordedKill } from './mutation.ts';

const DIRECTORY = new URL('../../mutations/', import.meta.url);

/** A mutation under the name of its file, `081-mark-before-truncation`, which is its name everywhere. */
export interface NamedMutation {
  readonly name: string;
  readonly mutation: Mutation;
  readonly recorded: RecordedKill | undefined;
}

/** All mutations, by row. */
export async function loadCatalogue(): Promise<NamedMutation[]> {
  const files = readdirSync(DIRECTORY).filter((file) => /^\d{3}-.*\.ts$/u.test(file));
  return Promise.all(files.toSorted().map(async (file) => {
    const name = file.slice(0, -'.ts'.length);
    const { default: mutation } = await import(new URL(file, DIRECTORY).href) as { readonly default: Mutation };
    return { name, mutation, recorded: readKill(name) };
  }));
}

/** Keeps how a mutation was caught. */
export function recordKill(name: string, kill: RecordedKill): void {
  writeFileSync(killFile(name), `${JSON.stringify(kill, null, 2)}\n`);
}

function readKill(name: string): RecordedKill | undefined {
  try {
    return JSON.parse(readFileSync(killFile(name), 'utf8')) as RecordedKill;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function killFile(name: string): URL {
  return new URL(`kills/${name}.json`, DIRECTORY);
}
