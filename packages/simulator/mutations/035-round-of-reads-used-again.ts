/** An answer to an older question says nothing of who leads now. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 35,
  bug: 'etcd 20418',
  what: 'reads join a round that was asked for before them',
  breaks: ['R12'],
  edits: [{
    file: 'packages/raft/src/read-index.ts',
    find: '    this.roundNumber++;',
    replace: '    if (this.rounds.length === 0) this.roundNumber++;',
  }],
  hunt: { workload: 'raft' },
  survives: 'answers to one question would have to be on their way for longer than an election takes, while clients ' +
    'read at the node that asked',
} satisfies Mutation;
