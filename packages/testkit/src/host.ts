/** A machine of the simulated world: its clock, its scheduler, and whether its process runs, stands or is dead. */
import type { Clock, ScheduledCall, Scheduler } from '@hapax/base';
import type { VirtualTime } from './virtual-time.ts';

/** The wall clock of the simulated world at its beginning: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;

/** What runs on one machine. Calls that were arranged by a process that died are never made. */
export class Host implements Clock, Scheduler {
  readonly name: string;
  /** How far this machine's wall clock is off. */
  wallSkewMs = 0;
  /** How fast it goes: 1.01 gains a hundredth. */
  private wallRate = 1;
  private wallRateSinceMs = 0;
  /** How fast this machine's own time goes, by which its timers run, and since when. */
  private timerRate = 1;
  private timerRateSince = { timeMs: 0, ownMs: 0 };
  private readonly time: VirtualTime;
  /** Counts the processes that ran here. */
  private life = 0;
  private isPausedNow = false;
  private backlog: (() => void)[] = [];

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.time = time;
  }

  get isPaused(): boolean {
    return this.isPausedNow;
  }

  nowMs(): number {
    const { timeMs, ownMs } = this.timerRateSince;
    return ownMs + (this.time.nowMs - timeMs) * this.timerRate;
  }

  wallMs(): number {
    const driftMs = (this.time.nowMs - this.wallRateSinceMs) * (this.wallRate - 1);
    return EPOCH_MS + Math.floor(this.wallSkewMs + this.time.nowMs + driftMs);
  }

  /** The wall clock goes at another rate from now on; what it has gained or lost stays. */
  setWallRate(rate: number): void {
    this.wallSkewMs += (this.time.nowMs - this.wallRateSinceMs) * (this.wallRate - 1);
    this.wallRate = rate;
    this.wallRateSinceMs = this.time.nowMs;
  }

  /** Timers, and the monotonic clock, go at another rate from now on. What was arranged before stays as it is. */
  setTimerRate(rate: number): void {
    this.timerRateSince = { timeMs: this.time.nowMs, ownMs: this.nowMs() };
    this.timerRate = rate;
  }

  after(delayMs: number, callback: () => void): ScheduledCall {
    return this.time.after(delayMs / this.timerRate, this.inThisLife(callback));
  }

  /** Does something after a while of true time, as a device does, whatever the machine's own timers do. */
  afterTrue(delayMs: number, callback: () => void): ScheduledCall {
    return this.time.after(delayMs, this.inThisLife(callback));
  }

  get trueNowMs(): number {
    return this.time.nowMs;
  }

  defer(callback: () => void): void {
    this.time.after(0, this.inThisLife(callback));
  }

  /** The callback, made to do nothing once this process is dead and to wait while it stands still. */
  inThisLife(callback: () => void): () => void {
    const run = this.runnerOfThisLife();
    return () => run(callback);
  }

  /** Runs callbacks for the process that runs now, as {@link inThisLife} does. */
  runnerOfThisLife(): (callback: () => void) => void {
    const life = this.life;
    const run = (callback: () => void): void => {
      if (this.life !== life) return;
      // What waited comes first, else a message could overtake another of its connection.
      if (this.isPausedNow || this.backlog.length > 0) this.backlog.push(callback);
      else callback();
    };
    return run;
  }

  /** The process stands still (SIGSTOP): what comes in waits. */
  pause(): void {
    this.isPausedNow = true;
  }

  /** It goes on (SIGCONT), with everything that waited, in order. */
  resume(): void {
    this.isPausedNow = false;
    this.catchUp();
  }

  /** The process is gone. */
  kill(): void {
    this.life += 1;
    this.isPausedNow = false;
    this.backlog = [];
  }

  /** Does what waited, one thing an event. */
  private catchUp(): void {
    if (this.backlog.length === 0) return;
    const { life } = this;
    this.time.after(0, () => {
      if (this.life !== life || this.isPausedNow) return;
      const callback = this.backlog[0];
      try {
        callback?.();
      } finally {
        // It stays first in line while it runs, so that what it causes waits its turn. The event may end early where
        // another host dies in it: this one goes on all the same.
        if (this.life === life) this.backlog.shift();
        this.catchUp();
      }
    });
  }
}
