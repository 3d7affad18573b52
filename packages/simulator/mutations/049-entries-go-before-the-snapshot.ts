/** A crash between the two leaves neither the entries nor the snapshot of them. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 49,
  bug: 'NATS 4f202b641',
  what: 'entries are removed before the snapshot that covers them is stored',
  breaks: ['R10', 'R7', 'S3'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: `    const changes: KeyValueChange[] = [];
    putSnapshot(snapshot, changes);
    const last`,
    replace: `    let changes: KeyValueChange[] = [];
    const last`,
  }, {
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: `    this.firstStoredIndex = Math.max(this.firstStoredIndex, snapshot.metadata.index + 1);
    this.store.write(changes, { sync: true }, done);`,
    replace: `    this.firstStoredIndex = Math.max(this.firstStoredIndex, snapshot.metadata.index + 1);
    this.store.write(changes, { sync: true }, () => {
      changes = [];
      putSnapshot(snapshot, changes);
      this.store.write(changes, { sync: true }, done);
    });`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
