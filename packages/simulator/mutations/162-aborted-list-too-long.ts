/** What a reader is told of aborted transactions hides their records, and nothing behind them. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 162,
  bug: 'Bufstream 0.1.0 (Jepsen)',
  what: 'readers are told also of transactions that were aborted before the offset where they read',
  breaks: ['T1', 'P4', 'I8', 'T8', 'history', 'liveness'],
  edits: [{
    file: 'packages/log/src/txn-index.ts',
    find: 'let at = this.firstEndingAt(fromOffset); at <',
    replace: 'let at = 0; at <',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
