/** Time and timers of the process. */
import type { Clock, ScheduledCall, Scheduler } from '@hapax/base';

/** The clocks of the host. */
export const nodeClock: Clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };

/** Node's timers. */
export const nodeScheduler: Scheduler = {
  after(delayMs: number, callback: () => void): ScheduledCall {
    // Node's timers may be early by a fraction of a millisecond, against which the machines would have to guard.
    const timer = setTimeout(callback, Math.ceil(Math.max(0, delayMs)) + 1);
    return { cancel: () => clearTimeout(timer) };
  },
  defer(callback: () => void): void {
    setImmediate(callback);
  },
};
