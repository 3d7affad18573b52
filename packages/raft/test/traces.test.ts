/** Golden traces: each file in testdata tells one story. UPDATE_GOLDEN=1 rewrites them: read what changed. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runDatadriven } from '@hapax/testkit';
import { test } from 'vitest';
import { TraceRunner } from './trace-runner.ts';

const FOLDER = fileURLToPath(new URL('testdata', import.meta.url));

test.each(readdirSync(FOLDER).sort())('the trace %s is as it was read and accepted', (name) => {
  const runner = new TraceRunner();
  runDatadriven(`${FOLDER}/${name}`, (script) => runner.run(script));
});
