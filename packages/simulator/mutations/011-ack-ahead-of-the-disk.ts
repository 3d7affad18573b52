/** What was received is not on the disk yet, and a message without entries changes nothing about that. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 11,
  bug: 'YugabyteDB 32875',
  what: 'a follower answers a message without entries at once, ahead of its disk',
  breaks: ['R9', 'R5', 'R11'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '  acknowledge(core, message.from, lastIndex);',
    replace: `  acknowledge(core, message.from, lastIndex);
  const { messages, messagesAfterPersist } = core.outbox;
  if (message.entries.length === 0) messages.push(...messagesAfterPersist.splice(-1));`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
