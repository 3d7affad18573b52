/** The word of a coordinator holds until a marker ends what it was about. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 129,
  bug: 'KAFKA-14884',
  what: 'records are appended on the word of a coordinator that a marker has overtaken',
  breaks: ['T3', 'T4', 'T11', 'liveness'],
  edits: [{
    file: 'packages/replica/src/append-verdict.ts',
    find: 'if (lowestSequence === undefined) return refuseUnverified(first);',
    replace: 'if (lowestSequence === undefined) return verdict;',
  }],
  hunt: { workload: 'txn' },
  survives: 'a record would have to be verified, its transaction be ended by another process, and the record be ' +
    'appended then, all within one round trip',
} satisfies Mutation;
