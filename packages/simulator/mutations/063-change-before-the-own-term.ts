/** Changes that former leaders left behind must be decided before the next. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 63,
  bug: 'Raft single-server change, 2015',
  what: 'a new leader changes the membership before an entry of its term is applied',
  breaks: ['R11', 'R1', 'R5', 'R6'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: 'pendingMembershipIndex: log.lastIndex,',
    replace: 'pendingMembershipIndex: 0,',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
