/** A log that does not match must not be counted as if it did. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 19,
  bug: 'NATS ca0a066ce, 233851a0f',
  what: 'a follower whose log does not match says that it does',
  breaks: ['R4', 'R5', 'R6', 'R9', 'R11'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '      rejected: true,',
    replace: '      rejected: false,',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
