/** Who is no voter any more is not counted. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 66,
  bug: 'NATS efabcbf87, f618bca80',
  what: 'votes of members that do not vote are asked for and counted',
  breaks: ['R11', 'R1'],
  edits: [{
    file: 'packages/raft/src/candidate.ts',
    find: 'if (to === core.id || !isVoter(core.membership, to)) continue;',
    replace: 'if (to === core.id) continue;',
  }, {
    file: 'packages/raft/src/candidate.ts',
    find: '  const result = jointVote(jointVoters(core.membership), (id) => core.votes.get(id));',
    replace: `  const granted = [...core.votes.values()].filter((isGranted) => isGranted).length;
  const isWon = granted * 2 > core.membership.voters.length;
  const result = isWon ? 'won' : jointVote(jointVoters(core.membership), (id) => core.votes.get(id));`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
