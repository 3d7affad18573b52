/** What operators do to a cluster at the worst moment: leaders hand over, voters leave and come back, replicas move. */
import { changeReassignments } from '@hapax/client/machines';
import type { MembershipChange } from '@hapax/raft';
import type { SimNode } from '../sim-node.ts';
import type { Fault, FaultTable } from './fault.ts';

/** By kind. */
export const CLUSTER_FAULTS: FaultTable = {
  'leadership-transfer': {
    draw: () => ({ target: 'controller.leader' }),
    inject: (fault) => {
      for (const node of fault.nodes) {
        node.runNow((broker) => {
          if (!isControllerLeader(node)) return;
          broker.services.raft.transferLeadership();
          fault.took();
        });
      }
    },
  },
  'membership-change': {
    draw: (draw) => ({
      target: draw.node(), parameters: { how: draw.pick(['remove', 'demote']), isJoint: draw.random.nextInt(2) === 0 },
    }),
    inject: changeMembership,
  },
  'reassignment': {
    draw: (draw) => {
      const topic = draw.pick(draw.plan.workload.topics);
      const replicas = draw.shuffledNodes().slice(0, topic.replicationFactor);
      return { target: `nodes(${replicas.join(',')})`, parameters: { partition: draw.partitionOf(topic) } };
    },
    inject: reassign,
  },
};

function reassign(fault: Fault): void {
  const [, topic, partition] = /^(.+)-(\d+)$/u.exec(String(fault.step.parameters?.['partition'])) ?? [];
  if (topic === undefined) return;
  const replicas = fault.nodes.map(({ id }) => id);
  const { cluster } = fault.world.operator();
  const context = { cluster, lane: 'admin', timeoutMs: 5000 };
  // It may be refused, or be lost; what comes of it is judged by the invariants.
  changeReassignments(context, [{ topic, partition: Number(partition), replicas }], ({ ok }) => {
    if (ok) fault.took();
  });
}

/** A voter leaves, or only listens from now on; when the fault is over, all that were voters are it again. */
function changeMembership(fault: Fault): void {
  const { world } = fault;
  const [node] = fault.nodes;
  if (node === undefined) return;
  const type = fault.step.parameters?.['how'] === 'demote' ? 'add-learner' as const : 'remove' as const;
  const changes = [{ type, id: node.id, address: node.peerAddress }];
  const transition = fault.step.parameters?.['isJoint'] === true ? 'joint' : 'auto';
  propose(world.nodes, { changes, transition }, (isTaken) => {
    if (!isTaken) return;
    fault.took();
    world.undoLater(fault.step.forMs, () => restoreVoters(fault));
  });
}

/** As an operator does who wants the cluster whole again: until it is, one at a time. */
function restoreVoters(fault: Fault): void {
  const { world } = fault;
  world.time.after(RETRY_MS, () => {
    const leader = world.nodes.find(isControllerLeader);
    const membership = leader?.broker?.services.raft.status().membership;
    const firstVoters = world.nodes.filter(({ id }) => id < world.plan.shape.voters);
    const missing = firstVoters.find(({ id }) => membership?.voters.includes(id) !== true);
    const isWhole = membership !== undefined && membership.votersOutgoing.length === 0 && missing === undefined;
    if (isWhole) return;
    restoreVoters(fault);
    if (missing === undefined) return;
    const change = { type: 'add-voter' as const, id: missing.id, address: missing.peerAddress };
    propose(world.nodes, { changes: [change], transition: 'auto' }, () => {});
  });
}

const RETRY_MS = 300;

/** Asks the leader of the controllers, if there is one that can be asked. */
function propose(nodes: readonly SimNode[], change: MembershipChange, done: (isTaken: boolean) => void): void {
  const leader = nodes.find(isControllerLeader);
  leader?.runNow((broker) => {
    if (isControllerLeader(leader)) done(broker.services.raft.proposeMembership(change).accepted);
  });
}

/** Whether it takes itself for the leader. A process that is still starting has no Raft to ask. */
function isControllerLeader(node: SimNode): boolean {
  return node.isRecovered && node.broker?.services.raft.status().role === 'leader';
}
