/** What did not fit into one round must come in the next one. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 27,
  bug: 'etcd raft 8ecce32, CockroachDB 28918',
  what: 'committed entries that do not fit into one round are never applied',
  breaks: ['R6', 'I10', 'R10'],
  edits: [{
    file: 'packages/raft/src/log-view.ts',
    find: 'this.emitted += entries.length;',
    replace: 'this.emitted = this.emittable();',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
