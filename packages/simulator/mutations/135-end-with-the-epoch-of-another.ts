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
  survives: 'two of 2,000 seeds showed it at 6dc101f (1483, 1560), before draws changed: a client of version 1 must ' +
    'end what one of version 2 began, and a retry of its predecessor come late',
} satisfies Mutation;
