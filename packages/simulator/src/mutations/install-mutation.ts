/** Changes sources as they are loaded, in this thread and from now on: nothing that is shipped knows of mutations. */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutateSource, type Mutation } from './mutation.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Installs the edits of a mutation. Modules that are loaded already stay as they are. */
export function installMutation({ edits }: Pick<Mutation, 'edits'>): void {
  for (const file of new Set(edits.map((edit) => edit.file))) {
    installSource(file, (source) => mutateSource(source, file, edits));
  }
}

/** Installs another form of one source; `file` is its path from the root of the repository. */
export function installSource(file: string, change: (source: string) => string): void {
  const path = ROOT + file;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || fileURLToPath(url) !== path) return loaded;
      return { ...loaded, source: change(new TextDecoder().decode(loaded.source as Uint8Array)) };
    },
  });
}
