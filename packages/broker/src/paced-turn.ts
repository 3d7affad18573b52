/**
 * The end of the turn, but not too often: under load, work that would come in many small turns comes in few large
 * ones.
 */
import type { Clock, Scheduler } from '@hapax/base';

/**
 * Calls `work` at the end of a turn in which it was asked for; if it ran less than `intervalMs` ago, when that time has
 * passed. So a single request is served at once, and a thousand a second or more share flushes, writes and messages.
 */
export class PacedTurn {
  private readonly clock: Clock;
  private readonly scheduler: Scheduler;
  private readonly intervalMs: number;
  private readonly work: () => void;
  private isAsked = false;
  private lastRunMs = Number.NEGATIVE_INFINITY;

  constructor(
    options: { readonly clock: Clock; readonly scheduler: Scheduler; readonly intervalMs: number; work(): void },
  ) {
    this.clock = options.clock;
    this.scheduler = options.scheduler;
    this.intervalMs = options.intervalMs;
    this.work = () => options.work();
  }

  /** Asks for the work. What the work itself asks for comes in another turn. */
  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    const waitMs = this.lastRunMs + this.intervalMs - this.clock.nowMs();
    if (waitMs > 0) this.scheduler.after(waitMs, () => this.run());
    else this.scheduler.defer(() => this.run());
  }

  private run(): void {
    this.isAsked = false;
    this.lastRunMs = this.clock.nowMs();
    this.work();
  }
}
