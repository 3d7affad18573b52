/** With an empty image every log looks like one of a topic that is gone. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 104,
  bug: 'NATS 7556',
  what: 'a damaged snapshot is passed over, and the logs that it named are removed',
  breaks: ['S1', 'I10'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: `  if (!isWhole) throw damaged('snapshot is not the one that was written');`,
    replace: '',
  }, {
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: 'if (stored.snapshotData !== undefined) this.state.restore(stored.snapshotData, this.snapshotIndex);',
    replace: `try {
      if (stored.snapshotData !== undefined) this.state.restore(stored.snapshotData, this.snapshotIndex);
    } catch {
      this.logger.error({}, 'the snapshot cannot be read');
    }`,
  }],
  hunt: { workload: 'records' },
  survives: 'snapshots of the controllers rot too seldom: one must, on the node that starts next, behind entries ' +
    'that it alone explains',
} satisfies Mutation;
