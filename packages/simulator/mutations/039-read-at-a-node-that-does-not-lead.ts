/** Who does not lead does not know what is committed. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 39,
  bug: 'NATS 59c390fcb',
  what: 'a node that does not lead answers reads from what it has applied',
  breaks: ['R12'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: '    if (!this.raft.requestRead(id)) return false;',
    replace: `    if (!this.raft.requestRead(id)) {
      done(this.raft.status().appliedIndex);
      return true;
    }`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
