/** Time that passes only when a test says so. Calls due at the same time are made in the order they were arranged. */
import type { Clock, ScheduledCall, Scheduler } from '@hapax/base';

interface Arranged {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Clock and scheduler of a test. */
export class VirtualTime implements Clock, Scheduler {
  #nowMs = 0;
  #order = 0;
  #calls: Arranged[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowMs);
  }

  after(delayMs: number, callback: () => void): ScheduledCall {
    const call = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    let low = 0;
    let high = this.#calls.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#calls[middle]!.dueMs <= call.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#calls.splice(low, 0, call);
    return {
      cancel: () => {
        const at = this.#calls.indexOf(call);
        if (at >= 0) this.#calls.splice(at, 1);
      },
    };
  }

  defer(callback: () => void): void {
    this.after(0, callback);
  }

  /** Lets time pass until the condition holds; false if it did not within `maxMs`. */
  runUntil(condition: () => boolean, maxMs = 600_000): boolean {
    const endMs = this.#nowMs + maxMs;
    for (let steps = 0; !condition(); steps++) {
      const next = this.#calls[0];
      if (next === undefined || next.dueMs > endMs) {
        this.#nowMs = endMs;
        return condition();
      }
      if (steps > 5_000_000) throw new Error(`time does not pass beyond ${this.#nowMs} ms`);
      this.#calls.shift();
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    return true;
  }

  /** Lets some time pass. */
  run(durationMs: number): void {
    this.runUntil(() => false, durationMs);
  }
}
