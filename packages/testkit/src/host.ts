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
    return this.time.nowMs;
  }

  wallMs(): number {
    return EPOCH_MS + this.wallSkewMs + Math.floor(this.time.nowMs);
  }

  after(delayMs: number, callback: () => void): ScheduledCall {
    return this.time.after(delayMs, this.inThisLife(callback));
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
      callback?.();
      // It stays first in line while it runs, so that what it causes waits its turn.
      if (this.life === life) this.backlog.shift();
      this.catchUp();
    });
  }
}
