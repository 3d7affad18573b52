/** Whole runs: the same seed gives the same history, and standard seeds are clean. */
import { describe, expect, test } from 'vitest';
import { drawPlan, runSeed, Simulation } from '@hapax/simulator';

const SHORT = { faultsMs: 4000 };

describe('a run', () => {
  test('gives the same history for the same seed, event by event', () => {
    const one = runSeed(4, SHORT);
    const other = runSeed(4, SHORT);
    expect(other).toEqual(one);
    expect(one.events).toBeGreaterThan(1000);
  });

  test('gives another history for another seed', () => {
    expect(runSeed(4, SHORT).traceHash).not.toBe(runSeed(5, SHORT).traceHash);
  });

  test('may not ask the real clock or real chance, and gives them back at its end', () => {
    runSeed(4, SHORT);
    expect(Date.now()).toBeGreaterThan(0);
    expect(Math.random()).toBeLessThan(1);
  });

  test('tells a violation with the plan and the last lines of its trace', () => {
    const plan = drawPlan(4, 1000);
    // No cluster of three forms while nothing passes between its nodes for as long as a run waits.
    const result = new Simulation({ ...plan, weather: { ...plan.weather, minDelayMs: 30_000 } }).run();
    expect(result.violation?.invariant).toBe('liveness');
    expect(result.tail.length).toBeGreaterThan(0);
  });
});

describe('standard seeds of transactions', () => {
  test.each([2, 6, 9, 31, 57])('seed %i is clean', (seed) => {
    const report = runSeed(seed, { ...SHORT, workload: 'txn' });
    expect(report.failure?.message).toBeUndefined();
    expect(report.transactions?.committed).toBeGreaterThan(0);
  });

  test('the same seed gives the same history', () => {
    const options = { faultsMs: 1000, workload: 'txn' } as const;
    expect(runSeed(2, options)).toEqual(runSeed(2, options));
  });
});

describe('standard seeds of controllers alone', () => {
  test.each([7, 30, 36, 51, 86, 176])('seed %i is clean', (seed) => {
    const report = runSeed(seed, { faultsMs: 12_000, workload: 'raft' });
    expect(report.failure?.message).toBeUndefined();
    expect(report.consumed).toBeGreaterThan(0);
  });

  test('the same seed gives the same history', () => {
    const options = { faultsMs: 3000, workload: 'raft' } as const;
    expect(runSeed(7, options)).toEqual(runSeed(7, options));
  });
});

describe('standard seeds', () => {
  test.each([3, 13, 15, 17, 25, 27, 1148, 2000, 2060, 2123, 2177])('seed %i is clean', (seed) => {
    const report = runSeed(seed, SHORT);
    expect(report.failure?.message).toBeUndefined();
    expect(report.acked).toBeGreaterThan(0);
  });
});
