/** Only what the tenure itself has given out is to be dropped with it. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 131,
  bug: 'KAFKA-16352',
  what: 'with one coordinator that moves, the markers of all coordinators of its node are dropped',
  breaks: ['T11', 'liveness'],
  edits: [{
    file: 'packages/txn/src/marker-queues.ts',
    find: `      if (task.coordinatorPartition !== coordinatorPartition) continue;
      reachable('txn: a coordinator moves`,
    replace: `      reachable('txn: a coordinator moves`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
