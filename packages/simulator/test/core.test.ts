/** A majority that is well again goes on alone, while the others are gone; what is no majority does not. */
import { describe, expect, test } from 'vitest';
import { runSeed, type Plan } from '@hapax/simulator';

const SEED = 12;

function runWith(core: Plan['core'], schedule?: []): ReturnType<typeof runSeed> {
  return runSeed(SEED, { faultsMs: 2000, schedule, change: (plan) => ({ ...plan, core }) });
}

describe('of three nodes', () => {
  test.each(['crash', 'pause', 'isolate'] as const)('two go on alone after faults, the third gone by %s', (others) => {
    expect(runWith({ nodes: [0, 2], others }).failure).toBeNull();
  });

  test('one does not, even without any fault before', () => {
    const { failure } = runWith({ nodes: [1], others: 'crash' }, []);
    expect(failure?.message).toContain('nodes [1] go on alone, but not within');
  });
});
