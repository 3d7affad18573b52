/** A new leader must first have applied all that was committed before it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 48,
  bug: 'KAFKA-17333 7b6d4fbc572',
  what: 'a leader is the active controller before it has applied the first entry of its term',
  breaks: ['R12', 'R6', 'I10'],
  edits: [{
    file: 'packages/broker/src/drivers/controller-driver.ts',
    find: 'if (!this.isActive && term === this.role.term) this.activate(index);',
    replace: 'if (!this.isActive && term <= this.role.term) this.activate(index);',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
