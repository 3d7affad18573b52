/** One replica alone must not commit: when it loses what it has, nobody else has it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 85,
  bug: 'KIP-966, KAFKA-15583',
  what: 'the high watermark goes on while the ISR is below its minimum',
  breaks: ['I11', 'I2'],
  edits: [{
    file: 'packages/replica/src/leader.ts',
    find: `    if (this.isUnderMinIsr) return;
    const point`,
    replace: '    const point',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
