/** A marker whose answer was lost comes again, and is as good as before. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 146,
  bug: 'KAFKA-19999',
  what: 'under version 2 a marker that comes again is refused as one of an old epoch',
  breaks: ['T11', 'T7', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'if (transactionVersion >= 2 && epoch === this.producerEpoch && isOpen && epoch !== LAST_EPOCH) {',
    replace: 'if (transactionVersion >= 2 && epoch === this.producerEpoch && epoch !== LAST_EPOCH) {',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
