/** Nothing that is committed is ever cut off. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 25,
  bug: 'KAFKA-12460 c6a0f760737',
  what: 'messages cut the log behind their entries, below the commit index too',
  breaks: ['R7', 'S3'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: 'if (message.previousIndex < log.commitIndex) {',
    replace: 'if (message.previousIndex < 0) {',
  }, {
    file: 'packages/raft/src/log-view.ts',
    find: 'entries.findIndex((entry) => !this.matches(entry.index, entry.term));',
    replace: 'entries.length - 1;',
  }, {
    file: 'packages/raft/src/log-view.ts',
    find: `      if (conflict <= this.committed) return undefined;
`,
    replace: '',
  }, {
    file: 'packages/raft/src/log-view.ts',
    find: 'assert(index > this.committed',
    replace: 'assert(index > 0',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
