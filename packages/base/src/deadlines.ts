/** Deadlines as values: which keys are due by now? A binary heap, told the time, with no timers of its own. */

interface Entry<K> {
  readonly key: K;
  readonly dueMs: number;
  readonly order: number;
}

/** A set of keys, each with at most one deadline. Setting a key again moves its deadline. */
export class Deadlines<K> {
  private heap: Entry<K>[] = [];
  private readonly current = new Map<K, Entry<K>>();
  private nextOrder = 0;

  get size(): number {
    return this.current.size;
  }

  /** When the key is due, or undefined where it has no deadline. */
  dueMs(key: K): number | undefined {
    return this.current.get(key)?.dueMs;
  }

  /** Sets or moves the deadline of a key. */
  set(key: K, dueMs: number): void {
    const entry = { key, dueMs, order: this.nextOrder++ };
    this.current.set(key, entry);
    this.push(entry);
    if (this.heap.length > 64 && this.heap.length > this.current.size * 4) this.rebuild();
  }

  /** Takes the deadline of a key back; false where it had none. */
  cancel(key: K): boolean {
    return this.current.delete(key);
  }

  /** The earliest deadline of all, or undefined when there is none. */
  nextDueMs(): number | undefined {
    this.dropStale();
    return this.heap[0]?.dueMs;
  }

  /** Removes and returns the keys that are due at `nowMs`, earliest first, equal ones in the order they were set. */
  takeDue(nowMs: number): K[] {
    const due: K[] = [];
    for (;;) {
      this.dropStale();
      const first = this.heap[0];
      if (first === undefined || first.dueMs > nowMs) return due;
      this.pop();
      this.current.delete(first.key);
      due.push(first.key);
    }
  }

  /** Entries that were moved or cancelled stay in the heap until they come up; this drops those at its top. */
  private dropStale(): void {
    while (this.heap.length > 0) {
      const first = this.heap[0] as Entry<K>;
      if (this.current.get(first.key) === first) return;
      this.pop();
    }
  }

  private rebuild(): void {
    const entries = [...this.current.values()];
    this.heap = [];
    for (const entry of entries) this.push(entry);
  }

  private push(entry: Entry<K>): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry<K>)) break;
      heap[at] = heap[parent] as Entry<K>;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && isBefore(heap[right] as Entry<K>, heap[child] as Entry<K>)) child = right;
      if (!isBefore(heap[child] as Entry<K>, last)) break;
      heap[at] = heap[child] as Entry<K>;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore<K>(a: Entry<K>, b: Entry<K>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
