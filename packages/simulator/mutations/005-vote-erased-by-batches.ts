/** A vote is for a term: whoever appends in it, it stays given. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 5,
  bug: 'Redpanda PR 19',
  what: 'a node forgets its vote when it hears of the leader',
  breaks: ['R2', 'R1'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: `  core.electionElapsedMs = 0;
  // What a removed`,
    replace: `  core.electionElapsedMs = 0;
  core.votedFor = NONE;
  // What a removed`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
