/** An extension: a fault that kills every leader in turn, and a limit to what that may cost. */
import type { ClusterWatch } from '../src/cluster-watch.ts';
import type { Extension } from '../src/extension.ts';
import type { Fault } from '../src/faults/fault.ts';

const EPOCHS_MAX = 200;

/** Kills the leader of a partition as often as there are nodes. */
function killInTurn(fault: Fault): void {
  for (let turn = 0; turn < fault.world.nodes.length; turn++) {
    fault.world.later(turn * fault.number('everyMs', 500), () => {
      for (const node of fault.nodes) if (fault.world.kill(node, { powerLoss: false, downMs: 1000 })) fault.took();
    });
  }
}

/** Nobody needs so many leaders. */
function fewLeaders() {
  return (watch: ClusterWatch): string | undefined => {
    const tired = watch.inSync.partitions().find(({ leaderEpoch }) => leaderEpoch > EPOCHS_MAX);
    return tired && `${tired.topic}-${tired.partition} is in leader epoch ${tired.leaderEpoch}, ${EPOCHS_MAX} at most`;
  };
}

export default {
  faults: {
    'leaders-in-turn': {
      draw: (draw) => ({ target: `leader(${draw.partition()})`, parameters: { everyMs: draw.pick([100, 500]) } }),
      inject: killInTurn,
    },
  },
  invariants: { 'few leaders': fewLeaders },
} satisfies Extension;
