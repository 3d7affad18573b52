/** Two lives of one leader give out the same offsets in the same leader epoch. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 86,
  bug: 'KAFKA-18106',
  what: 'a broker that comes back uncleanly leads on in the leader epoch of its former life',
  breaks: ['I6', 'I7', 'I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/metadata/src/election.ts',
    find: `  return partition.isr.includes(uncleanBroker) || partition.elr.includes(uncleanBroker);
`,
    replace: `  return false;
`,
  }, {
    file: 'packages/replica/src/leadership.ts',
    find: '  return latestEpoch < state.leaderEpoch || (startedClean && latestEpoch === state.leaderEpoch);',
    replace: '  return latestEpoch <= state.leaderEpoch || startedClean;',
  }],
  hunt: { workload: 'records' },
  survives: 'a leader must die with an unreplicated tail, lose it, and register anew before its session is over',
} satisfies Mutation;
