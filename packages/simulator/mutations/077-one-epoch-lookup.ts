/** After two quick elections the end of the last common epoch is not where the logs part. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 77,
  bug: 'KIP-279, KAFKA-6361',
  what: 'a leader compares only ends of epochs, and a follower cuts where the leader says',
  breaks: ['I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/replica/src/truncation.ts',
    find: 'if (end.epoch === follower.lastEpoch && end.endOffset >= follower.logEndOffset)',
    replace: 'if (end.endOffset >= follower.logEndOffset)',
  }, {
    file: 'packages/replica/src/truncation.ts',
    find: 'const offset = Math.min(order.offset, ownEnd);',
    replace: 'const offset = Math.min(order.offset, Math.max(ownEnd, follower.logEndOffset));',
  }],
  hunt: { workload: 'records' },
  survives: 'needs two elections with tails that nobody replicated, before the follower of the first attaches again',
} satisfies Mutation;
