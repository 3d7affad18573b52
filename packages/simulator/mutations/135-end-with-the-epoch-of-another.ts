/** A retry is one only where the same producer has raised the epoch itself. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 135,
  bug: 'KAFKA-9600',
  what: 'an EndTxn one epoch below is taken for a retry, whoever has raised the epoch',
  breaks: ['T6', 'T3', 'T12'],
  edits: [{
    file: 'packages/txn/src/handlers/end-txn.ts',
    find: 'const isRetry = isOneBelow && transaction.transactionVersion === 2;',
    replace: 'const isRetry = isOneBelow;',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
