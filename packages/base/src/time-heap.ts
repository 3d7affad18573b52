/** A binary heap of things that have a time: the earliest first, equal times in the order in which they came. */

/** What a {@link TimeHeap} orders by. `order` rises with each item that its owner makes. */
export interface Timed {
  readonly atMs: number;
  readonly order: number;
}

/** Push and pop take logarithmic time, a look at the first item constant time. */
export class TimeHeap<T extends Timed> {
  private items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The earliest item, which stays. */
  get first(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as T;
      if (!isBefore(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Removes the earliest item; does nothing where there is none. */
  pop(): void {
    const { items } = this;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child += 1;
      if (!isBefore(items[child] as T, last)) break;
      items[at] = items[child] as T;
      at = child;
    }
    items[at] = last;
  }

  /** Replaces all items. */
  reset(items: Iterable<T>): void {
    this.items = [];
    for (const item of items) this.push(item);
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
