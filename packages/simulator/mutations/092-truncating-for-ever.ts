/** An epoch without records is never dropped, and the leader orders the same cut again and again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 92,
  bug: 'KAFKA-10706',
  what: 'a follower keeps leader epochs that it wrote nothing in',
  breaks: ['I12', 'liveness'],
  edits: [{
    file: 'packages/replica/src/follower.ts',
    find: `    leaderEpochs.truncateFromEnd(this.positions.logEndOffset);
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
