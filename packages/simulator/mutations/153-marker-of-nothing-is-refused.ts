/** A marker is due in every partition of the transaction, whether records came there or not. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 153,
  bug: 'Redpanda ff95615cdc',
  what: 'a marker is refused where the partition knows of no open transaction',
  breaks: ['T11', 'T7', 'liveness'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: `    if (epoch < this.producerEpoch) return this.fenced(batch, 'is known');
    const isOpen = this.currentTxnFirstOffset !== NONE;
`,
    replace: `    const isOpen = this.currentTxnFirstOffset !== NONE;
    if (epoch < this.producerEpoch || !isOpen) return this.fenced(batch, 'is known');
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
