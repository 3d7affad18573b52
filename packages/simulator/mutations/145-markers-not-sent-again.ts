/** What was decided before a coordinator took over is its business now. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 145,
  bug: 'KAFKA-5131',
  what: 'a new coordinator sends no markers for what it finds decided',
  breaks: ['T11', 'T1', 'liveness'],
  edits: [{
    file: 'packages/txn/src/live-transactions.ts',
    find: `    for (const { transactionalId, offset } of prepared) this.work.expect(transactionalId, offset);
`,
    replace: '',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
