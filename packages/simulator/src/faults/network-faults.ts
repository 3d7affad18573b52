/** Faults of the network: what is lost, late, in vain, or cannot get through. */
import type { Host, SentMessage } from '@hapax/testkit';
import { corruptBatch } from './corrupt-batch.ts';
import type { Fault, FaultTable, StepDetails } from './fault.ts';
import type { StepDraw } from './step-draw.ts';

type Pairs = readonly (readonly [Host, Host])[];

/** By kind. */
export const NETWORK_FAULTS: FaultTable = {
  'drop': {
    draw: (draw) => ({ ...drawPair(draw), parameters: { count: draw.pick([1, 1, 3]), breakAfterMs: draw.ms(300) } }),
    inject: (fault) => trapBetween(fault, (sent) => sent.loseFromHere(fault.number('breakAfterMs', 300))),
  },
  'duplicate': {
    draw: (draw) => ({ ...drawFromClients(draw), parameters: { count: draw.pick([1, 3, 10]) } }),
    inject: (fault) => trapBetween(fault, (sent) => sent.breakBehind(0)),
  },
  'reorder': {
    draw: (draw) => ({ ...drawPair(draw), parameters: { meanMs: draw.pick([5, 30, 150]) } }),
    inject: (fault) => shapeBetween(fault, () => -Math.log(1 - fault.random.nextFloat()) * fault.number('meanMs', 30)),
  },
  'delay': {
    draw: (draw) => {
      const hiccups = { hiccupProbability: draw.pick([0, 0.02, 0.1]), hiccupMs: draw.pick([50, 200]) };
      return { target: 'all', parameters: { factor: draw.pick([5, 20]), ...hiccups } };
    },
    inject: slowNetwork,
  },
  'partition': {
    draw: (draw) => ({ target: draw.someNodes() }),
    inject: (fault) => cutUntil(fault, bothWays(hostsOf(fault.nodes), hostsOf(fault.others))),
  },
  'one-way-partition': {
    draw: (draw) => ({ target: draw.someNodes() }),
    inject: (fault) => cutUntil(fault, oneWay(hostsOf(fault.nodes), hostsOf(fault.others))),
  },
  'isolate': {
    draw: (draw) => ({ target: draw.node() }),
    inject: (fault) => {
      const others = [...hostsOf(fault.others), ...fault.world.clientHosts()];
      cutUntil(fault, bothWays(hostsOf(fault.nodes), others));
    },
  },
  'bridge': {
    draw: (draw) => ({ target: `nodes(${draw.shuffledNodes().join(',')})` }),
    inject: bridge,
  },
  'swizzle-clog': {
    draw: (draw) => ({ target: draw.someNodes(), parameters: { gapMs: draw.ms(150) } }),
    inject: swizzle,
  },
  'slow-link': {
    draw: (draw) => ({ ...drawPair(draw), parameters: { bytesPerMs: draw.pick([2, 20, 200]) } }),
    inject: (fault) => shapeBetween(fault, (sizeBytes) => sizeBytes / fault.number('bytesPerMs', 20)),
  },
  'reset': {
    draw: (draw) => ({ target: draw.node() }),
    inject: (fault) => {
      for (const { host } of fault.nodes) {
        for (const other of [...hostsOf(fault.others), ...fault.world.clientHosts()]) {
          if (fault.world.network.resetBetween(host, other) > 0) fault.took();
        }
      }
    },
  },
  'reset-mid-request': {
    draw: (draw) => ({ ...drawAnySide(draw), parameters: { count: 1 } }),
    inject: (fault) => trapBetween(fault, (sent) => sent.reset()),
  },
  'half-open': {
    draw: (draw) => ({ target: draw.node() }),
    inject: halfOpen,
  },
  'lose-response': {
    draw: (draw) => ({
      target: draw.node(), other: 'clients', parameters: { count: draw.pick([1, 3]), breakAfterMs: draw.ms(300) },
    }),
    inject: (fault) => trapBetween(fault, (sent) => sent.loseFromHere(fault.number('breakAfterMs', 300))),
  },
  'late-delivery': {
    draw: (draw) => ({
      ...drawAnySide(draw),
      parameters: { count: draw.pick([1, 3]), lateMs: draw.ms(500) },
    }),
    inject: (fault) => trapBetween(fault, (sent) => sent.breakBehind(fault.number('lateMs', 500))),
  },
  'corrupt-batch': {
    draw: (draw) => ({ ...drawAnySide(draw), parameters: { count: draw.pick([1, 5]) } }),
    inject: (fault) => trapBetween(fault, (sent) => corruptBatch(sent.bytes, fault.random)),
  },
  'delay-past-event': {
    draw: (draw) => {
      const { event, nth } = draw.trigger();
      return { ...drawPair(draw), forMs: 200 + draw.ms(2000), parameters: { event, nth } };
    },
    inject: delayPastEvent,
  },
};


/** One way between two nodes, or from one node to all others. */
function drawPair(draw: StepDraw): StepDetails {
  const pair = draw.pair();
  if (pair === undefined) return { target: 'all' };
  return draw.random.nextInt(2) === 0 ? { target: pair[0], other: pair[1] } : { target: pair[0] };
}

/** From any client to one node. */
function drawFromClients(draw: StepDraw): StepDetails {
  return { target: 'clients', other: draw.node() };
}

/** Between nodes, or from clients. */
function drawAnySide(draw: StepDraw): StepDetails {
  return draw.random.nextInt(2) === 0 ? drawPair(draw) : drawFromClients(draw);
}

function hostsOf(nodes: Fault['nodes']): Host[] {
  return nodes.map(({ host }) => host);
}

function oneWay(from: readonly Host[], to: readonly Host[]): Pairs {
  return from.flatMap((one) => to.map((other) => [one, other] as const));
}

function bothWays(some: readonly Host[], others: readonly Host[]): Pairs {
  return [...oneWay(some, others), ...oneWay(others, some)];
}

/** The hosts of one side of a step: nodes, or the clients that run now. */
function sidesOf(fault: Fault): Pairs {
  const { target, other } = fault.step;
  const clients = fault.world.clientHosts();
  const from = target === 'clients' ? clients : hostsOf(fault.nodes);
  const to = other === 'clients' ? clients : hostsOf(fault.others);
  return oneWay(from, to);
}

function cutUntil(fault: Fault, pairs: Pairs): void {
  if (pairs.length === 0) return;
  const { network } = fault.world;
  for (const [from, to] of pairs) network.cut(from, to);
  fault.until(() => {
    for (const [from, to] of pairs) network.heal(from, to);
  });
}

/** Does something to the next messages of the step's two sides to which it can, as often as `count` says. */
function trapBetween(fault: Fault, spring: (sent: SentMessage) => void | boolean): void {
  const { network } = fault.world;
  let left = fault.number('count', 1);
  const undos: (() => void)[] = [];
  const set = (from: Host, to: Host): void => {
    undos.push(network.trapNext(from, to, (sent) => {
      if (left <= 0) return;
      if (spring(sent) !== false) {
        left -= 1;
        fault.took();
      }
      if (left > 0) set(from, to);
    }));
  };
  for (const [from, to] of sidesOf(fault)) set(from, to);
  fault.world.undoLater(fault.step.forMs, () => {
    left = 0;
    for (const undo of undos) undo();
  });
}

function shapeBetween(fault: Fault, shaper: (sizeBytes: number) => number): void {
  const { network } = fault.world;
  const undos = sidesOf(fault).map(([from, to]) => network.shape(from, to, (sizeBytes) => {
    fault.took();
    return shaper(sizeBytes);
  }));
  fault.world.undoLater(fault.step.forMs, () => {
    for (const undo of undos) undo();
  });
}

function slowNetwork(fault: Fault): void {
  const { network, calmWeather } = fault.world;
  network.weather = {
    ...calmWeather,
    meanDelayMs: calmWeather.meanDelayMs * fault.number('factor', 20) + 5,
    hiccupProbability: fault.number('hiccupProbability', 0.02),
    hiccupMs: fault.number('hiccupMs', 200),
  };
  fault.until(() => (network.weather = calmWeather));
}

/**
 * With four nodes or more, a ring: each reaches its neighbours only. With three, the first is a bridge between the two
 * others: as many majorities as there are nodes. [Jepsen, nemesis: majorities-ring, bridge]
 */
function bridge(fault: Fault): void {
  const hosts = hostsOf(fault.nodes);
  const count = hosts.length;
  const areNeighbours = (a: number, b: number): boolean => {
    const distance = Math.min((a - b + count) % count, (b - a + count) % count);
    return count < 4 ? a === 0 || b === 0 : distance <= Math.floor(count / 4);
  };
  cutUntil(fault, hosts.flatMap((from, a) =>
    hosts.flatMap((to, b) => (a === b || areNeighbours(a, b) ? [] : [[from, to] as const]))));
}

/** [FoundationDB's simulator: swizzled clogging] */
function swizzle(fault: Fault): void {
  const { world } = fault;
  const gapMs = fault.number('gapMs', 150);
  const back = [...fault.nodes];
  for (let at = back.length - 1; at > 0; at--) {
    const other = fault.random.nextInt(at + 1);
    [back[at], back[other]] = [back[other] as typeof back[0], back[at] as typeof back[0]];
  }
  fault.nodes.forEach((node, index) => {
    const others = [...hostsOf(world.nodes.filter((one) => one !== node)), ...world.clientHosts()];
    const pairs = bothWays([node.host], others);
    world.later(index * gapMs, () => {
      fault.took();
      for (const [from, to] of pairs) world.network.cut(from, to);
      world.undoLater(fault.step.forMs + (back.indexOf(node) + back.length - index) * gapMs, () => {
        for (const [from, to] of pairs) world.network.heal(from, to);
      });
    });
  });
}

function halfOpen(fault: Fault): void {
  const { network } = fault.world;
  const pairs = oneWay([...hostsOf(fault.others), ...fault.world.clientHosts()], hostsOf(fault.nodes));
  if (pairs.length === 0) return;
  for (const [from, to] of pairs) network.mute(from, to);
  fault.until(() => {
    for (const [from, to] of pairs) network.unmute(from, to);
  });
}

/** Messages wait until the event has come; at the longest as long as the step lasts. */
function delayPastEvent(fault: Fault): void {
  const { network } = fault.world;
  const pairs = sidesOf(fault);
  if (pairs.length === 0) return;
  for (const [from, to] of pairs) network.mute(from, to);
  let isHeld = true;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    for (const [from, to] of pairs) network.unmute(from, to);
  };
  fault.onEvent(String(fault.step.parameters?.['event']), fault.number('nth', 1), release);
  fault.until(release);
}
