/** A producer may have five batches under way, and send any of them again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 118,
  bug: 'KAFKA-5494',
  what: 'only the last batch of a producer is known, and older ones are sent anew under a new epoch',
  breaks: ['P1', 'P4', 'P3', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'export const RETAINED_BATCHES = 5;',
    replace: 'export const RETAINED_BATCHES = 1;',
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
