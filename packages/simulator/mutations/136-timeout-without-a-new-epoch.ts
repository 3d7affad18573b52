/** Who is aborted against his will must not go on as if nothing had happened. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 136,
  bug: 'KAFKA-6119, KAFKA-5231',
  what: 'a transaction that takes too long is aborted without a new epoch',
  breaks: ['T6', 'T3', 'T1', 'T12'],
  edits: [{
    file: 'packages/txn/src/transitions.ts',
    find: 'producerEpoch: Math.min(from.producerEpoch + 1, EPOCH_MAX), lastProducerEpoch: -1,',
    replace: 'lastProducerEpoch: -1,',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
