/** An election without writes leaves no mark in the list of leader epochs. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 79,
  bug: 'KAFKA-7415',
  what: 'a new leader does not store where its leader epoch begins',
  breaks: ['I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11', 'liveness', 'I12'],
  edits: [{
    file: 'packages/replica/src/leader.ts',
    find: `    this.options.leaderEpochs.assign(this.leaderEpoch, this.epochStartOffset);
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
