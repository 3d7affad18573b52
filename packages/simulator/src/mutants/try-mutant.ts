/** Tries one automatic mutant: first the tests of its package, then seeds of the simulator. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkloadName } from '../swarm.ts';
import type { Mutant } from './find-mutants.ts';

/** What became of a mutant. `tests`: its package's tests fail. Else the invariant that a seed broke, or `hangs`. */
export type MutantFate =
  | { readonly killedBy: 'tests' | 'hangs' }
  | { readonly killedBy: 'seed'; readonly workload: WorkloadName; readonly seed: number; readonly invariant: string }
  | { readonly killedBy: null };

/** What a thread is told. */
export interface MutantOrder {
  readonly file: string;
  readonly source: string;
  readonly seeds: number;
}

/** What it says of each seed; undefined where the seed was clean. */
export interface MutantSeed {
  readonly workload: WorkloadName;
  readonly seed: number;
  readonly invariant: string | null;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** A test run or a seed that takes longer is in a loop without end. The slowest take a tenth, on a busy machine too. */
const HANGS_MS = 300_000;

/** `seeds` is how many of each workload are tried. */
export async function tryMutant(mutant: Mutant, source: string, seeds: number): Promise<MutantFate> {
  const byTests = await failTests(mutant.file, source);
  if (byTests !== 'pass') return { killedBy: byTests };
  return failSeeds({ file: mutant.file, source, seeds });
}

/** Resolves with what the tests of the file's package say of it. */
function failTests(file: string, source: string): Promise<'tests' | 'hangs' | 'pass'> {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  const path = join(directory, 'source.ts');
  writeFileSync(path, source);
  const env = {
    ...process.env,
    MUTANT_FILE: join(ROOT, file),
    MUTANT_SOURCE: path,
    MUTANT_TESTS: `${file.split('/src/')[0]}/test/**/*.test.ts`,
  };
  const config = fileURLToPath(new URL('../../test/mutant-tests.config.ts', import.meta.url));
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', '--config', config, '--root', ROOT], {
      env, stdio: 'ignore', timeout: HANGS_MS, killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      rmSync(directory, { recursive: true, force: true });
      resolve(signal !== null ? 'hangs' : code === 0 ? 'pass' : 'tests');
    });
  });
}

function failSeeds(order: MutantOrder): Promise<MutantFate> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./mutant-seeds.ts', import.meta.url), { workerData: order });
    let watchdog: NodeJS.Timeout;
    const end = (fate: MutantFate): void => {
      clearTimeout(watchdog);
      void worker.terminate();
      resolve(fate);
    };
    const watch = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => end({ killedBy: 'hangs' }), HANGS_MS);
    };
    watch();
    worker.on('message', ({ workload, seed, invariant }: MutantSeed) => {
      watch();
      if (invariant !== null) end({ killedBy: 'seed', workload, seed, invariant });
    });
    // A source that cannot even be loaded is caught by whoever starts a node.
    worker.on('error', () => end({ killedBy: 'tests' }));
    worker.on('exit', () => end({ killedBy: null }));
  });
}
