/** What was acknowledged to a leader of a former term may be gone. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 16,
  bug: 'NATS 6d8b95029',
  what: 'acknowledgements of former terms are counted',
  breaks: ['R5', 'R6', 'R8', 'R11'],
  edits: [{
    file: 'packages/raft/src/raft.ts',
    find: `    if (message.term < core.term) {
      this.answerOldTerm`,
    replace: `    if (message.term < core.term && message.type !== 'append-response') {
      this.answerOldTerm`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
