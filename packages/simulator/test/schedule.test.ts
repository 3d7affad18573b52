/** Schedules of faults: drawn beforehand, the same for the same seed, and any part of one can be run alone. */
import { FAULT_KINDS, readScenario } from '@hapax/faults';
import { describe, expect, test } from 'vitest';
import { drawPlan, runSeed } from '@hapax/simulator';
import { FAULT_ATLAS, faultKindsFor } from '../src/faults/atlas.ts';
import { drawSchedule, drawStep } from '../src/faults/draw-schedule.ts';

const FAULTS_MS = 4000;
const seeds = Array.from({ length: 40 }, (_, at) => at + 1);

describe('a schedule', () => {
  test('is the same for the same seed, in the order of its times, within its time', () => {
    for (const seed of seeds) {
      const steps = drawSchedule(drawPlan(seed, FAULTS_MS));
      expect(drawSchedule(drawPlan(seed, FAULTS_MS))).toEqual(steps);
      expect(steps).toEqual(steps.toSorted((a, b) => a.at - b.at));
      for (const { at } of steps) expect(at).toBeLessThan(FAULTS_MS);
    }
  });

  test('is plain data that a scenario file can hold', () => {
    for (const seed of seeds) {
      const steps = drawSchedule(drawPlan(seed, FAULTS_MS));
      const file = JSON.stringify({ title: 'drawn', seed, workload: 'records', faultsMs: FAULTS_MS, steps });
      expect(readScenario(JSON.parse(file)).steps).toEqual(steps);
    }
  });

  test('has steps that depend on their own seed alone, not on those before them', () => {
    const plan = drawPlan(3, FAULTS_MS);
    for (const step of drawSchedule(plan)) expect(drawStep(plan, step.at, step)).toEqual(step);
  });

  test('plays the same when it is given as when it is drawn, and any part of it can be played alone', () => {
    const plan = drawPlan(13, FAULTS_MS);
    const schedule = drawSchedule(plan);
    expect(schedule.length).toBeGreaterThan(1);
    const drawn = runSeed(13, { faultsMs: FAULTS_MS });
    expect(runSeed(13, { faultsMs: FAULTS_MS, schedule })).toEqual(drawn);
    const odd = schedule.filter((_, at) => at % 2 === 1);
    const part = runSeed(13, { faultsMs: FAULTS_MS, schedule: odd });
    expect(part.failure).toBeNull();
    const injected = Object.values(part.faults).reduce((sum, count) => sum + count, 0);
    expect(injected).toBeLessThanOrEqual(odd.length);
    expect(part.traceHash).not.toBe(drawn.traceHash);
    for (const [kind, count] of Object.entries(part.effectiveFaults)) {
      expect(count).toBeLessThanOrEqual(part.faults[kind] ?? 0);
    }
  });
});

describe('the atlas', () => {
  test('lets power fail only where acknowledged means synced, and links only where there are two nodes', () => {
    for (const seed of seeds) {
      const plan = drawPlan(seed, FAULTS_MS);
      const kinds = faultKindsFor(plan);
      expect(kinds.includes('power-loss')).toBe(plan.shape.flush === 'fsync');
      expect(kinds.includes('partition')).toBe(plan.shape.nodes > 1);
      for (const kind of plan.faults) expect(kinds).toContain(kind);
    }
  });

  test('leaves kinds out of every seed, and every kind that may come out of some', () => {
    const plans = seeds.map((seed) => drawPlan(seed, FAULTS_MS));
    for (const plan of plans) expect(plan.faults.length).toBeLessThan(faultKindsFor(plan).length);
    const drawn = new Set(plans.flatMap(({ faults }) => faults));
    for (const kind of new Set(plans.flatMap((plan) => faultKindsFor(plan)))) expect(drawn).toContain(kind);
  });

  test('says of every kind what is promised, or why it is kept out', () => {
    for (const kind of FAULT_KINDS) expect(FAULT_ATLAS[kind].promise.length).toBeGreaterThan(10);
  });
});
