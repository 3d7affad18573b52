/** A clock that jumps over a day makes nobody forget a producer that was here a moment ago. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 125,
  bug: 'Redpanda 36fbf76b44',
  what: 'a wall clock that jumps makes brokers forget producers, and take their retries for new batches',
  breaks: ['P1', 'P2', 'P6', 'history'],
  edits: [{
    file: 'packages/replica/src/producer-state.ts',
    find: 'const CLOCK_STEP_MAX_MS = 3_600_000;',
    replace: 'const CLOCK_STEP_MAX_MS = Number.POSITIVE_INFINITY;',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
