/** A former leader whose tail diverges must not show it as committed. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 81,
  bug: 'KAFKA-14704',
  what: 'a follower takes the high watermark of its leader before it has cut its log',
  breaks: ['I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/replica/src/follower.ts',
    find: `    reachable('replica: a divergent follower is truncated');
`,
    replace: `    this.learnMarks(message.offset, this.positions.logStartOffset);
    reachable('replica: a divergent follower is truncated');
`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
