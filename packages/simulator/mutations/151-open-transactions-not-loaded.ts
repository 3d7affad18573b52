/** What was added to a transaction must outlive the coordinator that was told. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 151,
  bug: 'Redpanda 6018, 6019',
  what: 'a new coordinator knows nothing of transactions that are open',
  breaks: ['T1', 'T3', 'T10', 'T11', 'T5', 'T12'],
  edits: [{
    file: 'packages/broker/src/drivers/transaction-coordinators.ts',
    find: '      coordinator.replayLoaded(decoded, {',
    replace: `      if (decoded.value?.state !== 'Ongoing') coordinator.replayLoaded(decoded, {`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
