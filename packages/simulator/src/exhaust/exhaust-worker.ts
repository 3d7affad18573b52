/** A thread that plays the runs it is given, one after another; its sources may have a mutation. */
import { parentPort, workerData } from 'node:worker_threads';
import { installMutation } from '../mutations/install-mutation.ts';
import type { ExhaustThreadData } from './exhaust-pool.ts';
import type { ListedRun } from './fault-lists.ts';

const { name, seed, mutation } = workerData as ExhaustThreadData;
if (mutation !== undefined) installMutation(mutation);
const { crc32c } = await import('@node-rs/crc32');
const { accelerateCrc32c } = await import('@hapax/base');
const { findReference } = await import('./references/all.ts');
const { play } = await import('./play.ts');
accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));

const reference = findReference(name, seed);
if (reference === undefined) throw new Error(`there is no reference scenario ${name}`);
parentPort?.on('message', (run: ListedRun) => parentPort?.postMessage(play(reference, run)));
