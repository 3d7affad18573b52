/** A single voter takes what is in its memory for what a majority has. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 28,
  bug: 'etcd 14370',
  what: 'a leader counts and applies its own entries before its disk has them',
  breaks: ['R9', 'R6', 'R5'],
  edits: [{
    file: 'packages/raft/src/leader.ts',
    find: 'id === core.id ? log.durableIndex :',
    replace: 'id === core.id ? log.lastIndex :',
  }, {
    file: 'packages/raft/src/leader.ts',
    find: `  scheduleAppendToAll(leadership, 'surely');
  return core.log.lastIndex;`,
    replace: `  scheduleAppendToAll(leadership, 'surely');
  maybeAdvanceCommit(core);
  return core.log.lastIndex;`,
  }, {
    file: 'packages/raft/src/log-view.ts',
    find: '    return Math.min(this.committed, this.durable);',
    replace: '    return this.committed;',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
