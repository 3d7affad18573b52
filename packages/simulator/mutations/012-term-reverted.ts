/** A term never goes back, whatever is found in a log. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 12,
  bug: 'NATS a549c436c, 25561f4ae',
  what: 'a follower whose log does not match goes back to the last term of its log',
  breaks: ['R3', 'R2'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '  if (lastIndex === undefined) {',
    replace: `  if (lastIndex === undefined) {
    core.term = log.lastTerm;`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
