/** What was open when the snapshot was taken is open still: a replica that forgets it shows it as committed. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 99,
  bug: 'Redpanda 5025, 5090',
  what: 'after a restart a replica serves without the transactions that were open in its snapshot',
  breaks: ['T2', 'T4', 'P6', 'history'],
  edits: [{
    file: 'packages/replica/src/producer-state.ts',
    find: 'states.transactions.restore(open.map((entry) => [entry.producerId, entry.currentTxnFirstOffset]), ended);',
    replace: 'states.transactions.restore(open.slice(open.length).map((entry) => [entry.producerId, 0]), ended);',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
