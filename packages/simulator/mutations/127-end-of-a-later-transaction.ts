/** EndTxn names no transaction: only an epoch of its own keeps it from ending the next one. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 127,
  bug: 'KAFKA-17754',
  what: 'an EndTxn of an earlier epoch ends the transaction that is open when it arrives',
  breaks: ['T1', 'T3', 'T6', 'T12', 'T8', 'history'],
  edits: [{
    file: 'packages/txn/src/handlers/end-txn.ts',
    find: `  if (!isRetry && !isCurrent) return fencedProducer(transaction, producerEpoch);
`,
    replace: '',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
