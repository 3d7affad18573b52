/** The high watermark of a follower is behind: what lies above it may be committed. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 76,
  bug: 'KIP-101, KAFKA-1211',
  what: 'a follower cuts its log at its high watermark before it asks the leader',
  breaks: ['I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/replica/src/follower.ts',
    find: `    leaderEpochs.truncateFromEnd(this.positions.logEndOffset);
`,
    replace: `    leaderEpochs.truncateFromEnd(this.positions.logEndOffset);
    if (this.positions.highWatermark < this.positions.logEndOffset) {
      this.phase = 'truncating';
      this.outbox.truncateTo = { offset: this.positions.highWatermark, startAt: false };
      return;
    }
`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
