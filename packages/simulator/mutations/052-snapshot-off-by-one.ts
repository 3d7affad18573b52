/** The snapshot ends one entry before where its index says. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 52,
  bug: 'KAFKA-14618',
  what: 'a snapshot drops one entry more than it covers',
  breaks: ['R10', 'S3'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: 'const last = Math.min(snapshot.metadata.index, this.lastStoredIndex);',
    replace: 'const last = Math.min(snapshot.metadata.index + 1, this.lastStoredIndex);',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
