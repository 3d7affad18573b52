/** A producer may have five batches under way, and send any of them again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 118,
  bug: 'KAFKA-5494',
  what: 'only the last batch of a producer is known as a duplicate',
  breaks: ['P1', 'P4', 'P3', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'export const RETAINED_BATCHES = 5;',
    replace: 'export const RETAINED_BATCHES = 1;',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
