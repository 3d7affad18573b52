/** Who is proposed and which life of it is named must come from one look. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 84,
  bug: 'KAFKA-15221',
  what: 'the ISR is proposed with the epochs that are registered by now',
  breaks: ['I6', 'I4', 'I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/replica/src/leader.ts',
    find: `    if (follower !== undefined && follower.brokerEpoch !== NONE) return follower.brokerEpoch;
    return`,
    replace: `    sometimes(follower === undefined, 'replica: an epoch of nobody');
    return`,
  }, {
    file: 'packages/replica/src/leader.ts',
    find: `this.options.brokers.isEligible(follower.nodeId) &&
      this.options.brokers.epochOf(follower.nodeId) === follower.brokerEpoch;`,
    replace: 'this.options.brokers.isEligible(follower.nodeId);',
  }, {
    file: 'packages/replica/src/follower-progress.ts',
    find: `    this.durableOffset = NONE;
    this.logStartOffset = NONE;
  }`,
    replace: `    this.logStartOffset = NONE;
  }`,
  }],
  hunt: { workload: 'records' },
  survives: 'as 83: a leader must learn of a registration and propose its broker before that life has attached',
} satisfies Mutation;
