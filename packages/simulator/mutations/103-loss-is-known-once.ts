/**
 * The start that finds the damage is not always the one that comes to register. It was seen in a run of 2,000 seeds, at
 * first in seed 430; the time to come there is reckoned by that of the first 60.
 */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 103,
  bug: 'found here: seed 430',
  what: 'what a start has cut off for damage is forgotten by the next one, though nobody was told',
  breaks: ['I5', 'I2', 'S1'],
  edits: [{
    file: 'packages/log/src/store-opening.ts',
    find: 'attempt(recover(false),',
    replace: 'attempt(recover(true),',
  }, {
    file: 'packages/log/src/store-opening.ts',
    find: 'isClean: isClean && !mayCut, brokerEpoch, corrupt, hasUntoldLoss: mayCut,',
    replace: 'isClean, brokerEpoch, corrupt, hasUntoldLoss: corrupt.length > 0,',
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
