/** One change at a time, or majorities need not meet. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 64,
  bug: 'Redpanda b1e1e0298b',
  what: 'a change of the membership does not wait for the one before it',
  breaks: ['R11', 'R1', 'R5', 'R6'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: `  if (leadershipOf(core).pendingMembershipIndex > core.log.appliedIndex) return 'membership-pending';
`,
    replace: '',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
