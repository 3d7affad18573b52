/** A snapshot that cannot be read is no reason to forget votes and entries. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 51,
  bug: 'NATS dca7a8763',
  what: 'a store that does not pass its check is begun anew',
  breaks: ['S1', 'S3', 'R3', 'R2'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: '        done(failure);',
    replace: `        const state = { hardState: NEW_HARD_STATE, snapshot: undefined, entries: [] };
        done(undefined, { state, snapshotData: undefined, isEmpty: true });`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
