/** The clock and the scheduler of the host. */
import { Deadlines, type Clock, type ScheduledCall, type Scheduler } from '@hapax/base';
import { performance } from 'node:perf_hooks';

/** The host's clocks: the monotonic one for deadlines, the wall's for timestamps. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};

interface Call {
  readonly callback: () => void;
}

/** Beyond this Node takes a delay for 1 ms; an earlier wake-up finds nothing due and sets the timer again. */
const TIMER_MAX_MS = 0x7fff_ffff;

/** Passes of deferred work before sockets are looked at again. */
const ROUNDS_MAX = 4;

/** Calls by one timer and one immediate, however many are arranged; equal deadlines are met in the order arranged. */
export class SystemScheduler implements Scheduler {
  private readonly deadlines = new Deadlines<Call>();
  private timer: NodeJS.Timeout | undefined;
  private timerDueMs = Infinity;
  private deferred: (() => void)[] = [];
  private isRunningDeferred = false;

  after(delayMs: number, callback: () => void): ScheduledCall {
    const call = { callback };
    this.deadlines.set(call, systemClock.nowMs() + Math.max(0, delayMs));
    this.arm();
    return {
      cancel: () => {
        this.deadlines.cancel(call);
        if (this.deadlines.size === 0) this.disarm();
      },
    };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
    if (this.deferred.length === 1 && !this.isRunningDeferred) setImmediate(() => this.runDeferred());
  }

  /** What deferred work defers is run in the same pass, so that an answer leaves in the turn in which it came up. */
  private runDeferred(): void {
    this.isRunningDeferred = true;
    for (let round = 0; round < ROUNDS_MAX && this.deferred.length > 0; round++) {
      const callbacks = this.deferred;
      this.deferred = [];
      for (const callback of callbacks) callback();
    }
    this.isRunningDeferred = false;
    if (this.deferred.length > 0) setImmediate(() => this.runDeferred());
  }

  private arm(): void {
    const dueMs = this.deadlines.nextDueMs();
    if (dueMs === undefined || dueMs >= this.timerDueMs) return;
    this.disarm();
    this.timerDueMs = dueMs;
    // Timers count whole milliseconds and may be early by a part of one.
    const delayMs = Math.min(TIMER_MAX_MS, Math.ceil(dueMs - systemClock.nowMs()));
    this.timer = setTimeout(() => this.runDue(), Math.max(1, delayMs));
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerDueMs = Infinity;
  }

  private runDue(): void {
    this.disarm();
    for (const call of this.deadlines.takeDue(systemClock.nowMs())) call.callback();
    this.arm();
  }
}
