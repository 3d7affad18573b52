/** Calls on the metadata have one order that explains all answers, or the judge says which one has no place. */
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '@hapax/base';
import { checkLinearizable, KeyedRecorder, type KeyedAction, type KeyedCall, type Outcome } from '@hapax/history';

/** A call of `process` from `beganAt` to `endedAt`. */
function call(
  process: string, beganAt: number, endedAt: number, action: KeyedAction, outcome: Outcome = 'ok', key = 'topic a',
): KeyedCall {
  return { process, key, action, outcome, beganAt, endedAt };
}

const create = { kind: 'create', value: 'one' } as const;
const remove = { kind: 'delete' } as const;
const write = (value: string): KeyedAction => ({ kind: 'write', value });
const read = (value: string | null): KeyedAction => ({ kind: 'read', value });

const BAD: readonly (readonly [string, readonly KeyedCall[]])[] = [
  ['a topic that was created is not there for a later read', [
    call('p', 0, 1, create), call('q', 2, 3, read(null)),
  ]],
  ['a topic that was deleted comes back', [
    call('p', 0, 1, create), call('p', 2, 3, remove), call('q', 4, 5, read('one')),
  ]],
  ['a topic is created twice without having been deleted', [
    call('p', 0, 3, create), call('q', 1, 2, create),
  ]],
  ['a topic is deleted twice', [
    call('p', 0, 1, create), call('p', 2, 5, remove), call('q', 3, 4, remove),
  ]],
  ['two readers see two writes in different orders', [
    call('p', 0, 9, write('x')), call('q', 1, 8, write('y')),
    call('r', 2, 3, read('x')), call('r', 4, 5, read('y')), call('s', 2, 3, read('y')), call('s', 4, 5, read('x')),
  ]],
  ['a write whose outcome nobody knows is seen, then gone, then seen', [
    call('p', 0, 1, write('x')), call('p', 2, Infinity, write('y'), 'unknown'),
    call('q', 3, 4, read('y')), call('q', 5, 6, read('x')),
  ]],
  ['a configuration is read that nobody has set', [call('p', 0, 1, write('x')), call('q', 0, 1, read('z'))]],
  ['a read that may be out of date sees what is written only later', [
    call('q', -Infinity, 1, read('x')), call('p', 2, 3, write('x')),
  ]],
  ['a write that failed is seen', [call('p', 0, 1, write('x'), 'fail'), call('q', 2, 3, read('x'))]],
];

const GOOD: readonly (readonly [string, readonly KeyedCall[]])[] = [
  ['nothing happens', []],
  ['a read while a topic is created sees either', [
    call('p', 0, 5, create), call('q', 1, 2, read(null)), call('r', 3, 4, read('one')),
  ]],
  ['a write of unknown outcome comes late', [
    call('p', 0, 1, write('x')), call('p', 2, Infinity, write('y'), 'unknown'),
    call('q', 3, 4, read('x')), call('q', 5, 6, read('y')),
  ]],
  ['a write of unknown outcome never comes', [
    call('p', 0, Infinity, write('x'), 'unknown'), call('q', 1, 2, read(null)),
  ]],
  ['a topic that was there already is as good as created', [
    call('p', 0, 1, create), call('q', 2, 3, { kind: 'ensure', value: 'one' }), call('q', 4, 5, read('one')),
  ]],
  ['a topic that was gone already is as good as deleted', [
    call('p', 0, 1, create), call('p', 2, 3, remove), call('q', 4, 5, { kind: 'clear' }), call('q', 6, 7, read(null)),
  ]],
  ['a read that may be out of date is', [
    call('p', 0, 1, write('x')), call('p', 2, 3, write('y')), call('q', -Infinity, 5, read('x')),
  ]],
  ['what happens to other keys does not matter', [
    call('p', 0, 1, create), call('q', 2, 3, read(null), 'ok', 'topic b'),
  ]],
  ['a read without an answer says nothing', [
    call('p', 0, 1, create), call('q', 2, Infinity, read(null), 'unknown'),
  ]],
];

describe('no order explains that', () => {
  test.each(BAD)('%s', (_what, calls) => {
    const verdict = checkLinearizable(calls);
    expect(verdict.isLinearizable).toBe(false);
    expect(verdict.faults[0]?.message).toContain('topic a');
  });
});

describe('an order explains that', () => {
  test.each(GOOD)('%s', (_what, calls) => {
    expect(checkLinearizable(calls)).toEqual({ isLinearizable: true, faults: [], undecided: [] });
  });
});

/** The calls of clients of one correct register: each takes effect at a moment between its beginning and its end. */
function writeGoodCalls(seed: number): KeyedCall[] {
  const random = new SeededRandom(seed);
  const recorder = new KeyedRecorder();
  let value: string | null = null;
  let next = 0;
  const open: { readonly action: KeyedAction; takeEffect(): void }[] = [];
  for (let step = 0; step < 60; step++) {
    if (open.length < 4 && random.nextInt(2) === 0) {
      const isRead = random.nextInt(2) === 0;
      const action = isRead ? read(null) : write(`v${next++}`);
      const begun = recorder.begin(`p${step}`, 'config', action);
      open.push({
        action,
        takeEffect: () => {
          if (action.kind === 'read') return begun.end('ok', read(value));
          const outcome = (['ok', 'ok', 'ok', 'fail', 'unknown'] as const)[random.nextInt(5)] ?? 'ok';
          const isDone = outcome === 'ok' || (outcome === 'unknown' && random.nextInt(2) === 0);
          if (isDone && action.kind === 'write') value = action.value;
          begun.end(outcome);
        },
      });
    } else {
      open.splice(random.nextInt(Math.max(1, open.length)), 1)[0]?.takeEffect();
    }
  }
  return [...recorder.calls()];
}

test('the calls of a correct register always have an order, and with one answer changed hardly ever', () => {
  let found = 0;
  for (let seed = 0; seed < 150; seed++) {
    const calls = writeGoodCalls(seed);
    expect(checkLinearizable(calls)).toEqual({ isLinearizable: true, faults: [], undecided: [] });
    const at = calls.findLastIndex(({ action, outcome }) => action.kind === 'read' && outcome === 'ok');
    const changed = calls.map((one, index) => (index === at ? { ...one, action: read('never written') } : one));
    if (at >= 0 && !checkLinearizable(changed).isLinearizable) found += 1;
  }
  expect(found).toBeGreaterThan(140);
});

test('a key with more at one time than can be searched is undecided, not at fault', () => {
  const calls = Array.from({ length: 14 }, (_, at) => call(`p${at}`, 0, 100, write(`v${at}`)));
  const verdict = checkLinearizable([...calls, call('r', 101, 102, read('nothing like it'))], 500);
  expect(verdict).toEqual({ isLinearizable: true, faults: [], undecided: ['topic a'] });
});
