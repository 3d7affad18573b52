/**
 * The end of the turn, but not too often: under load, work that would come in many small turns comes in few large
 * ones.
 */
import type { Clock, Scheduler } from '@hapax/base';

/**
 * Calls `work` at the end of a turn in which it was asked for; where the last turn was a busy one, not before
 * `intervalMs` have passed since it began. So a few requests are served at once, and many share flushes, writes and
 * messages.
 */
export class PacedTurn {
  private readonly clock: Clock;
  private readonly scheduler: Scheduler;
  private readonly intervalMs: number;
  private readonly work: () => boolean;
  private isAsked = false;
  private notBeforeMs = Number.NEGATIVE_INFINITY;

  /** `work` says whether it had much to do. */
  constructor(
    options: { readonly clock: Clock; readonly scheduler: Scheduler; readonly intervalMs: number; work(): boolean },
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
    const waitMs = this.notBeforeMs - this.clock.nowMs();
    if (waitMs > 0) this.scheduler.after(waitMs, () => this.run());
    else this.scheduler.defer(() => this.run());
  }

  private run(): void {
    this.isAsked = false;
    const begunMs = this.clock.nowMs();
    const wasBusy = this.work();
    this.notBeforeMs = wasBusy ? begunMs + this.intervalMs : Number.NEGATIVE_INFINITY;
  }
}
