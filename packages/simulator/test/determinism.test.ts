/** Whatever a seed does not decide is found by running it twice, and the place where it shows is told. */
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { runTwice, type RepeatedRun } from '../src/determinism.ts';
import type { SourceEdit } from '../src/mutations/mutation.ts';

const DRIVER = 'packages/broker/src/drivers/lifecycle.ts';
const DELAY = 'ports.scheduler.after(this.context.options.lifecycle.heartbeatIntervalMs,';
const LAST_LINE = 'const FAST_HEARTBEAT_MS = 25;';

/** A driver that waits for as long as `delay` says, with something declared beside it. */
function driverThatWaits(delay: string, declared = ''): readonly SourceEdit[] {
  const edits = [{ file: DRIVER, find: DELAY, replace: `ports.scheduler.after(${delay},` }];
  return declared === '' ? edits : [...edits, { file: DRIVER, find: LAST_LINE, replace: `${LAST_LINE}\n${declared}` }];
}

function repeat(edits: readonly SourceEdit[]): Promise<RepeatedRun> {
  return new Promise((resolve, reject) => {
    const url = new URL('./repeat-worker.ts', import.meta.url);
    const worker = new Worker(url, { workerData: { edits, seed: 4 }, execArgv: ['--conditions=source'] });
    worker.on('error', reject);
    worker.on('message', resolve);
  });
}

describe('a seed that is run twice', () => {
  test('is the same twice', () => {
    expect(runTwice(4, { faultsMs: 500 }).divergence).toBeNull();
    expect(runTwice(4, { faultsMs: 200, workload: 'txn' }).divergence).toBeNull();
  });

  test('fails where a driver asks for chance that is not drawn from the seed', async () => {
    const { report } = await repeat(driverThatWaits('200 + Math.random()'));
    expect(report.failure?.invariant).toBe('assertion');
    expect(report.failure?.message).toContain('Math.random was used within a simulation');
  });

  test.each([
    ['chance that was taken before the run', '200 + chance()', 'const chance = Math.random;'],
    ['the clock of the process', '200 + (performance.now() % 1)', ''],
    ['a counter that outlives a run', '200 + (counter++ % 7919)', 'let counter = 0;'],
  ])('is not the same where a driver uses %s, and the first difference is shown', async (_what, delay, declared) => {
    const { divergence } = await repeat(driverThatWaits(delay, declared));
    expect(divergence?.reason).toContain('trace hashes');
    expect(divergence?.event).toBeGreaterThan(10);
    const marked = (lines: readonly string[] = []): string[] => lines.filter((line) => line.startsWith('→'));
    expect(marked(divergence?.first)).toHaveLength(1);
    expect(marked(divergence?.second)).toHaveLength(1);
    expect(divergence?.first).not.toEqual(divergence?.second);
  });
});
