/** Entries that are there already say nothing of what comes after them. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 18,
  bug: 'NATS f871570fb',
  what: 'every message with entries cuts off what lies behind them',
  breaks: ['S3', 'R7', 'R5', 'R11'],
  edits: [{
    file: 'packages/raft/src/log-view.ts',
    find: 'entries.findIndex((entry) => !this.matches(entry.index, entry.term));',
    replace: 'entries.length > 0 && previousIndex >= this.committed ? 0 : -1;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
