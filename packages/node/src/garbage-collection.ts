/** How V8 collects garbage in the process of a node: by what is alive, not by how many buffers came and went. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Settings of V8, to be called before the node starts. See decision 0007.
 *
 * V8 marks the whole heap whenever 64 MB of buffers were allocated since the last time, whatever their share of
 * memory: with large batches ten times a second, for two thirds of a node's processor time. Counted towards the limit
 * of the heap instead, which is 40 % above what was alive, buffers cost a sixth of that.
 */
export function configureGarbageCollection(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--heap-growing-percent=40');
}

/** When a node that started has settled. */
const SETTLED_MS = 2000;

/** Gives back once what only the start needed, about 12 MB: V8 would keep it until the heap has grown by its size. */
export function collectStartGarbage(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: { readonly type: 'major'; readonly flavor: string }) => void;
    setFlagsFromString('--no-expose-gc');
    collect({ type: 'major', flavor: 'last-resort' });
  }, SETTLED_MS).unref();
}
