/** A node that cannot keep a vote must not give one. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 107,
  bug: 'NATS 860e23645',
  what: 'Raft goes on after its store has failed to write',
  breaks: ['S2', 'R2', 'R9'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: `return this.options.ports.failStop(\`Raft's log could not be written: \${error.message}\`);`,
    replace: `this.logger.error({ error: error.message }, 'the log could not be written');`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
