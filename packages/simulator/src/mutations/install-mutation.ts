/** Changes sources as they are loaded, in this thread and from now on: nothing that is shipped knows of mutations. */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutateSource, type Mutation } from './mutation.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Installs the edits of a mutation. Modules that are loaded already stay as they are. */
export function installMutation({ edits }: Pick<Mutation, 'edits'>): void {
  const files = new Set(edits.map(({ file }) => file));
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:')) return loaded;
      const path = fileURLToPath(url);
      if (!path.startsWith(ROOT)) return loaded;
      const file = path.slice(ROOT.length);
      if (!files.has(file)) return loaded;
      const source = new TextDecoder().decode(loaded.source as Uint8Array);
      return { ...loaded, source: mutateSource(source, file, edits) };
    },
  });
}
