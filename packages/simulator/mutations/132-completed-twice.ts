/** A completion that is written again may hit the next transaction. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 132,
  bug: 'KAFKA-10080',
  what: 'what was completed counts as finished still, and completes the next transaction of its id',
  breaks: ['T1', 'T5', 'T7'],
  edits: [{
    file: 'packages/txn/src/marker-work.ts',
    find: `  onCompleted(transactionalId: string): void {
    this.finished.delete(transactionalId);
`,
    replace: `  onCompleted(transactionalId: string): void {
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
