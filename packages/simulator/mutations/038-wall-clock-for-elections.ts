/** A wall clock goes back, and then time stands still for elections. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 38,
  bug: 'TiKV 964, NATS 2e2d40c6d',
  what: 'Raft is told the time of the wall clock',
  breaks: ['R13', 'liveness', 'R12'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: '    this.raft.tick(clock.nowMs());',
    replace: '    this.raft.tick(clock.wallMs());',
  }, {
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: '      nowMs: ports.clock.nowMs(),',
    replace: '      nowMs: ports.clock.wallMs(),',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
