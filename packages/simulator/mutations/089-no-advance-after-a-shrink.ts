/** Requests wait for a replica that is gone. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 89,
  bug: 'KAFKA-13091, KAFKA-15021',
  what: 'the high watermark is not looked at when the ISR has shrunk',
  breaks: ['I12', 'liveness'],
  edits: [{
    file: 'packages/replica/src/leader.ts',
    find: `    // After a shrink too: else requests wait for a replica that is gone. [KAFKA-13091, bug 89]
    this.maybeAdvanceHighWatermark();
`,
    replace: '',
  }, {
    file: 'packages/replica/src/leader.ts',
    find: `    // A follower that is no longer waited for does not hold commits up any more. [bug 89]
    this.maybeAdvanceHighWatermark();
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
