/** Of two offsets in one transaction the later record counts. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 159,
  bug: 'Redpanda 31483',
  what: 'of the offsets that a transaction stages for a partition the first one counts',
  breaks: ['T9', 'T10', 'T8', 'history'],
  edits: [{
    file: 'packages/group/src/pending-offsets.ts',
    find: '    getOrMake(groups, groupId, () => new PartitionMap<StoredOffset>()).set(topic, partition, stored);',
    replace: `    const staged = getOrMake(groups, groupId, () => new PartitionMap<StoredOffset>());
    if (staged.find(topic, partition) === undefined) staged.set(topic, partition, stored);`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
