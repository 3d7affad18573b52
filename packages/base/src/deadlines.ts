/** Deadlines as values: which keys are due by now? A binary heap, told the time, with no timers of its own. */
import { TimeHeap, type Timed } from './time-heap.ts';

interface Entry<K> extends Timed {
  readonly key: K;
}

/** A set of keys, each with at most one deadline. Setting a key again moves its deadline. */
export class Deadlines<K> {
  private readonly heap = new TimeHeap<Entry<K>>();
  private readonly current = new Map<K, Entry<K>>();
  private nextOrder = 0;

  get size(): number {
    return this.current.size;
  }

  /** When the key is due, or undefined where it has no deadline. */
  dueMs(key: K): number | undefined {
    return this.current.get(key)?.atMs;
  }

  /** Sets or moves the deadline of a key. */
  set(key: K, dueMs: number): void {
    const entry = { key, atMs: dueMs, order: this.nextOrder++ };
    this.current.set(key, entry);
    this.heap.push(entry);
    if (this.heap.size > 64 && this.heap.size > this.current.size * 4) this.heap.reset(this.current.values());
  }

  /** Takes the deadline of a key back; false where it had none. */
  cancel(key: K): boolean {
    return this.current.delete(key);
  }

  /** The earliest deadline of all, or undefined when there is none. */
  nextDueMs(): number | undefined {
    return this.firstCurrent()?.atMs;
  }

  /** Removes and returns the keys that are due at `nowMs`, earliest first, equal ones in the order they were set. */
  takeDue(nowMs: number): K[] {
    const due: K[] = [];
    for (let first = this.firstCurrent(); first !== undefined && first.atMs <= nowMs; first = this.firstCurrent()) {
      this.heap.pop();
      this.current.delete(first.key);
      due.push(first.key);
    }
    return due;
  }

  /** Entries that were moved or cancelled stay in the heap until they come up; they are dropped here. */
  private firstCurrent(): Entry<K> | undefined {
    for (let { first } = this.heap; first !== undefined; first = this.heap.first) {
      if (this.current.get(first.key) === first) return first;
      this.heap.pop();
    }
    return undefined;
  }
}
