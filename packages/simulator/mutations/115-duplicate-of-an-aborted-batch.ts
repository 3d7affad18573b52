/** Sequences begin anew with each epoch: a batch of the epoch before is not the same batch. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 115,
  bug: 'Redpanda 5026',
  what: 'a batch of a new epoch is taken for a duplicate of one of the epoch before',
  breaks: ['P4', 'P1', 'P2', 'T1', 'T8', 'history'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: `      this.producerEpoch = batch.producerEpoch;
      this.batches = [];
`,
    replace: `      this.producerEpoch = batch.producerEpoch;
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
