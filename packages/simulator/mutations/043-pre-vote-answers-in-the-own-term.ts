/** A grant in another term than the one that was asked about is dropped as old. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 43,
  bug: 'etcd raft d4471b2',
  what: 'a pre-vote is granted in the term of the voter',
  breaks: ['R13', 'liveness'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '    term: granted ? message.term : core.term,',
    replace: '    term: core.term,',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
