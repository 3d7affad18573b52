/** Wall clocks go back: no transition may depend on them. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 138,
  bug: 'KAFKA-8803',
  what: 'a transition is illegal where the wall clock has gone back since the last one',
  breaks: ['T11', 'assertion'],
  edits: [{
    file: 'packages/txn/src/transitions.ts',
    find: 'assert(mayMove(from.state, state, version), () =>',
    replace: `const isLater = (changes.lastUpdateMs ?? Infinity) >= from.lastUpdateMs;
  assert(mayMove(from.state, state, version) && isLater, () =>`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
