/** Virtual time: one queue of events, each at a time; nothing happens but by them. */
import type { ScheduledCall } from '@hapax/base';

interface Event {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Runs events in the order of their times, equal ones in the order they were arranged. */
export class VirtualTime {
  private heap: Event[] = [];
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
    this.push(event);
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
      const first = this.heap[0];
      if (first === undefined || first.atMs > untilMs) {
        this.timeMs = Math.max(this.timeMs, untilMs);
        return false;
      }
      this.pop();
      const { run } = first;
      if (run === undefined) continue;
      this.timeMs = first.atMs;
      this.executed += 1;
      run();
      return true;
    }
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
