/** One alarm over the scheduler: set, moved and taken back at will, it rings once for the time it was last set to. */
import type { Clock, ScheduledCall, Scheduler } from '@hapax/base';

/** Calls `ring` when the time comes. */
export class Alarm {
  readonly #ports: { readonly clock: Clock; readonly scheduler: Scheduler };
  readonly #ring: () => void;
  #call: ScheduledCall | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(ports: { readonly clock: Clock; readonly scheduler: Scheduler }, ring: () => void) {
    this.#ports = ports;
    this.#ring = ring;
  }

  /** Rings at this time of the monotonic clock; undefined takes the alarm back. */
  setAt(dueMs: number | undefined): void {
    if (dueMs === undefined) {
      this.cancel();
      return;
    }
    if (this.#call !== undefined && this.#dueMs === dueMs) return;
    this.cancel();
    this.#dueMs = dueMs;
    this.#call = this.#ports.scheduler.after(Math.max(0, dueMs - this.#ports.clock.nowMs()), () => {
      this.#call = undefined;
      this.#ring();
    });
  }

  /** Rings at this time, or earlier if it was set to ring earlier. */
  setNoLaterThan(dueMs: number): void {
    if (this.#call === undefined || dueMs < this.#dueMs) this.setAt(dueMs);
  }

  /** Takes the alarm back. */
  cancel(): void {
    this.#call?.cancel();
    this.#call = undefined;
  }
}
