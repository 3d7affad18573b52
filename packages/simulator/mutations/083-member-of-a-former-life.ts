/** What a former life of a broker had acked, the present one may have lost. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 83,
  bug: 'KIP-903, KAFKA-14617',
  what: 'a broker is taken into the ISR by what its former life has acked',
  breaks: ['I6', 'I4', 'I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/metadata/src/handlers/alter-partition.ts',
    find: 'if (broker.brokerEpoch === member.epoch) return undefined;',
    replace: 'if (broker.brokerEpoch >= member.epoch) return undefined;',
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
  survives: 'a follower must register anew and be proposed by its old acks, before its first ack in that life',
} satisfies Mutation;
