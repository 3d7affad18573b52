/** A marker that comes late must not end the transaction after its own. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 152,
  bug: 'Redpanda 1384',
  what: 'a marker that comes late ends the next transaction of its producer',
  breaks: ['T1', 'T3', 'T5', 'T7', 'T12'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'if (transactionVersion >= 2 && epoch === this.producerEpoch && isOpen && epoch !== LAST_EPOCH) {',
    replace: 'if (transactionVersion > 2) {',
  }],
  hunt: { workload: 'odd' },
} satisfies Mutation;
