/** What majorities have before the first entry of a term may still be lost, as in Raft figure 8. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 2,
  bug: 'KAFKA-12619 d2c06c9c3c3',
  what: 'an entry is committed when the one behind it is the first of the term',
  breaks: ['R8', 'R5', 'R6'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: 'if (index <= log.commitIndex || log.termAt(index) !== core.term)',
    replace: 'if (index <= log.commitIndex || (log.termAt(index + 1) ?? log.lastTerm) < core.term)',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
