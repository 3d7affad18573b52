/** A thread whose sources are changed for a test: it runs a seed twice, and tells what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { installMutation } from '../src/mutations/install-mutation.ts';
import type { SourceEdit } from '../src/mutations/mutation.ts';

const { edits, seed } = workerData as { readonly edits: readonly SourceEdit[]; readonly seed: number };
installMutation({ edits });
const { runTwice } = await import('../src/determinism.ts');
parentPort?.postMessage(runTwice(seed, { faultsMs: 500 }));
