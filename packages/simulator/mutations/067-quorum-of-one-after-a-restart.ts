/** The membership is what snapshot and log say, not who was added last. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 67,
  bug: 'NATS b26f71513',
  what: 'a node that starts again takes itself for the only voter',
  breaks: ['R11', 'R1'],
  edits: [{
    file: 'packages/raft/src/core.ts',
    find: 'this.membership = base.membership;',
    replace: 'this.membership = this.term > 1 ? { ...base.membership, voters: [this.id] } : base.membership;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
