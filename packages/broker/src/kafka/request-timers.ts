/** Deadlines of requests that wait for something else than records or commits: new topics, deletions, elections. */
import { Deadlines } from '@hapax/base';

/** Something that is tried again until it works or its time is up. */
export interface TimedWait {
  /** Tries; true when it is done. `isLast`: its time is up, it must answer now. */
  retry(isLast: boolean): boolean;
}

/** Bounded set of waits, tried again on every tick. */
export class RequestTimers {
  private readonly max: number;
  private readonly waits = new Deadlines<TimedWait>();
  private readonly waiting = new Set<TimedWait>();

  constructor(options: { readonly max: number }) {
    this.max = options.max;
  }

  /** Tries now, and again on every tick until `deadlineMs`. When too many wait already, this try is the last. */
  wait(wait: TimedWait, deadlineMs: number): void {
    const isFull = this.waiting.size >= this.max;
    if (wait.retry(isFull) || isFull) return;
    this.waiting.add(wait);
    this.waits.set(wait, deadlineMs);
  }

  tick(nowMs: number): void {
    for (const due of this.waits.takeDue(nowMs)) {
      this.waiting.delete(due);
      due.retry(true);
    }
    for (const wait of this.waiting) {
      if (!wait.retry(false)) continue;
      this.waiting.delete(wait);
      this.waits.cancel(wait);
    }
  }
}
