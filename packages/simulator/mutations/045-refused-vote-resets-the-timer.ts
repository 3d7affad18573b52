/** A candidate that cannot win must not keep others from trying. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 45,
  bug: 'NATS 5fe8be82d',
  what: 'a vote that is refused keeps the voter from campaigning',
  breaks: ['R13', 'liveness'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '  answerVoteRequest(core, message, granted);',
    replace: `  answerVoteRequest(core, message, granted);
  core.electionElapsedMs = 0;`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
