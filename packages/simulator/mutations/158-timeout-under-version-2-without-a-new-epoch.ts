/** Under version 2, too, whoever took too long must not go on. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 158,
  bug: 'Redpanda 23131',
  what: 'under version 2 a transaction is aborted against its owner without a new epoch',
  breaks: ['T6', 'T3', 'T1', 'T7', 'T11'],
  edits: [{
    file: 'packages/txn/src/transitions.ts',
    find: `if (ending.transactionVersion >= 2) return prepared(from, { ...ending, state: 'PrepareAbort' });`,
    replace: `if (ending.transactionVersion >= 2) {
    return prepared(from, { ...ending, state: 'PrepareAbort', transactionVersion: 1 });
  }`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
