/** A producer id that follows another one begins at epoch 0. So that it comes to that, ids have six epochs each. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 147,
  bug: 'KAFKA-18660, KAFKA-20090',
  what: 'where the epochs of a producer id are used up, the next one does not begin at the epoch that was told',
  breaks: ['T6', 'T12'],
  edits: [{
    file: 'packages/txn/src/transitions.ts',
    find: '...common, producerId: from.nextProducerId, producerEpoch: 0, previousProducerId: from.producerId,',
    replace: '...common, producerId: from.nextProducerId, previousProducerId: from.producerId,',
  }, {
    file: 'packages/txn/src/transaction.ts',
    find: 'EPOCH_MAX_FOR_CLIENTS = 32_766',
    replace: 'EPOCH_MAX_FOR_CLIENTS = 5',
  }, {
    file: 'packages/txn/src/transaction.ts',
    find: 'EPOCH_MAX = 32_767',
    replace: 'EPOCH_MAX = 6',
  }, {
    file: 'packages/replica/src/producer-entry.ts',
    find: 'LAST_EPOCH = 32_767',
    replace: 'LAST_EPOCH = 6',
  }, {
    file: 'packages/simulator/src/invariants/coordinator-log.ts',
    find: 'EPOCH_MAX_FOR_CLIENTS = 32_766',
    replace: 'EPOCH_MAX_FOR_CLIENTS = 5',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
