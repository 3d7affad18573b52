/** Coalesces work to the end of the turn: many requests of one turn become one flush, one message, one write. */
import type { Scheduler } from '@hapax/base';

/** Calls `work` once at the end of a turn in which it was asked for, however often. */
export class EndOfTurn {
  private readonly scheduler: Scheduler;
  private readonly work: () => void;
  private isAsked = false;

  constructor(scheduler: Scheduler, work: () => void) {
    this.scheduler = scheduler;
    this.work = work;
  }

  /** Asks for the work. What the work itself asks for comes in the next turn. */
  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    this.scheduler.defer(() => {
      this.isAsked = false;
      this.work();
    });
  }
}
