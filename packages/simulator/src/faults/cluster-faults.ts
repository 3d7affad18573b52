/** What operators do to a cluster at the worst moment: leaders hand over, voters leave and come back, replicas move. */
import type { FaultTable } from './fault.ts';


/** By kind. */
export const CLUSTER_FAULTS: FaultTable = {
  'leadership-transfer': {
    draw: () => ({ target: 'controller.leader' }),
    inject: (fault) => {
      for (const node of fault.nodes) {
        node.runNow((broker) => {
          if (broker.services.raft.status().role !== 'leader') return;
          broker.services.raft.transferLeadership();
          fault.took();
        });
      }
    },
  },
};
