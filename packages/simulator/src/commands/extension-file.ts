/** Loads the file that `--with` names. */
import { pathToFileURL } from 'node:url';
import type { Extension } from '../extension.ts';
import { UsageError } from './output.ts';

const KNOWN = ['change', 'faults', 'invariants', 'workload'];

/** Undefined where no file is named. Throws a `UsageError` where it cannot be loaded, or has something else in it. */
export async function loadExtension(file: string | undefined): Promise<Extension | undefined> {
  if (file === undefined) return undefined;
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(`--with ${file} cannot be loaded: ${(error as Error).message}`);
  }
  const { default: extension } = loaded;
  if (typeof extension !== 'object' || extension === null) {
    throw new UsageError(`--with ${file}: give a file whose default export is an object; see docs/SIMULATION.md`);
  }
  const unknown = Object.keys(extension).find((key) => !KNOWN.includes(key));
  if (unknown === undefined) return extension;
  throw new UsageError(`--with ${file}: nobody looks at ${JSON.stringify(unknown)}; give ${KNOWN.join(', ')}`);
}
