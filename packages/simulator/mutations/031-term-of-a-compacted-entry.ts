/** The term of what is compacted is not known, which is not the same as 0. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 31,
  bug: 'etcd raft 76f1249',
  what: 'the term of a compacted entry is 0, and a leader sends what follows it',
  breaks: ['R4', 'R7', 'R13', 'liveness', 'assertion'],
  edits: [{
    file: 'packages/raft/src/log-view.ts',
    find: 'return this.entryAt(index)?.term;',
    replace: 'return this.entryAt(index)?.term ?? 0;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
