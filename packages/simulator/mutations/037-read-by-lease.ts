/** A leader that has not yet noticed that it is alone answers with what was true once. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 37,
  bug: 'sofa-jraft 25, 34',
  what: 'reads are confirmed by the lease, which ends only with the next check of the quorum',
  breaks: ['R12'],
  edits: [{
    file: 'packages/raft/src/read-index.ts',
    find: '  private confirmedRound(voters: JointVoters): number {',
    replace: `  private confirmedRound(voters: JointVoters): number {
    if (voters.incoming.length > 0) return this.roundNumber;`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
