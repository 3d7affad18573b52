/** What is known of a producer says which coordinator spoke last: without it an older one is heard again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 130,
  bug: 'KAFKA-9144',
  what: 'a partition forgets the epoch of the coordinator whose marker it has',
  breaks: ['T7', 'T4', 'T3', 'T5'],
  edits: [{
    file: 'packages/replica/src/producer-entry.ts',
    find: 'this.coordinatorEpoch = batch.marker.coordinatorEpoch;',
    replace: 'this.coordinatorEpoch = NONE;',
  }],
  hunt: { workload: 'txn' },
  survives: 'a marker of a coordinator that was replaced would have to come after one of its successor, within one ' +
    'transaction and on another connection',
} satisfies Mutation;
