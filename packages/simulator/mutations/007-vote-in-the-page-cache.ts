/** A vote that is forgotten is given to somebody else. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 7,
  bug: 'NATS 5848',
  what: 'term and vote are written and not synced',
  breaks: ['R2', 'R9', 'R3'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: 'this.store.write(changes, { sync: ready.mustSync }, done);',
    replace: 'this.store.write(changes, { sync: ready.mustSync && ready.hardState === undefined }, done);',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
