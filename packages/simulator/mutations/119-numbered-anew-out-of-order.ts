/** Batches that are numbered anew after an error must keep their order. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 119,
  bug: 'KAFKA-8483, KAFKA-8484',
  what: 'a producer numbers its batches under a new epoch in another order than that of their records',
  breaks: ['P3', 'history'],
  edits: [{
    file: 'packages/client/src/machines/producer/partition-queue.ts',
    find: 'for (const batch of this.#batches) batch.identify(undefined);',
    replace: 'for (const batch of this.#batches.reverse()) batch.identify(undefined);',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
