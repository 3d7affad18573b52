/**
 * KAFKA-17754: EndTxn names no transaction, only a producer and its epoch. One that was held up on its way ends
 * whichever transaction is open when it arrives. Under version 2 every transaction has an epoch of its own.
 */
import { describe, expect, test } from 'vitest';
import type { HistoryVerdict } from '@hapax/history';
import { drawPlan, Simulation, type Plan } from '@hapax/simulator';
import { DelayedEnd } from './delayed-end.ts';

function calmPlan(version: 1 | 2): Plan {
  const plan = drawPlan(1, 10_000, 'txn');
  const weather = { minDelayMs: 0.05, meanDelayMs: 0.3, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 60_000 };
  const topics = [{ name: 'written', partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 }];
  return {
    ...plan,
    weather,
    faults: [],
    shape: { ...plan.shape, nodes: 3 },
    workload: { ...plan.workload, topics, hasOperations: false, requestTimeoutMs: 3000 },
    transactions: { ...plan.transactions!, version },
  };
}

/** Runs the script; gives what the client was told, and the verdict on what readers saw. */
function play(version: 1 | 2): { readonly delayed: DelayedEnd; readonly verdict: HistoryVerdict } {
  let delayed: DelayedEnd | undefined;
  const simulation = new Simulation(calmPlan(version), {
    makeWorkload: (world, plan, watch) => (delayed = new DelayedEnd(world, plan, watch, version)),
  });
  const { violation, tail } = simulation.run();
  expect(violation?.message, tail.join('\n')).toBeUndefined();
  return { delayed: delayed!, verdict: delayed!.judge() };
}

describe('a commit that arrives in the next transaction', () => {
  test('commits it under version 1, against the will of its client: the anomaly is seen, and counted apart', () => {
    const { delayed, verdict } = play(1);
    expect(delayed.told).toEqual(['abort: NONE', 'late commit: NONE', 'abort: INVALID_TXN_STATE']);
    expect(delayed.delayedEnds).toBe(1);
    expect(verdict.faults.map(({ anomaly }) => anomaly)).toEqual(['aborted-read']);
  });

  test('is refused under version 2, and nothing is wrong', () => {
    const { delayed, verdict } = play(2);
    expect(delayed.told).toEqual(['abort: NONE', 'late commit: PRODUCER_FENCED', 'abort: NONE']);
    expect(delayed.delayedEnds).toBe(0);
    expect(verdict.faults).toEqual([]);
  });
});
