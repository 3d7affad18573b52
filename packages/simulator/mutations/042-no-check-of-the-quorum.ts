/** A leader that nobody answers must step down by itself. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 42,
  bug: 'KAFKA-15489 37416e1aeba',
  what: 'a leader that is cut off from the majority goes on to lead',
  breaks: ['R13', 'R12'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: '      checkQuorum: true,',
    replace: '      checkQuorum: false,',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
