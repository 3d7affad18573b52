/** One round of every scenario on real processes. */
import { expect, test } from 'vitest';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const TIME_LIMIT_MS = 600_000;

test.each(SCENARIOS)('$name: nothing is lost, doubled or disordered by $what', async (scenario) => {
  const outcome = await runScenario(scenario, 1);
  expect(outcome).toMatchObject({ isPassed: true, verdict: { lost: 0, duplicated: 0, outOfOrder: 0 } });
}, TIME_LIMIT_MS);
