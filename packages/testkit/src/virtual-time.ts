/** Virtual time: one queue of events, each at a time; nothing happens but by them. */
import { TimeHeap, type ScheduledCall, type Timed } from '@hapax/base';

interface Event extends Timed {
  run: (() => void) | undefined;
}

/** Runs events in the order of their times, equal ones in the order they were arranged. */
export class VirtualTime {
  private readonly heap = new TimeHeap<Event>();
  private nextOrder = 0;
  private timeMs = 0;
  private executed = 0;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.timeMs;
  }

  /** How many events have happened. */
  get eventCount(): number {
    return this.executed;
  }

  /** Arranges an event, at the earliest now. */
  at(atMs: number, run: () => void): ScheduledCall {
    const event: Event = { atMs: Math.max(atMs, this.timeMs), order: this.nextOrder++, run };
    this.heap.push(event);
    return {
      cancel: () => {
        event.run = undefined;
      },
    };
  }

  after(delayMs: number, run: () => void): ScheduledCall {
    return this.at(this.timeMs + Math.max(0, delayMs), run);
  }

  /** Makes the next event happen; false when there is none before `untilMs`, which then is the time. */
  step(untilMs: number): boolean {
    for (;;) {
      const { first } = this.heap;
      if (first === undefined || first.atMs > untilMs) {
        this.timeMs = Math.max(this.timeMs, untilMs);
        return false;
      }
      this.heap.pop();
      const { run } = first;
      if (run === undefined) continue;
      this.timeMs = first.atMs;
      this.executed += 1;
      run();
      return true;
    }
  }
}
