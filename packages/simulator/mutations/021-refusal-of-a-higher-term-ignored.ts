/** Who refuses in a higher term must be believed, or nobody ever wins. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 21,
  bug: 'Redpanda 5adeba30fa, 40add5d6ba',
  what: 'a refused vote with a higher term is not looked at',
  breaks: ['R13', 'liveness'],
  edits: [{
    file: 'packages/raft/src/raft.ts',
    find: '    // A term that is only asked about',
    replace: `    if (message.type.endsWith('vote-response') && message.rejected) return false;
    // A term that is only asked about`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
