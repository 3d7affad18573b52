/** A new leader does not know yet what was committed before it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 36,
  bug: 'etcd raft 3189a66',
  what: 'reads are confirmed before an entry of the term is committed',
  breaks: ['R12'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: 'if (hasCommittedInTerm(core) && leadership',
    replace: 'if (leadership',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
