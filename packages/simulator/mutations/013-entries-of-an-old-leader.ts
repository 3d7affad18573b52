/** A leader of a former term must not be listened to. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 13,
  bug: 'NATS be84a5640',
  what: 'entries of a leader of a former term are taken',
  breaks: ['R1', 'R3', 'R4', 'R5', 'R6', 'R7', 'R11', 'S3'],
  edits: [{
    file: 'packages/raft/src/raft.ts',
    find: `    if (message.term < core.term) {
      this.answerOldTerm`,
    replace: `    if (message.term < core.term && message.type !== 'append') {
      this.answerOldTerm`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
