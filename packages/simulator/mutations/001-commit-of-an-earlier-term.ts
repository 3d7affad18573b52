/** A majority of copies is not enough for an entry of an earlier term: a later leader may still overwrite it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 1,
  bug: 'Raft §5.4.2; NATS c8687fc4d',
  what: 'a leader commits entries of earlier terms by counting replicas',
  breaks: ['R8', 'R5', 'R6'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: 'if (index <= log.commitIndex || log.termAt(index) !== core.term) return false;',
    replace: 'if (index <= log.commitIndex) return false;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
