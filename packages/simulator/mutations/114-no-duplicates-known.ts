/** A retry that looks like a gap makes its client begin anew, and write twice. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 114,
  bug: 'Redpanda 3039',
  what: 'a partition does not look for a batch among those it has',
  breaks: ['P1', 'P4', 'T8', 'history', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'for (const known of this.batches) {',
    replace: 'for (const known of this.batches.slice(this.batches.length)) {',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
