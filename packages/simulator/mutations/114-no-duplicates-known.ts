/** A retry that looks like a gap makes its client begin anew, and write twice. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 114,
  bug: 'Redpanda 3039',
  what: 'a partition knows no duplicates, and a producer sends them anew under a new epoch',
  breaks: ['P1', 'P4', 'T8', 'history', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'for (const known of this.batches) {',
    replace: 'for (const known of this.batches.slice(this.batches.length)) {',
  }, {
    file: 'packages/client/src/machines/producer/partition-queue.ts',
    find: 'const unsafe = this.#batches.filter((batch) => batch.mayHaveHappened);',
    replace: 'const unsafe: ProduceBatch[] = [];',
  }, {
    file: 'packages/client/src/machines/producer/produce-batch.ts',
    find: 'assert(!this.inFlight && !this.mayHaveHappened,',
    replace: 'assert(!this.inFlight,',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
