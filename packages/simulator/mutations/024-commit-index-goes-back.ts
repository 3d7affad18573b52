/** What was committed stays committed, whatever a leader knows of it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 24,
  bug: 'NATS c6f6c25ac',
  what: 'a follower takes over a lower commit index',
  breaks: ['R7'],
  edits: [{
    file: 'packages/raft/src/log-view.ts',
    find: 'if (target <= this.committed) return false;',
    replace: 'if (target === this.committed) return false;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
