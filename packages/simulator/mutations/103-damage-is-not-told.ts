/** One bit on one disk, and a node that lost what it acknowledged may still be elected. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 103,
  bug: 'NATS 7549',
  what: 'a node that cut a damaged log comes back as if it had everything',
  breaks: ['I5', 'I2', 'S1'],
  edits: [{
    file: 'packages/broker/src/broker.ts',
    find: 'if (report.hasUntoldLoss) return -1;',
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
