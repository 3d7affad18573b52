/** The golden traces: one file a path or a trap. */
import { readdirSync } from 'node:fs';
import { runDatadriven } from '@hapax/testkit';
import { describe, test } from 'vitest';
import { TraceRun } from './trace-run.ts';

const FOLDER = `${import.meta.dirname}/testdata`;

describe('golden traces', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
    test(`${file} runs as written`, () => {
      const run = new TraceRun();
      runDatadriven(`${FOLDER}/${file}`, (command) => run.run(command));
    });
  }
});
