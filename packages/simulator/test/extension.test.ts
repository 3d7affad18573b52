/** What one file of the user's own adds: faults, invariants, clients and another plan. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import lostLeaders from '../examples/lost-leaders.ts';
import { loadExtension } from '../src/commands/extension-file.ts';
import type { Extension } from '../src/extension.ts';
import { runSeed } from '../src/run-seed.ts';
import { Workload } from '../src/workload/workload.ts';

const run = (extension: Extension) => runSeed(1, { faultsMs: 4000, extension });

describe('an extension', () => {
  test('has faults that are drawn beside those of the seed', () => {
    const { faults, effectiveFaults, failure } = run({ ...lostLeaders, change: (plan) => ({ ...plan, faults: [] }) });
    expect(failure).toBeNull();
    expect(Object.keys(faults)).toEqual(['leaders-in-turn']);
    expect(effectiveFaults['leaders-in-turn']).toBeGreaterThan(0);
  });

  test('has invariants, whose violation ends the run under their name', () => {
    let looks = 0;
    const thirdLook = () => () => (++looks < 3 ? undefined : 'this was the third look');
    const { failure } = run({ invariants: { patience: thirdLook } });
    expect(failure).toMatchObject({ invariant: 'extension', message: 'extension: patience: this was the third look' });
  });

  test('is asked once more at rest', () => {
    const atRest = () => (_watch: unknown, isAtRest: boolean) => (isAtRest ? 'this is the end' : undefined);
    expect(run({ invariants: { end: atRest } }).failure?.message).toBe('extension: end: this is the end');
  });

  test('may bring clients of its own', () => {
    let prepared = 0;
    class Counted extends Workload {
      override prepare(done: () => void): void {
        prepared += 1;
        super.prepare(done);
      }
    }
    expect(run({ workload: (...parts) => new Counted(...parts) }).failure).toBeNull();
    expect(prepared).toBe(1);
  });
});

describe('the file of an extension', () => {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

  test('is loaded by its path', async () => {
    expect(await loadExtension(path('../examples/lost-leaders.ts'))).toBe(lostLeaders);
  });

  test('is refused where it is not there, or has something that nobody looks at', async () => {
    await expect(loadExtension('no-such-file.ts')).rejects.toThrow('--with no-such-file.ts cannot be loaded');
    await expect(loadExtension(path('../mutations/101-ack-before-the-sync.ts'))).rejects.toThrow('looks at "row"');
    await expect(loadExtension(path('./log-of-batches.ts'))).rejects.toThrow('default export');
  });
});
