/** While a transaction with offsets is about to end, nobody knows where to go on. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 157,
  bug: 'Redpanda 9571',
  what: 'who asks for stable offsets gets those from before a transaction that is not over',
  breaks: ['T8', 'T9', 'history'],
  edits: [{
    file: 'packages/group/src/handlers/offset-fetch.ts',
    find: 'const isUnstable = requireStable && state.pendingOffsets',
    replace: `const isUnstable = requireStable && groupId === '' && state.pendingOffsets`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
