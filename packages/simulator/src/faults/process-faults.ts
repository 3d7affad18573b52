/** Faults of processes and their machines: what dies, stands still, loses its power, or is slow to come back. */
import { ProcessEnded, type SimNode } from '../sim-node.ts';
import type { Fault, FaultTable } from './fault.ts';


/** By kind. */
export const PROCESS_FAULTS: FaultTable = {
  'crash': {
    draw: (draw) => ({ target: draw.random.nextInt(5) === 0 ? 'all' : draw.node() }),
    inject: (fault) => kill(fault, fault.nodes, false),
  },
  'crash-at-event': {
    draw: (draw) => {
      const powerLoss = draw.plan.shape.flush === 'fsync' && draw.random.nextInt(2) === 0;
      return { target: 'event.node', when: draw.trigger(draw.node()), parameters: { powerLoss } };
    },
    inject: crashAtEvent,
  },
  'power-loss': {
    draw: (draw) => ({ target: draw.node() }),
    inject: (fault) => kill(fault, fault.nodes, true),
  },
  'power-loss-of-set': {
    draw: (draw) => ({ target: draw.pick(['all', draw.someNodes(), `isr(${draw.partition()})`]) }),
    inject: (fault) => kill(fault, fault.nodes, true),
  },
  'pause': {
    draw: (draw) => ({ target: draw.node() }),
    inject: (fault) => fault.nodes.forEach((node) => pause(fault, node)),
  },
  'stall': {
    draw: (draw) => ({
      target: draw.node(),
      parameters: { times: draw.pick([3, 10, 30]), stallMs: draw.pick([20, 100, 400]), everyMs: draw.ms(200) },
    }),
    inject: stall,
  },
  'crash-loop': {
    draw: (draw) => ({
      target: draw.node(),
      forMs: draw.ms(100),
      parameters: { times: draw.pick([3, 6]), aliveMs: draw.ms(draw.pick([20, 300])) },
    }),
    inject: (fault) => fault.nodes.forEach((node) => crashAgain(fault, node, fault.number('times', 3))),
  },
  'zombie': {
    draw: (draw) => ({
      target: draw.pick(['controller.leader', `leader(${draw.partition()})`]), forMs: 8000 + draw.ms(2000),
    }),
    inject: (fault) => fault.nodes.forEach((node) => makeZombie(fault, node)),
  },
  'out-of-memory': {
    draw: (draw) => ({ target: draw.node(), parameters: { pileMs: draw.ms(800), thenMs: draw.pick([0, 1, 10]) } }),
    inject: (fault) => fault.nodes.forEach((node) => runOutOfMemory(fault, node)),
  },
  'slow-start': {
    draw: (draw) => ({ target: draw.node(), parameters: { times: draw.pick([10, 100]), slowMs: draw.ms(2000) } }),
    inject: (fault) => fault.nodes.forEach((node) => startSlowly(fault, node)),
  },
  'controlled-stop': {
    draw: (draw) => ({ target: draw.node() }),
    inject: (fault) => {
      for (const node of fault.nodes) {
        if (!node.isUp || node.host.isPaused) continue;
        fault.took();
        node.stop(() => fault.world.restartLater(node, fault.step.forMs));
      }
    },
  },
};

function kill(fault: Fault, nodes: readonly SimNode[], powerLoss: boolean): void {
  for (const node of nodes) {
    if (fault.world.kill(node, { powerLoss, downMs: fault.step.forMs })) fault.took();
  }
}

/** The rest of what the process would have done in this event does not happen. */
function crashAtEvent(fault: Fault): void {
  const [node] = fault.nodes;
  if (node === undefined || node.host.isPaused) return;
  kill(fault, [node], fault.step.parameters?.['powerLoss'] === true);
  if (fault.eventNode === node) throw new ProcessEnded('a fault has killed it');
}

function pause(fault: Fault, node: SimNode): void {
  if (!node.isUp || node.host.isPaused) return;
  const { life } = node;
  node.host.pause();
  fault.until(() => {
    if (node.life === life) node.host.resume();
  });
}

function stall(fault: Fault): void {
  const times = fault.number('times', 3);
  for (const node of fault.nodes) {
    for (let index = 0; index < times; index++) {
      fault.world.later(index * (fault.number('everyMs', 200) + fault.number('stallMs', 20)), () => {
        if (!node.isUp || node.host.isPaused) return;
        fault.took();
        const { life } = node;
        node.host.pause();
        fault.world.undoLater(fault.number('stallMs', 20), () => {
          if (node.life === life) node.host.resume();
        });
      });
    }
  }
}

function crashAgain(fault: Fault, node: SimNode, times: number): void {
  const { world, step } = fault;
  kill(fault, [node], false);
  if (times > 1) world.later(step.forMs + fault.number('aliveMs', 100), () => crashAgain(fault, node, times - 1));
}

/** It goes on when somebody else leads, or when the step is over: then it does not know yet what has happened. */
function makeZombie(fault: Fault, node: SimNode): void {
  if (!node.isUp || node.host.isPaused) return;
  const { life } = node;
  const { world } = fault;
  let isOver = false;
  const goOn = (): void => {
    if (isOver || node.life !== life) return;
    isOver = true;
    node.host.resume();
  };
  node.host.pause();
  const isController = fault.step.target === 'controller.leader';
  const event = isController ? 'raft-leader' : 'partition-leader';
  fault.onEvent(event, 1, () => world.later(fault.random.nextInt(50), goOn));
  fault.until(goOn);
}

function runOutOfMemory(fault: Fault, node: SimNode): void {
  if (!node.isUp || node.host.isPaused) return;
  const { life } = node;
  const { world } = fault;
  node.host.pause();
  fault.took();
  world.undoLater(fault.number('pileMs', 500), () => {
    if (node.life !== life) return;
    node.host.resume();
    world.later(fault.number('thenMs', 1), () => {
      if (node.life === life) kill(fault, [node], false);
    });
  });
}

function startSlowly(fault: Fault, node: SimNode): void {
  if (!node.isUp) return;
  const { world, step } = fault;
  kill(fault, [node], false);
  world.undoLater(step.forMs + fault.number('slowMs', 2000), world.disks.slowDown(node, fault.number('times', 10)));
}
