/** One loss of power on the leader, and what a majority has acknowledged is on one node less. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 102,
  bug: 'NATS 7567',
  what: 'a leader counts its own copy before it is synced',
  breaks: ['I11', 'I5', 'R9', 'I2', 'I3', 'S3'],
  edits: [{
    file: 'packages/broker/src/drivers/partition.ts',
    find: '    this.replica.onAppended([stamped], this.environment.nowMs(), transactionVersion);',
    replace: `    this.replica.onAppended([stamped], this.environment.nowMs(), transactionVersion);
    this.replica.onLocalDurable(this.log.endOffset, this.environment.nowMs());`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
