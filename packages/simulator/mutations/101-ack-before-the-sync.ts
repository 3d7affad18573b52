/** Acknowledged when written: a loss of power on every replica takes what was acknowledged. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 101,
  bug: 'NATS 7564',
  what: 'records count as durable as soon as they are written, before the sync',
  breaks: ['I2', 'I11', 'R9'],
  edits: [{
    file: 'packages/broker/src/drivers/partition.ts',
    find: 'this.replica.onReplicated(headers, this.environment.nowMs());',
    replace: `this.replica.onReplicated(headers, this.environment.nowMs());
    this.replica.onLocalDurable(this.log.endOffset, this.environment.nowMs());`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
