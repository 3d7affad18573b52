/** Only the disks of voters count. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 65,
  bug: 'NATS 12fff3a32',
  what: 'acknowledgements of members that do not vote count, in a quorum of the voters',
  breaks: ['R11', 'R5', 'R6'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: '  const isOfFormerTerm =',
    replace: `  const matched = [...leadership.progress.values()].map((progress) => progress.matchIndex);
  const sorted = [...matched, log.durableIndex].sort((a, b) => b - a);
  const index = sorted[Math.floor(core.membership.voters.length / 2)] ?? 0;
  const isOfFormerTerm =`,
  }, {
    file: 'packages/raft/src/leader.ts',
    find: '  const index = jointIndex(',
    replace: '  const own = jointIndex(',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
