/** A first-in, first-out queue with a limit. Full is an answer, never growth. */
import { assert } from './assert.ts';

/** A queue of at most `max` items. Every operation takes constant time (amortised). */
export class BoundedQueue<T> {
  readonly max: number;
  private items: (T | undefined)[] = [];
  private head = 0;

  constructor(options: { readonly max: number }) {
    assert(options.max >= 1, `a queue of at most ${options.max} items can hold nothing`);
    this.max = options.max;
  }

  get size(): number {
    return this.items.length - this.head;
  }

  get isFull(): boolean {
    return this.size >= this.max;
  }

  /** Adds an item at the end, or answers false and adds nothing when the queue is full. */
  offer(item: T): boolean {
    if (this.isFull) return false;
    this.items.push(item);
    return true;
  }

  /** Removes and returns the first item, or returns undefined when there is none. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head += 1;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** The first item, which stays. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  /** Removes and returns all items, first to last. */
  takeAll(): T[] {
    const all = this.items.slice(this.head) as T[];
    this.items = [];
    this.head = 0;
    return all;
  }
}
