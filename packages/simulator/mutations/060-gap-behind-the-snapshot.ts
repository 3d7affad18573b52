/** The log must go on where the snapshot ends. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 60,
  bug: 'redisraft 43, 18',
  what: 'entries behind a snapshot are dropped with those below it',
  breaks: ['R10', 'S3', 'R9', 'R7'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: 'Math.min(snapshot.metadata.index, this.lastStoredIndex);',
    replace: 'this.lastStoredIndex;',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
