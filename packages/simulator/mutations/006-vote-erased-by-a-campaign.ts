/** Asking whether an election could be won takes back no vote. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 6,
  bug: 'NATS f4aca783c, bf8ebe7dd',
  what: 'a node that asks for pre-votes forgets whom it has voted for',
  breaks: ['R2', 'R1'],
  edits: [{
    file: 'packages/raft/src/candidate.ts',
    find: `  core.changeRole('pre-candidate');`,
    replace: `  core.changeRole('pre-candidate');
  core.votedFor = NONE;`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
