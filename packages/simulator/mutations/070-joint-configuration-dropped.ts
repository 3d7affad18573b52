/** While two configurations decide together, a snapshot must keep both. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 70,
  bug: 'etcd raft e515a67, a424e5b',
  what: 'the outgoing voters are dropped when a node starts, or takes a snapshot',
  breaks: ['R11', 'R1'],
  edits: [{
    file: 'packages/raft/src/core.ts',
    find: '    this.membership = base.membership;',
    replace: '    this.membership = { ...base.membership, votersOutgoing: [] };',
  }, {
    file: 'packages/raft/src/follower.ts',
    find: '  core.membership = metadata.membership;',
    replace: '  core.membership = { ...metadata.membership, votersOutgoing: [] };',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
