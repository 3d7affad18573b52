/** Faults of clocks: wall clocks that jump or drift, and timers that run at different rates. */
import type { Fault, FaultTable } from './fault.ts';

/** By kind. */
export const CLOCK_FAULTS: FaultTable = {
  'wall-jump': {
    draw: (draw) => ({
      target: draw.node(), parameters: { byMs: jumpMs((draw.random.nextFloat() - 0.5) * 2) },
    }),
    // It stays where it jumped to: no operator sets it right.
    inject: (fault) => {
      for (const { host } of fault.nodes) {
        host.wallSkewMs += fault.number('byMs', 0);
        fault.took();
      }
    },
  },
  'clock-drift': {
    draw: (draw) => ({ target: draw.node(), parameters: { rate: draw.pick([0.5, 0.9, 0.99, 1.01, 1.1, 2]) } }),
    inject: (fault) => {
      for (const { host } of fault.nodes) {
        host.setWallRate(fault.number('rate', 1));
        fault.until(() => host.setWallRate(1));
      }
    },
  },
  'clock-strobe': {
    draw: (draw) => ({
      target: draw.node(), parameters: { byMs: draw.pick([20, 500, 5000, 60_000]), everyMs: draw.pick([5, 50]) },
    }),
    inject: strobe,
  },
  'timer-skew': {
    draw: (draw) => ({ target: draw.node(), parameters: { rate: draw.pick([0.8, 0.9, 1.1, 1.25]) } }),
    inject: (fault) => {
      for (const { host } of fault.nodes) {
        host.setTimerRate(fault.number('rate', 1));
        fault.until(() => host.setTimerRate(1));
      }
    },
  },
};

const JUMP_MAX_MS = 120_000;
/** Longer than brokers keep a producer that is silent. */
const DAY_AND_MORE_MS = 25 * 3_600_000;

/**
 * Of a number between −1 and 1: most jumps are of minutes, one in twenty is of more than a day. That one goes forward:
 * a broker that is far behind its clients refuses what they write, by their timestamps.
 */
function jumpMs(extent: number): number {
  return extent > 0.9 ? DAY_AND_MORE_MS : Math.floor(extent * JUMP_MAX_MS);
}

function strobe(fault: Fault): void {
  const byMs = fault.number('byMs', 500);
  for (const { host } of fault.nodes) {
    let isOver = false;
    let isAhead = false;
    const jump = (): void => {
      if (isOver) return;
      isAhead = !isAhead;
      host.wallSkewMs += isAhead ? byMs : -byMs;
      fault.world.later(fault.number('everyMs', 50), jump);
    };
    jump();
    fault.until(() => {
      isOver = true;
      if (isAhead) host.wallSkewMs -= byMs;
    });
  }
}
