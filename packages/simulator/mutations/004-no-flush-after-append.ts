/** Majorities that have an entry in their page caches lose it when the power goes. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 4,
  bug: 'KAFKA-10533',
  what: 'entries of the controllers are written and not synced',
  breaks: ['R9', 'R5'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: 'this.store.write(changes, { sync: ready.mustSync }, done);',
    replace: 'this.store.write(changes, { sync: ready.mustSync && ready.entries.length === 0 }, done);',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
