/** Scenarios: a seed with given faults and a changed plan, and what is said where the changes do not fit. */
import { describe, expect, test } from 'vitest';
import { drawPlan } from '@hapax/simulator';
import { overridePlan, runScenario } from '../src/run-scenario.ts';

const SCENARIO = { title: 'a leader dies', seed: 13, workload: 'records', faultsMs: 2000 } as const;
const STEP = { at: 500, kind: 'crash', target: 'controller.leader', forMs: 300, seed: 1 } as const;

describe('a scenario', () => {
  test('runs its own faults and no others, and the same way each time', () => {
    const report = runScenario({ ...SCENARIO, steps: [STEP] });
    expect(report.failure).toBeNull();
    expect(report.faults).toEqual({ crash: 1 });
    expect(report.effectiveFaults).toEqual({ crash: 1 });
    expect(runScenario({ ...SCENARIO, steps: [STEP] })).toEqual(report);
  });

  test('waits for the event that a step names, and finds it where it came', () => {
    const when = { event: 'raft-leader', nth: 1 } as const;
    const lines: string[] = [];
    const steps = [STEP, { ...STEP, at: 500, kind: 'crash-at-event', target: 'event.node', when } as const];
    const report = runScenario({ ...SCENARIO, steps }, { onLine: (line) => lines.push(line) });
    expect(report.failure).toBeNull();
    expect(report.effectiveFaults).toEqual({ 'crash': 1, 'crash-at-event': 1 });
    const injected = lines.findIndex((line) => line.includes('crash-at-event'));
    const before = lines.slice(0, injected).findLast((line) => line.includes('raft role changed'));
    expect(before).toContain('"role":"leader"');
  });

  test('may have no effect: who is dead cannot die', () => {
    const step = { ...STEP, target: 'node(0)' };
    const report = runScenario({ ...SCENARIO, steps: [step, step] });
    expect([report.faults, report.effectiveFaults]).toEqual([{ crash: 2 }, { crash: 1 }]);
  });

  test('changes the plan where it says so', () => {
    const plan = overridePlan(drawPlan(13, 2000), { shape: { nodes: 5 }, meanSyncMs: 7 });
    expect(plan.shape.nodes).toBe(5);
    expect(plan.meanSyncMs).toBe(7);
    expect(plan.shape.segmentBytes).toBe(drawPlan(13, 2000).shape.segmentBytes);
  });

  test.each([
    [{ shape: { nods: 5 } }, 'plan.shape.nods is not known: there is nodes, '],
    [{ shape: 3 }, 'plan.shape is 3: give something like {"nodes"'],
    [{ meanSyncMs: 'slow' }, 'plan.meanSyncMs is "slow": give something like'],
  ])('is refused where the plan has no such field: %j', (plan, message) => {
    expect(() => runScenario({ ...SCENARIO, steps: [], plan })).toThrow(message);
  });
});
