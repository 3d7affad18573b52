/** What the log has refused must be tried again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 137,
  bug: 'KAFKA-5351, KAFKA-7519',
  what: 'a completion that the log refuses once is never tried again',
  breaks: ['T11', 'liveness'],
  edits: [{
    file: 'packages/txn/src/completion.ts',
    find: `      refusedWith = error;
`,
    replace: `      refusedWith = error;
      for (const { transactionalId } of plans) live.work.onCompleted(transactionalId);
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
