/** What its predecessor has committed and told, a fresh leader may not know yet. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 40,
  bug: 'Redpanda 10921',
  what: 'a fresh leader tells its own high watermark as the end of the partition',
  breaks: ['I1'],
  edits: [{
    file: 'packages/replica/src/replica.ts',
    find: 'return this.leading !== undefined && this.positions.highWatermark >= this.leading.epochStartOffset;',
    replace: 'return this.leading !== undefined;',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
