/** `npm run sim -- --seed N --shrink`: the fewest faults with which a seed still fails, and a scenario file of them. */
import { crc32c } from '@node-rs/crc32';
import { writeFileSync } from 'node:fs';
import { accelerateCrc32c } from '@hapax/base';
import type { Scenario } from '@hapax/faults';
import { runSeed } from '../run-seed.ts';
import { shrinkSeed } from '../shrink/shrink-seed.ts';
import { endProgress, print, showProgress } from './output.ts';
import type { SeedRun } from './seeds.ts';

/** Answers 1 where the seed fails, as running it does; 0 where there is nothing to shrink. */
export function shrinkOne(seed: number, { faultsMs, workload, isJson }: SeedRun, runsMax: number): number {
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
  const options = { faultsMs, workload };
  const failed = runSeed(seed, options);
  if (failed.failure === null) {
    print(`seed ${seed} is clean: there is nothing to shrink`);
    return 0;
  }
  const { invariant } = failed.failure;
  let runs = 0;
  const shrunk = shrinkSeed(seed, options, failed, {
    runsMax,
    mayGoOn: () => {
      showProgress(`${runs++} runs`);
      return true;
    },
  });
  endProgress();
  const scenario: Scenario = {
    title: shrunk.report.failure?.message ?? invariant,
    seed,
    workload,
    faultsMs: shrunk.faultsMs,
    expect: invariant,
    steps: shrunk.steps,
  };
  const file = `seed-${seed}.scenario.json`;
  writeFileSync(file, `${JSON.stringify(scenario, null, 2)}\n`);
  for (const step of shrunk.steps) print(JSON.stringify(step));
  const rest = shrunk.isMinimal ? '' : ' (runs were spent: fewer may do)';
  print(`seed ${seed}: ${scenario.title}; ${shrunk.steps.length} faults are left after ${shrunk.runs} runs${rest}`);
  print(`again: npm run sim -- scenario ${file} --trace`);
  const { runs: runsMade, steps } = shrunk;
  if (isJson) print(JSON.stringify({ seed, invariant, file, runs: runsMade, faults: steps.length, scenario }));
  return 1;
}
