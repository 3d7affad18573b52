/** When markers that were refused or lost are sent again: exponential pauses with jitter, bounded. */
import { TimeHeap, type Random } from '@hapax/base';
import type { MarkerItem } from './marker-batch.ts';

/** How often the pause doubles at most, so that the power stays a number. */
const DOUBLINGS_MAX = 20;

interface Retry {
  readonly atMs: number;
  readonly order: number;
  readonly item: MarkerItem;
}

/** Markers that pause. */
export class RetryTimes {
  private readonly options: {
    readonly random: Random; readonly retryBackoffMs: number; readonly retryBackoffMaxMs: number;
  };
  private readonly heap = new TimeHeap<Retry>();
  private nextOrder = 0;

  constructor(options: RetryTimes['options']) {
    this.options = options;
  }

  /** The more failures, the longer the pause: between half and the whole of it, so that nodes do not keep step. */
  add(item: MarkerItem, nowMs: number): void {
    const { random, retryBackoffMs, retryBackoffMaxMs } = this.options;
    const doublings = Math.min(item.failures - 1, DOUBLINGS_MAX);
    const pauseMs = Math.min(retryBackoffMs * 2 ** doublings, retryBackoffMaxMs);
    const atMs = nowMs + pauseMs * (0.5 + random.nextFloat() / 2);
    this.heap.push({ atMs, order: this.nextOrder++, item });
  }

  takeDue(nowMs: number): MarkerItem[] {
    const due: MarkerItem[] = [];
    for (let { first } = this.heap; first !== undefined && first.atMs <= nowMs; first = this.heap.first) {
      due.push(first.item);
      this.heap.pop();
    }
    return due;
  }

  takeAll(): MarkerItem[] {
    return this.takeDue(Number.POSITIVE_INFINITY);
  }

  nextDueMs(): number | undefined {
    return this.heap.first?.atMs;
  }
}
