/** Requests that wait for an offset, first in, first out by offset, each with a deadline. */
import { assert, type Offset } from '@hapax/base';

interface Wait<T> {
  readonly token: T;
  /** Exclusive: reached when the mark is here or beyond. */
  readonly endOffset: Offset;
  readonly deadlineMs: number;
}

/** At most `max` waits, in the order of their offsets. */
export class WaitingQueue<T> {
  readonly max: number;
  /** Invariant: end offsets never fall from `head` on. */
  private waits: Wait<T>[] = [];
  private head = 0;
  /** Not later than the earliest deadline. */
  private nextDueMs = Number.POSITIVE_INFINITY;

  constructor(options: { readonly max: number }) {
    this.max = options.max;
  }

  get size(): number {
    return this.waits.length - this.head;
  }

  get isFull(): boolean {
    return this.size >= this.max;
  }

  /** Adds a wait. Constant time in the order of offsets; a retry that waits for an older offset finds its place. */
  add(token: T, endOffset: Offset, deadlineMs: number): void {
    assert(!this.isFull, `a wait for offset ${endOffset} is one more than ${this.max}`);
    let at = this.waits.length;
    while (at > this.head && (this.waits[at - 1] as Wait<T>).endOffset > endOffset) at -= 1;
    const wait = { token, endOffset, deadlineMs };
    if (at === this.waits.length) this.waits.push(wait);
    else this.waits.splice(at, 0, wait);
    if (deadlineMs < this.nextDueMs) this.nextDueMs = deadlineMs;
  }

  /** Removes the first wait that `offset` reaches and returns its token; undefined where none is left. */
  takeReached(offset: Offset): T | undefined {
    const wait = this.waits[this.head];
    if (wait === undefined || wait.endOffset > offset) return undefined;
    this.head += 1;
    if (this.head === this.waits.length) {
      this.waits.length = 0;
      this.head = 0;
      this.nextDueMs = Number.POSITIVE_INFINITY;
    } else if (this.head > 1024 && this.head * 2 > this.waits.length) {
      this.waits = this.waits.slice(this.head);
      this.head = 0;
    }
    return wait.token;
  }

  /** Removes the waits whose deadline is at or before `nowMs`; their tokens in the order of offsets. */
  takeExpired(nowMs: number): T[] {
    if (nowMs < this.nextDueMs) return [];
    const expired: T[] = [];
    const left: Wait<T>[] = [];
    this.nextDueMs = Number.POSITIVE_INFINITY;
    for (let at = this.head; at < this.waits.length; at++) {
      const wait = this.waits[at] as Wait<T>;
      if (wait.deadlineMs <= nowMs) {
        expired.push(wait.token);
      } else {
        left.push(wait);
        if (wait.deadlineMs < this.nextDueMs) this.nextDueMs = wait.deadlineMs;
      }
    }
    this.waits = left;
    this.head = 0;
    return expired;
  }

  /** Removes all; their tokens in the order of offsets. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let at = this.head; at < this.waits.length; at++) all.push((this.waits[at] as Wait<T>).token);
    this.waits = [];
    this.head = 0;
    this.nextDueMs = Number.POSITIVE_INFINITY;
    return all;
  }
}
