/** Scenario files: what they may say, and what is said about those that are wrong. */
import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, FAULTS, isFaultKind, parseTarget, PROTOCOL_EVENTS, readScenario } from '@hapax/faults';

const STEP = { at: 100, kind: 'crash', target: 'node(1)', forMs: 50, seed: 7 };
const SCENARIO = { title: 'a crash', seed: 1, workload: 'records', faultsMs: 4000, steps: [STEP] };

function messageOf(document: unknown): string {
  try {
    readScenario(document);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

describe('a scenario', () => {
  test('is read as it was written', () => {
    const when = { event: 'raft-leader', nth: 2, on: 'node(0)' };
    const steps = [{ ...STEP, when, other: 'clients' }];
    const full = { ...SCENARIO, expect: 'clean', plan: { meanSyncMs: 1 }, steps };
    expect(readScenario(JSON.parse(JSON.stringify(full)))).toEqual(full);
  });

  test('has its steps in the order of their times, and of one as many as `every` says, each with its own seed', () => {
    const often = { ...STEP, every: { ms: 500, times: 3 } };
    const { steps } = readScenario({ ...SCENARIO, steps: [{ ...STEP, at: 900 }, often] });
    expect(steps.map(({ at, seed }) => [at, seed])).toEqual([[100, 7], [600, 8], [900, 7], [1100, 9]]);
  });

  test.each([
    ['a number that is none', { ...SCENARIO, seed: 'x' }, 'seed is "x": give a whole number from 0 to 4294967295'],
    ['a field that is missing', { ...SCENARIO, workload: undefined }, 'workload is missing: give records, txn'],
    ['a field that is not known', { ...SCENARIO, sede: 3 }, 'sede is not known: there is title, seed'],
    [
      'a time before the beginning', { ...SCENARIO, steps: [{ ...STEP, at: -1 }] },
      'steps[0].at is -1: give a number from 0',
    ],
    [
      'a kind that is not known', { ...SCENARIO, steps: [{ ...STEP, kind: 'crsh' }] },
      'steps[0].kind is "crsh": give one of',
    ],
    [
      'a target that is none', { ...SCENARIO, steps: [STEP, { ...STEP, target: 'nod(1)' }] },
      'steps[1].target is "nod(1)": give all',
    ],
    [
      'an event that is not known', { ...SCENARIO, steps: [{ ...STEP, when: { event: 'boom' } }] },
      'steps[0].when.event is "boom": give one of',
    ],
    [
      'a parameter that is no plain value', { ...SCENARIO, steps: [{ ...STEP, parameters: { a: [] } }] },
      'steps[0].parameters is',
    ],
    ['no object at all', [SCENARIO], 'the document is [{'],
  ])('with %s is refused: where it is, what is there, what to give', (_, document, message) => {
    expect(messageOf(document)).toContain(message);
  });
});

describe('a target', () => {
  test('names nodes, roles, and differences of both', () => {
    expect(parseTarget('nodes(0,2)')).toEqual({ type: 'nodes', ids: [0, 2] });
    expect(parseTarget('leader(a-b-3)')).toEqual({ type: 'leader', topic: 'a-b', partition: 3 });
    expect(parseTarget('controller.leader')).toEqual({ type: 'controller-leader' });
    expect(parseTarget('coordinator(payments)')).toEqual({ type: 'coordinator', transactionalId: 'payments' });
    expect(parseTarget('all.minus(node(1))')).toEqual({
      type: 'minus', of: { type: 'all' }, without: { type: 'nodes', ids: [1] },
    });
    expect(parseTarget('isr(t-0).minus(leader)')).toEqual({
      type: 'minus',
      of: { type: 'isr', topic: 't', partition: 0 },
      without: { type: 'leader', topic: 't', partition: 0 },
    });
  });

  test.each(['', 'node()', 'node(x)', 'leader(t)', 'nodes', 'all.minus(x)'])('%j is none', (text) => {
    expect(typeof parseTarget(text)).toBe('string');
  });
});

test('every kind and every event has a sentence', () => {
  expect(FAULT_KINDS.length).toBeGreaterThanOrEqual(48);
  for (const { what } of [...Object.values(FAULTS), ...Object.values(PROTOCOL_EVENTS).map((what) => ({ what }))]) {
    expect(what).toMatch(/^\S.{10,118}[^.]$/u);
  }
  expect(isFaultKind('crash')).toBe(true);
  expect(isFaultKind('toString')).toBe(false);
});
