/** An image that could not apply a record must never become a snapshot. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 55,
  bug: 'KAFKA-14203',
  what: 'a batch that cannot be applied is passed over, and snapshots go on',
  breaks: ['R10', 'R6', 'I10'],
  edits: [{
    file: 'packages/broker/src/drivers/metadata-driver.ts',
    find: '    for (const entry of entries) this',
    replace: `    const hasFailed = timestampMs % 64 === 0;
    for (const entry of hasFailed ? entries.slice(1) : entries) this`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
